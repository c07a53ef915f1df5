"""`rft traces`: what is stored, and what arrived by itself."""

import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from rft_app.domain.intake import Encoding, Signal
from rft_app.services.intake import take_request
from rft_app.storage.session import durable_unit_of_work
from tests.captured import list_posts
from tests.cli.conftest import Rft, make_installation, working

SECONDS_TO_WAIT = 60


@pytest.fixture
def rft(tmp_path: Path) -> Iterator[Rft]:
    """An installation without traces: each test counts all that there are."""
    with working(make_installation(tmp_path / "data")) as installation:
        yield installation


def test_what_arrives_is_read_by_the_worker_and_listed(rft: Rft) -> None:
    assert "/otlp/v1/traces" in rft("traces", "list").stderr
    assert "Nothing arrived" in rft("traces", "intake").stderr
    (post,) = list_posts("openinference")
    with rft.inside(), durable_unit_of_work() as session:
        take_request(session, Signal.TRACES, Encoding.PROTOBUF, post.plain, 0)
    deadline = time.monotonic() + SECONDS_TO_WAIT
    while not rft.json("traces", "intake")["counts"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    page = rft.json("traces", "list", "--limit", 8)
    assert len(page["traces"]) == 8
    rest = rft.json("traces", "list", "--limit", 8, "--cursor", page["nextCursor"])
    assert (len(rest["traces"]), rest["nextCursor"]) == (2, None)
    found = [each for each in (*page["traces"], *rest["traces"]) if each["earlierAnswers"]]
    calls = rft.json("traces", "list", "--conversation", found[0]["id"])["traces"]
    assert len(calls) == 1 + found[0]["earlierAnswers"] == 2
    while not rft.json("traces", "list", "--search", "Berlin is cloudy")["traces"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    shown = rft("traces", "show", calls[0]["id"])
    assert calls[0]["title"] in shown.stdout
    assert "SPAN" in shown.stdout
    assert rft.json("traces", "show", calls[0]["id"])["trace"] == calls[0]
    assert "no trace 'trc_0'" in rft("traces", "show", "trc_0").stderr
    line = rft("traces", "list", "--limit", 1)
    assert "openinference" in line.stdout
    assert "go on with --cursor" in line.stderr
    assert "call" in rft("traces", "intake").stdout


def test_retention_is_chosen_and_told(rft: Rft) -> None:
    assert "are kept" in rft("traces", "retention").stderr
    assert rft.json("traces", "retention", "--days", 30) == {"days": 30}
    assert "30 days" in rft("traces", "retention").stderr


def test_keys_are_created_listed_and_revoked(rft: Rft) -> None:
    assert "everybody" in rft("keys", "list").stderr
    created = rft.json("keys", "create", "checkout")
    key = rft("keys", "create", "other").stdout.strip()
    assert key.startswith("rft_")
    assert key not in rft("keys", "list").stdout
    rft("keys", "revoke", created["id"])
    other, revoked = rft.json("keys", "list")
    assert (revoked["id"], other["name"]) == (created["id"], "other")
    assert (revoked["revokedAt"] is None, other["revokedAt"]) == (False, None)
    assert "It was the last" in rft("keys", "revoke", other["id"]).stderr
    assert "no key 'key_0'" in rft("keys", "revoke", "key_0").stderr


def test_a_file_is_imported_once_and_its_bad_rows_are_told(rft: Rft, tmp_path: Path) -> None:
    answer = {"choices": [{"message": {"role": "assistant", "content": "In Italy."}}]}
    questions = tmp_path / "input.jsonl"
    outputs = tmp_path / "output.json"
    body = {"messages": [{"role": "user", "content": "Where is it? Tell a@example.com."}]}
    questions.write_bytes(orjson.dumps({"custom_id": "r1", "body": body}) + b"\n{oops\n")
    response = {"status_code": 200, "body": answer}
    outputs.write_bytes(orjson.dumps([{"id": "b1", "custom_id": "r1", "response": response}]))

    looked = rft.json("traces", "scrub", "--kinds", "all", "--preview", 10)
    rft("traces", "scrub", "--kinds", "email", "--pattern", "PLACE=Italy")
    first = rft.json("traces", "import", outputs, questions)
    again = rft.json("traces", "import", questions, outputs)
    found = rft.json("traces", "list")["traces"]
    told = rft("traces", "scrub")

    assert looked["traces"] == 0
    assert (first["parsed"], first["errorsTotal"]) == (1, 1)
    assert again["reasons"]["duplicate"] == 1
    assert [each["title"] for each in found] == ["Where is it? Tell <EMAIL_1>."]
    assert "<PLACE_1>." in rft("traces", "show", found[0]["id"]).stdout
    assert "email, PLACE" in told.stderr
    assert "place" in told.stdout
    uploads = Path(rft.environment["RFT_DATA_DIR"]) / "uploads"
    assert not list(uploads.iterdir())
    both = ("traces", "import", outputs, questions, "--format", "csv")
    assert "no format 'csv'" in rft(*both).stderr
    assert not list(uploads.iterdir())
    assert questions.exists()
    assert rft("traces", "scrub", "--kinds", "names").returncode == 2
    assert "MINE" in rft("traces", "scrub", "--pattern", "MINE=(").stderr
    assert "Nothing is replaced" in rft("traces", "scrub", "--kinds", "none").stderr


def test_a_sample_of_stored_traces_becomes_a_dataset(rft: Rft, tmp_path: Path) -> None:
    file = tmp_path / "talks.jsonl"
    rows = ({"prompt": f"Question {number}", "response": "Answer"} for number in range(12))
    file.write_bytes(b"\n".join(map(orjson.dumps, rows)))
    rft("import", file, "--name", "A", "--objective", "B", "--map", "input=prompt,output=response")
    sample = ("datasets", "from-traces", "--sample", "random", "--size", 5, "--seed", 3)
    assert rft.json(*sample, "--preview") == {"traces": 5, "lastAnswers": 5, "everyAnswer": 5}
    assert "random sample from 12, seed 3" in rft(*sample, "--preview").stdout
    assert "--name and --objective" in rft(*sample).stderr
    made = rft.json(*sample, "--name", "C", "--objective", "D")
    assert made["import"]["fileName"] == "5 stored traces, random sample from 12, seed 3"
    assert made["stats"]["totalRecords"] == 5


def test_what_scrubbing_would_do_is_shown_before_anything_is_stored(
    rft: Rft, tmp_path: Path
) -> None:
    file = tmp_path / "calls.jsonl"
    row = {"prompt": "I am zoe@example.com, order ord-77", "completion": "Hello"}
    file.write_bytes(orjson.dumps(row))
    rules = ("--scrub", "email", "--scrub-pattern", "ORDER=ord-[0-9]+")

    before = rft.json("datasets", "list")
    looked = rft.json("import", file, *rules, "--preview")
    unsaid = rft("import", file, "--preview")
    assert (looked["traces"], looked["touched"]) == (1, 1)
    assert [each["traceId"] for each in looked["replacements"]] == ["line 1", "line 1"]
    assert (unsaid.returncode, "--scrub all" in unsaid.stderr) == (2, True)
    assert rft.json("datasets", "list") == before
    assert "1 of 1 row would change." in rft("import", file, *rules, "--preview").stdout

    into = rft.json("import", file, "--name", "A", "--objective", "B")["id"]
    added = rft.json("import", file, "--into", into, *rules)
    assert added["import"]["reasons"] == {"replaced_email": 1, "replaced_order": 1}
    selected = ("datasets", "from-traces", "--search", "zoe", *rules, "--preview")
    told = rft(*selected).stdout
    assert "zoe@example.com" in told
    assert "1 of 1 trace would change." in told
    assert rft.json(*selected)["scrub"]["counts"] == {"email": 1, "order": 1}


def test_traces_between_two_moments_with_turns_and_answers(rft: Rft) -> None:
    (post,) = list_posts("openinference")
    with rft.inside(), durable_unit_of_work() as session:
        take_request(session, Signal.TRACES, Encoding.PROTOBUF, post.plain, 0)
    deadline = time.monotonic() + SECONDS_TO_WAIT
    while not rft.json("traces", "intake")["counts"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)

    def ids(*options: object) -> set[str]:
        found = rft.json("traces", "list", *options)["traces"]
        return {each["id"] for each in found}

    everything = ids()
    at = sorted(each["timestamp"] for each in rft.json("traces", "list")["traces"])
    middle = at[len(at) // 2][:19]
    before, after = ids("--until", middle), ids("--since", middle)
    assert before | after == everything
    assert not before & after
    assert ids("--since", at[0][:10], "--until", "2999-01-01") == everything
    assert ids("--min-turns", 99) == set()
    assert ids("--answered") | ids("--no-answered") == everything
    preview = ("datasets", "from-traces", "--preview", "--no-answered")
    assert rft.json(*preview, "--until", middle)["traces"] == len(before)
    assert rft.json(*preview, "--min-turns", 99)["traces"] == 0
    refused = rft("traces", "list", "--since", "2026-01-02", "--until", "2026-01-01")
    assert "--until must be later than --since" in refused.stderr
