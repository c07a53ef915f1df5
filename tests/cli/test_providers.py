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
