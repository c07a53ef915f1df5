"""Files of traces that belong to no dataset: what is stored, what is joined, what comes twice."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from rft_app.children import run_child
from rft_app.domain.imports import ImportReport
from rft_app.errors import InvalidInputError, JobCancelledError, TooLargeError
from rft_app.processes import trace_importing
from rft_app.services.import_jobs import ImportArrivals
from rft_app.services.trace_imports import start_trace_import
from rft_app.storage import imports
from rft_app.storage.import_parts import StoredPart, add_parts
from rft_app.storage.session import unit_of_work
from tests.processes.importing_helpers import faults, report, rows

MODULE = "rft_app.processes.trace_importing"
QUESTION = {"role": "user", "content": "Where is it?"}
BODY = {"choices": [{"message": {"role": "assistant", "content": "In Italy."}}]}
COUNTS = "SELECT source, outcome, SUM(number) FROM intake_count GROUP BY 1, 2 ORDER BY 1, 2"


def gateway_row(number: int, **other: Any) -> dict[str, Any]:
    question = {"role": "user", "content": f"Question {number}?"}
    return {"id": f"r{number}", "request": {"messages": [question]}, "response": BODY, **other}


def write(path: Path, *lines: Any) -> Path:
    encoded = (line if isinstance(line, bytes) else orjson.dumps(line) for line in lines)
    path.write_bytes(b"\n".join(encoded) + b"\n")
    return path


def prepare(path: Path) -> str:
    with unit_of_work() as session:
        return imports.add_import(
            session, None, "arrivals", path=str(path), file_name=path.name, size_bytes=1
        )


def run(path: Path, format_name: str | None = None) -> ImportReport:
    """Import a file in this process."""
    import_id = prepare(path)
    trace_importing.work({"import_id": import_id, "format": format_name}, lambda _: None)
    return report(import_id)


def traces(columns: str = "external_id, source, num_turns") -> list[tuple[Any, ...]]:
    return rows(f"SELECT {columns} FROM trace WHERE dataset_id IS NULL ORDER BY seq")


def bodies() -> list[dict[str, Any]]:
    return [orjson.loads(row[0]) for row in rows("SELECT body FROM trace_body ORDER BY seq")]


def test_good_rows_are_traces_of_no_dataset_and_bad_ones_are_named(
    any_database: str, tmp_path: Path
) -> None:
    found = run(write(tmp_path / "a.jsonl", gateway_row(1), b"{oops", {"what": 1}, gateway_row(2)))

    assert traces() == [("r1", "gateway_call", 1), ("r2", "gateway_call", 1)]
    assert (found.num_lines, found.num_parsed, found.num_invalid) == (4, 2, 2)
    assert [(each.line_number, each.code) for each in faults(found.id)] == [
        *((2, "not_json"), (3, "wrong_shape"))
    ]
    assert rows(COUNTS) == [("gateway_call", "call", 2)]


def test_the_same_file_again_changes_nothing(any_database: str, tmp_path: Path) -> None:
    unnamed = {"request": {"messages": [QUESTION]}, "response": BODY}
    path = write(tmp_path / "a.jsonl", gateway_row(1), unnamed, unnamed, gateway_row(1))

    first = run(path)
    before = traces("seq, external_id, title")
    again = run(path)

    assert len(before) == 3
    assert traces("seq, external_id, title") == before
    assert first.reasons == {"duplicate": 1}
    assert (again.num_parsed, again.reasons) == (4, {"duplicate": 4})


def test_a_row_that_says_more_now_changes_its_trace(any_database: str, tmp_path: Path) -> None:
    run(write(tmp_path / "a.jsonl", gateway_row(1), gateway_row(2)))
    found = run(write(tmp_path / "b.jsonl", gateway_row(2, feedback=1), gateway_row(3)))

    assert traces("external_id, reward") == [("r1", None), ("r2", 1.0), ("r3", None)]
    assert found.reasons == {"changed": 1}


@pytest.mark.parametrize("name", ["id", "trace_id"])
def test_an_id_that_several_calls_share_loses_none_of_them(
    any_database: str, tmp_path: Path, name: str
) -> None:
    def row(number: int) -> dict[str, Any]:
        return {**gateway_row(number), "id": None, name: 7}

    run(write(tmp_path / "a.jsonl", row(1), row(2)))
    run(write(tmp_path / "b.jsonl", row(3)))
    run(write(tmp_path / "a.jsonl", row(1), row(2)))

    assert [title for (title,) in traces("title")] == [f"Question {n}?" for n in (1, 2, 3)]


def test_a_batch_is_joined_whatever_comes_first(any_database: str, tmp_path: Path) -> None:
    def answer(number: int) -> dict[str, Any]:
        response = {"status_code": 200, "body": BODY}
        return {"id": f"b{number}", "custom_id": f"r{number}", "response": response, "error": None}

    def question(number: int) -> dict[str, Any]:
        body = {"model": "gpt-4o", "messages": [QUESTION]}
        return {"custom_id": f"r{number}", "url": "/v1/chat/completions", "body": body}

    expired = {"id": "b3", "custom_id": "r3", "response": None, "error": {"code": "batch_expired"}}
    lines = [answer(1), question(2), question(1), answer(2), question(3), expired, answer(4)]

    found = run(write(tmp_path / "both.jsonl", *lines, question(5)))

    assert sorted(traces("external_id, model, num_turns, status, reason")) == [
        ("b1", "gpt-4o", 1, "ok", None),
        ("b2", "gpt-4o", 1, "ok", None),
        ("b3", "gpt-4o", 0, "error", None),
        ("b4", None, 1, "ok", "no_user_turn"),
        ("r5", "gpt-4o", 0, "ok", None),
    ]
    assert [(each.line_number, each.code) for each in faults(found.id)] == [(7, "no_user_turn")]
    assert "batch's input" in faults(found.id)[0].message
    assert found.missing_half == (
        "Requests are missing for 1 answer of a batch. Import this file together with the batch's "
        "input. Answers are missing for 1 request of a batch. Import this file together with the "
        "batch's output and, where it has one, its error file."
    )
    assert (found.num_lines, found.num_parsed, found.num_invalid) == (8, 5, 1)
    assert rows("SELECT COUNT(*) FROM import_part") == [(0,)]


def test_a_batchs_output_gets_its_questions_later(any_database: str, tmp_path: Path) -> None:
    response = {"status_code": 200, "body": BODY}
    output = {"id": "b1", "custom_id": "r1", "response": response}
    question = {"custom_id": "r1", "body": {"messages": [QUESTION]}}

    answers = run(write(tmp_path / "output.jsonl", output))
    found = run(write(tmp_path / "both.jsonl", question, output))
    questions = run(write(tmp_path / "input.jsonl", {**question, "custom_id": "r2"}))

    assert traces("external_id, num_messages, reason")[0] == ("b1", 2, None)
    assert (found.reasons, found.missing_half) == ({"changed": 1}, "")
    assert answers.missing_half.startswith("Requests are missing for 1 answer")
    assert questions.missing_half.startswith("Answers are missing for 1 request")
    assert (answers.without_answers, questions.without_answers) == ("", "")


def test_a_langfuse_export_is_joined_by_trace(any_database: str, tmp_path: Path) -> None:
    def observation(name: str, kind: str = "GENERATION") -> dict[str, Any]:
        return {
            "id": name,
            "trace_id": "t1",
            "type": kind,
            "start_time": "2026-11-22 02:16:41.080000",
            "input": [QUESTION],
            "output": {"role": "assistant", "content": f"Answer {name}"},
        }

    score = {"id": "s", "trace_id": "t1", "name": "helpful", "data_type": "NUMERIC", "value": 0.5}
    trace = {"id": "t1", "timestamp": "2026-11-22 02:16:41", "session_id": "s-1", "user_id": "u"}
    own = {**score, "observation_id": "g2", "value": 1}

    found = run(
        write(
            tmp_path / "a.jsonl",
            *(score, observation("g1"), observation("a", "SPAN")),
            *(trace, own, observation("g2")),
        )
    )

    assert traces("external_id, source, reward") == [
        *(("g1", "langfuse", 0.5), ("g2", "langfuse", 1.0))
    ]
    assert bodies()[0]["metadata"]["session_id"] == "s-1"
    assert bodies()[0]["metadata"]["feedback"] == {"helpful": 0.5}
    assert found.reasons == {"no_call": 1}


def test_a_trace_of_langfuses_api_holds_its_observations(any_database: str, tmp_path: Path) -> None:
    generation = {
        "id": "g1",
        "type": "GENERATION",
        "startTime": "2026-11-22T02:16:41Z",
        "input": [QUESTION],
        "output": "In Italy.",
    }
    page = {
        "data": [
            {
                "id": "t1",
                "timestamp": "2026-11-22T02:16:41Z",
                "sessionId": "s-1",
                "observations": [generation, {**generation, "id": "e", "type": "EVENT"}],
                "scores": [{"name": "ok", "value": 1, "dataType": "BOOLEAN"}],
            },
            {
                "id": "t2",
                "timestamp": "2026-11-22T02:16:41Z",
                "userId": "u",
                "input": "Hi",
                "output": "Hello",
            },
        ],
        "meta": {"page": 1},
    }

    found = run(write(tmp_path / "a.json", page))

    assert traces("external_id, num_messages, reward") == [("g1", 2, 1.0), ("t2", 2, None)]
    assert found.reasons == {"no_call": 1}


def test_answers_of_apis_are_opened(any_database: str, tmp_path: Path) -> None:
    bad = {"request_id": "h2", "signed_body_url": "x"}
    good = {"request_id": "h1", "request_body": {"messages": [QUESTION]}, "response_body": BODY}

    found = run(write(tmp_path / "a.json", {"data": [good, bad, bad], "error": None}))

    assert traces() == [("h1", "helicone", 1)]
    assert (found.num_parsed, found.num_invalid, found.reasons) == (1, 2, {"wrong_shape": 2})
    assert len(faults(found.id)) == 1


def span(number: int, **attributes: Any) -> dict[str, Any]:
    return {
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": f"{number:016x}",
        "name": "chat",
        "startTimeUnixNano": "1795313801080000000",
        "endTimeUnixNano": "1795313801700000000",
        "attributes": [{"key": k, "value": {"stringValue": v}} for k, v in attributes.items()],
    }


def otlp(*spans: dict[str, Any]) -> dict[str, Any]:
    return {"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}


CALL = {
    "openinference.span.kind": "LLM",
    "input.value": orjson.dumps({"model": "m", "messages": [QUESTION]}).decode(),
    "output.value": orjson.dumps(BODY).decode(),
}


def test_lines_of_otlp_become_what_they_become_over_http(any_database: str, tmp_path: Path) -> None:
    empty = span(2, **{"openinference.span.kind": "LLM"})
    path = write(
        tmp_path / "spans.jsonl",
        otlp(span(1, **CALL), empty, span(3)),
        {"resourceSpans": 7},
        otlp(span(4, **CALL), span(0)),
    )

    found = run(path)
    again = run(path)

    assert [(source, turns) for _, source, turns in traces()] == [("openinference", 1)] * 2
    assert rows("SELECT COUNT(*) FROM span") == [(4,)]
    assert (found.num_parsed, found.shape) == (2, "otlp")
    assert found.reasons == {"no_content": 1, "no_call": 1, "bad_id": 1, "wrong_shape": 1}
    assert again.reasons["duplicate"] == 4


def test_spans_without_content_say_how_to_get_it(database: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", otlp(span(2, **{"openinference.span.kind": "LLM"})))

    with pytest.raises(InvalidInputError, match="CAPTURE_MESSAGE_CONTENT"):
        run(path)


@pytest.mark.parametrize(
    ("format_name", "row"),
    [
        ("helicone", gateway_row(1)),
        ("otlp", gateway_row(1)),
        ("gateway_call", otlp(span(1, **CALL))),
        ("tensorzero", {"messages": [QUESTION]}),
    ],
)
def test_a_wrong_format_is_named_with_the_line(
    database: Path, tmp_path: Path, format_name: str, row: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInputError, match=r"Line 1|no model call"):
        run(write(tmp_path / "a.jsonl", row), format_name)


def test_a_cancelled_import_keeps_what_it_stored_and_goes_on(
    database: Path, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.jsonl", *map(gateway_row, range(5_000)))
    import_id = prepare(path)
    told: list[Any] = []

    with pytest.raises(JobCancelledError):
        run_child(
            MODULE,
            {"import_id": import_id},
            on_message=told.append,
            is_cancelled=lambda: bool(told),
        )
    stored = len(traces())
    trace_importing.work({"import_id": import_id}, lambda _: None)

    assert 0 < stored < 5_000
    assert len(traces()) == report(import_id).num_parsed == 5_000


def test_parts_of_an_import_that_was_stopped_are_forgotten(
    any_database: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.jsonl", {"custom_id": "r1", "body": {"messages": [QUESTION]}})
    with unit_of_work() as session:
        job = start_trace_import(session, path=path, file_name="a.jsonl")
        part = StoredPart("openai_batch:r1", "question", 1, path.read_bytes())
        add_parts(session, job.args["import_id"], [part])
    with unit_of_work() as session:
        ImportArrivals().on_cancelled(session, job)

    assert rows("SELECT COUNT(*) FROM import_part") == [(0,)]


def test_calls_of_one_conversation_are_linked_as_they_are_over_http(
    any_database: str, tmp_path: Path
) -> None:
    answer = BODY["choices"][0]["message"]
    follow = {"id": "r2", "request": {"messages": [QUESTION, answer, QUESTION]}, "response": BODY}
    first = {"id": "r1", "request": {"messages": [QUESTION]}, "response": BODY}

    run(write(tmp_path / "a.jsonl", follow, first))

    last = rows("SELECT seq FROM trace WHERE external_id = 'r2'")[0][0]
    assert sorted(traces("external_id, continued_by, num_earlier")) == [
        *(("r1", last, 0), ("r2", None, 1))
    ]


@pytest.mark.parametrize("layout", ["answer", "objects", "one"])
def test_json_may_be_laid_out_over_lines(database: Path, tmp_path: Path, layout: str) -> None:
    wanted = [gateway_row(number) for number in range(300)]
    indent = orjson.OPT_INDENT_2
    text = {
        "answer": orjson.dumps(
            {"object": "list", "data": wanted, "meta": {"n": [1]}}, option=indent
        ),
        "objects": b"\n".join(orjson.dumps(row, option=indent) for row in wanted),
        "one": orjson.dumps({"meta": {"n": 1}, "data": wanted}, option=indent),
    }[layout]
    path = tmp_path / "a.json"
    path.write_bytes(text)

    found = run(path)

    assert (found.num_parsed, found.num_invalid) == (300, 0)
    assert [each[0] for each in traces()] == [f"r{number}" for number in range(300)]


def test_a_line_of_several_rows_does_not_step_over_the_limit(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RFT_MAX_RECORDS", "3")
    pages = [{"data": [gateway_row(n), gateway_row(n + 1)]} for n in (0, 2, 4, 6)]

    with pytest.raises(TooLargeError, match="more than 3 rows"):
        run(write(tmp_path / "a.jsonl", *pages))

    assert [each[0] for each in traces()] == ["r0", "r1", "r2", "r3"]


def test_an_answer_that_is_cut_off_keeps_its_whole_rows(database: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    whole = orjson.dumps({"data": [gateway_row(1), gateway_row(2)]}, option=orjson.OPT_INDENT_2)
    path.write_bytes(whole[: whole.rindex(b'"response"')])

    found = run(path)

    assert [each[0] for each in traces()] == ["r1"]
    assert found.damage is not None
