"""`rft providers`: keys come by a variable or standard input, never as an argument."""

from io import StringIO
from pathlib import Path

import pytest

from tests.cli.conftest import Rft, make_installation
from tests.llm.provider import FakeProvider, Served, in_turn, refuse, say

SECRET = "sk-very-secret-indeed"


@pytest.fixture
def rft(tmp_path: Path) -> Rft:
    return make_installation(tmp_path / "data")


def add(rft: Rft, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(f"{SECRET}\n"))
    models = ("--model", "big=1/10", "--model", "own")
    done = rft("providers", "add", "lab", "--url", url, *models, "--key-stdin")
    assert done.returncode == 0, done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_a_provider_is_added_tested_and_removed(rft: Rft, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no provider" in rft("providers", "list").stderr
    with FakeProvider(in_turn(say("ready"), refuse(401, f"not {SECRET}"))).running() as server:
        server.models = Served(b'{"data": [{"id": "big"}]}')
        add(rft, server.url, monkeypatch)
        (listed,) = rft.json("providers", "list")
        assert (listed["hasKey"], [one["name"] for one in listed["models"]]) == (
            True,
            ["big", "own"],
        )
        assert rft.json("providers", "test", "lab")["reply"] == "ready"
        failed = rft("providers", "test", "lab", "--model", "own")
        assert server.keys == [f"Bearer {SECRET}"] * 2
    assert failed.returncode == 1
    assert "own did not answer. 401: not •••" in failed.stdout
    assert "It lists 1 model." in failed.stdout
    assert rft("providers", "remove", "lab").returncode == 0
    assert rft.json("providers", "list") == []


def test_a_change_keeps_what_it_does_not_name(rft: Rft, monkeypatch: pytest.MonkeyPatch) -> None:
    add(rft, "https://lab.example/v1", monkeypatch)
    limits = ("--requests-per-minute", 60, "--timeout", 120, "--attempts", 2, "--no-keep-replies")
    found = rft.json("providers", "change", "lab", *limits, "--prices-date", "2026-11-22")
    assert [found[name] for name in ("requestsPerMinute", "timeoutS", "maxAttempts")] == [
        60,
        120,
        2,
    ]
    assert (found["keepsReplies"], found["pricesDate"]) == (False, "2026-11-22")
    assert ([one["name"] for one in found["models"]], found["hasKey"]) == (["big", "own"], True)

    found = rft.json("providers", "change", "lab", "--requests-per-minute", 0, "--model", "new=1/2")
    assert (found["requestsPerMinute"], found["timeoutS"]) == (None, 120)
    assert found["models"][0]["inputUsdPerMillion"] == 1
    assert found["pricesDate"] == "2026-11-22"
    assert rft.json("providers", "change", "lab", "--prices-date", "")["pricesDate"] is None
    assert rft.json("providers", "change", "lab", "--no-key")["hasKey"] is False


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ((), 2, "Name what shall change"),
        (("--no-key", "--key-stdin"), 2, "--no-key forgets the key"),
        (("--url", "https://other.example/v1"), 1, "Give the key again"),
        (("--prices-date", "soon"), 1, "prices_date"),
        (("--timeout", 0), 2, "--timeout"),
    ],
)
def test_a_change_that_cannot_work_changes_nothing(
    rft: Rft, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], code: int, said: str
) -> None:
    add(rft, "https://lab.example/v1", monkeypatch)
    before = rft.json("providers", "list")
    done = rft("providers", "change", "lab", *options)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert rft.json("providers", "list") == before


def test_a_new_one_takes_all_settings(rft: Rft) -> None:
    assert "There is no provider 'lab'" in rft("providers", "change", "lab", "--no-key").stderr
    settings = ("--timeout", 5, "--attempts", 1, "--no-keep-replies", "--prices-date", "2026-01-02")
    done = rft("providers", "add", "lab", "--url", "https://lab.example/v1", *settings)
    assert done.returncode == 0, done.stderr
    (found,) = rft.json("providers", "list")
    assert [found[name] for name in ("timeoutS", "maxAttempts", "concurrency")] == [5, 1, 8]
    assert (found["keepsReplies"], found["pricesDate"]) == (False, "2026-01-02")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--url", "lab.example"), "web address"),
        (("--url", "https://lab.example/v1", "--model", "big=1"), "needs two prices"),
        (("--url", "https://lab.example/v1", "--key-variable", "PATH"), "ends in _API_KEY"),
    ],
)
def test_what_cannot_work_is_said(rft: Rft, options: tuple[str, ...], said: str) -> None:
    done = rft("providers", "add", "lab", *options)
    assert done.returncode == 1
    assert said in done.stderr
    assert rft.json("providers", "list") == []
