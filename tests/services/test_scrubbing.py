"""What arrives is stored without what names a person, in every table; looking changes nothing."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from rft_app.domain.intake import Encoding, Signal
from rft_app.domain.scrubbing import ScrubKind, ScrubRules
from rft_app.domain.trace_page import TraceFilter, TraceSelection
from rft_app.processes import trace_importing
from rft_app.services import scrubbing
from rft_app.services.datasets import create_dataset
from rft_app.services.imports import latest_import, start_import
from rft_app.services.intake import take_request
from rft_app.services.intake_reading import read_waiting
from rft_app.services.trace_detail import get_trace
from rft_app.services.traces import create_from_traces, list_traces
from rft_app.storage import imports
from rft_app.storage.session import durable_unit_of_work, reading, unit_of_work
from tests.processes.importing_helpers import report, rows
from tests.services.stored_dataset import work

pytestmark = pytest.mark.usefixtures("any_database")
ALL = ScrubRules(kinds=tuple(ScrubKind))
SECRET = "alice@example.com"
ANSWER = {"choices": [{"message": {"role": "assistant", "content": "Hello"}}]}
QUESTION = {"role": "user", "content": f"I am {SECRET}"}


def choose(rules: ScrubRules) -> None:
    with unit_of_work() as session:
        scrubbing.set_rules(session, rules)


def send(signal: Signal, *records: dict[str, Any]) -> None:
    names = ("resourceSpans", "scopeSpans", "spans")
    if signal is Signal.LOGS:
        names = ("resourceLogs", "scopeLogs", "logRecords")
    own = [{"traceId": f"{1:032x}", "spanId": f"{1:016x}", **record} for record in records]
    body = orjson.dumps({names[0]: [{names[1]: [{names[2]: own}]}]})
    with durable_unit_of_work() as session:
        take_request(session, signal, Encoding.JSON, body, 0)
    while read_waiting():
        pass


def attributes(**values: str) -> list[dict[str, Any]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in values.items()]


def import_rows(path: Path, *lines: dict[str, Any]) -> dict[str, int]:
    path.write_bytes(b"\n".join(map(orjson.dumps, lines)))
    with unit_of_work() as session:
        import_id = imports.add_import(
            session, None, "arrivals", path=str(path), file_name="a", size_bytes=1
        )
    trace_importing.work({"import_id": import_id}, lambda _: None)
    return report(import_id).reasons


def test_what_arrives_over_otlp_is_scrubbed_in_traces_spans_and_logs() -> None:
    choose(ALL)
    detail = {
        "eventName": "gen_ai.client.inference.operation.details",
        "attributes": attributes(
            **{
                "gen_ai.input.messages": orjson.dumps(
                    [{"role": "user", "parts": [{"type": "text", "content": f"I am {SECRET}"}]}]
                ).decode()
            }
        ),
    }
    told = {"gen_ai.operation.name": "chat", "user.id": SECRET, "note": f"for {SECRET}"}
    send(Signal.LOGS, detail)
    send(Signal.TRACES, {"name": "chat", "attributes": attributes(**told)})

    with reading() as session:
        (found,) = list_traces(session, TraceFilter()).rows
        shown = get_trace(session, found.id)
        replaced = scrubbing.count_replaced(session, 1)
    assert found.title.startswith("I am <EMAIL_")
    assert SECRET not in orjson.dumps(shown.model_dump(mode="json")).decode()
    placeholder = found.title.removeprefix("I am ")
    assert shown.spans[0].attributes["note"] == f"for {placeholder}"
    assert placeholder in str(rows("SELECT session FROM span"))
    assert not rows("SELECT 1 FROM intake_batch")
    assert replaced["email"] >= 3


def test_spans_of_a_trace_that_come_one_by_one_name_a_value_alike() -> None:
    choose(ALL)
    said = [{"role": "user", "parts": [{"type": "text", "content": QUESTION["content"]}]}]
    call = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": orjson.dumps(said).decode()}
    other = "bob@example.com"
    for number, note in enumerate((f"{other}, {SECRET}", SECRET, other), 2):
        named = {"spanId": f"{number:016x}", "parentSpanId": f"{1:016x}"}
        send(Signal.TRACES, {"name": "tool", "attributes": attributes(note=note), **named})
    send(Signal.TRACES, {"name": "chat", "attributes": attributes(**call)})

    with reading() as session:
        (found,) = list_traces(session, TraceFilter()).rows
        shown = get_trace(session, found.id)
    notes = {span.attributes["note"] for span in shown.spans if "note" in span.attributes}
    alice, bob = found.title.removeprefix("I am "), next(n for n in notes if "," in n).split(",")[0]
    assert alice != bob
    assert notes == {f"{bob}, {alice}", alice, bob}


def test_a_file_is_scrubbed_and_says_what_was_replaced(tmp_path: Path) -> None:
    choose(ALL)
    row = {"id": "r1", "request": {"messages": [QUESTION]}, "response": None, "user": SECRET}

    first = import_rows(tmp_path / "a.jsonl", row)
    again = import_rows(tmp_path / "a.jsonl", row)

    assert first == {"replaced_email": 2}
    assert again == {"duplicate": 1, "replaced_email": 2}
    assert SECRET not in str(rows("SELECT body FROM trace_body"))


def test_what_a_bad_line_says_is_scrubbed_where_it_is_listed(tmp_path: Path) -> None:
    choose(ALL)
    cut = "x" * 190 + SECRET
    good = {"request": {"messages": [QUESTION]}, "response": None}
    empty = {"request": {"messages": []}, "user": SECRET}
    import_rows(tmp_path / "a.jsonl", good, {"what": SECRET}, {"what": cut}, empty)
    with unit_of_work() as session:
        dataset = create_dataset(session, name="Clean", objective="o")
        path = tmp_path / "a.jsonl"
        start_import(session, dataset_id=dataset.id, path=path, file_name="a", scrub=ALL)
    work()

    listed = rows("SELECT excerpt, message FROM import_error")
    assert len(listed) >= 5
    assert "<EMAIL_1>" in str(listed)
    assert "alice" not in str(listed)


def test_a_dataset_made_of_traces_may_be_scrubbed_alone(tmp_path: Path) -> None:
    tags = [SECRET, SECRET.title(), "beta"]
    first = {"id": "r1", "request": {"messages": [QUESTION]}, "response": ANSWER, "tags": tags}
    said = [QUESTION, ANSWER["choices"][0]["message"], QUESTION]
    import_rows(tmp_path / "a.jsonl", first, {**first, "id": "r2", "request": {"messages": said}})

    with unit_of_work() as session:
        dataset, _ = create_from_traces(
            session,
            name="Clean",
            objective="o",
            selection=TraceSelection(filter=TraceFilter()),
            extract={"mode": "every"},
            scrub=ALL,
        )
    work()

    own = "FROM trace t JOIN trace_body b ON b.seq = t.seq WHERE t.dataset_id"
    copies = rows(f"SELECT t.title, b.body {own} = '{dataset.id}' ORDER BY t.seq")
    assert [title for title, _ in copies] == ["I am <EMAIL_1>"] * 2
    assert not any(SECRET.encode() in bytes(body) for _, body in copies)
    assert all(SECRET.encode() in bytes(body) for (body,) in rows(f"SELECT b.body {own} IS NULL"))
    assert rows("SELECT COUNT(*) FROM record WHERE NOT is_archived") == [(2,)]
    tags = rows(
        "SELECT g.tag FROM trace_tag g JOIN trace t ON t.seq = g.seq "
        f"WHERE t.dataset_id = '{dataset.id}' AND t.external_id = 'r1' ORDER BY g.tag"
    )
    assert tags == [("<EMAIL_1>",), ("beta",)]


def test_a_dataset_made_of_a_file_may_be_scrubbed(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(orjson.dumps({"request": {"messages": [QUESTION]}, "response": ANSWER}))

    with unit_of_work() as session:
        dataset = create_dataset(session, name="Clean", objective="o")
        start_import(session, dataset_id=dataset.id, path=path, file_name="a", scrub=ALL)
    work()

    with reading() as session:
        found = latest_import(session, dataset.id)
    assert found is not None
    assert found.reasons == {"replaced_email": 1}
    assert SECRET not in str(rows("SELECT body FROM trace_body"))
