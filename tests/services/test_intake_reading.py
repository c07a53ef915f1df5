"""Spans and log records become traces on both databases, in whatever order they arrive."""

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import Session

from rft_app.domain.intake import Encoding, IntakeCount, Outcome, Signal
from rft_app.domain.trace_page import TraceFilter
from rft_app.services import intake_reading
from rft_app.services.intake import list_counts, take_request
from rft_app.services.intake_reading import read_waiting
from rft_app.services.traces import list_traces
from rft_app.storage import intake
from rft_app.storage.session import durable_unit_of_work, reading, unit_of_work
from rft_app.traces.recorded_call import Feedback, encode_batch
from tests.captured import list_posts
from tests.gateway.upstream import complete
from tests.traces.test_recorded_call import make_call

pytestmark = pytest.mark.usefixtures("any_database")


def take(folder: str, *places: int) -> None:
    """Take requests of a capture and read each before the next."""
    posts = list_posts(folder)
    for place in places:
        signal = Signal(posts[place].path.rpartition("/")[2])
        with durable_unit_of_work() as session:
            take_request(session, signal, Encoding.PROTOBUF, posts[place].plain, 0)
        while read_waiting():
            pass


def outcomes() -> dict[Outcome, int]:
    found: Counter[Outcome] = Counter()
    with reading() as session:
        for each in list_counts(session):
            found[each.outcome] += each.number
    return dict(found)


def test_log_records_join_their_spans_and_nothing_is_stored_twice() -> None:
    take("genai_openai_event", 0, 2, 1)
    take("genai_openai_event", 1, 0, 2)
    with reading() as session:
        page = list_traces(session, TraceFilter(), limit=200)
    assert len(page.rows) == 10
    assert sum(row.num_earlier for row in page.rows) == 2
    assert sum(row.has_response for row in page.rows) == 8
    assert {row.dataset_id for row in page.rows} == {None}
    assert outcomes() == {Outcome.CALL: 12, Outcome.NO_CALL: 10, Outcome.DUPLICATE: 22}


def test_only_one_process_stores_what_was_read_at_a_turn() -> None:
    with reading() as session:
        turn = intake.read_turn(session)
    with unit_of_work() as session:
        assert intake.take_turn(session, turn)
    with unit_of_work() as session:
        assert not intake.take_turn(session, turn)
        assert intake.take_turn(session, turn + 1)


def send(signal: Signal, *items: dict[str, Any]) -> None:
    """Take a request of spans or log records, of one call unless they say otherwise."""
    names = ("resourceSpans", "scopeSpans", "spans")
    if signal is Signal.LOGS:
        names = ("resourceLogs", "scopeLogs", "logRecords")
    groups, scopes, records = names
    own = [{"traceId": f"{1:032x}", "spanId": f"{1:016x}", **item} for item in items]
    body = orjson.dumps({groups: [{scopes: [{records: own}]}]})
    with durable_unit_of_work() as session:
        take_request(session, signal, Encoding.JSON, body, 0)


def read_all() -> None:
    while read_waiting():
        pass


CALL = {
    "name": "chat",
    "startTimeUnixNano": 1_795_313_077_000_000_000,
    "endTimeUnixNano": 1_795_313_078_000_000_000,
    "attributes": [{"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}}],
}


def log(name: str, time_ns: int, **fields: str) -> dict[str, Any]:
    """An event of the conventions up to 1.36."""
    pairs = [{"key": key, "value": {"stringValue": value}} for key, value in fields.items()]
    return {
        "eventName": name,
        "timeUnixNano": time_ns,
        "body": {"kvlistValue": {"values": pairs}},
    }


QUESTION = log("gen_ai.user.message", 1, content="Hi")
ANSWER = log("gen_ai.choice", 2, message="Hello", finish_reason="stop")


def bodies() -> list[bytes]:
    """What the traces say."""
    with reading() as session:
        rows = session.connection().execute(text("SELECT body FROM trace_body ORDER BY seq"))
        return [bytes(body) for (body,) in rows]


@pytest.mark.parametrize(
    "requests",
    [
        [[QUESTION, ANSWER], [QUESTION, ANSWER]],
        [[QUESTION, ANSWER, QUESTION, ANSWER]],
        [[QUESTION], [QUESTION, ANSWER]],
    ],
    ids=["resent", "twice-in-one", "grown"],
)
@pytest.mark.parametrize("is_span_first", [True, False])
@pytest.mark.parametrize("is_read_at_once", [True, False])
def test_log_records_that_come_twice_are_said_once(
    requests: list[list[dict[str, Any]]], is_span_first: bool, is_read_at_once: bool
) -> None:
    steps: list[tuple[Signal, list[dict[str, Any]]]] = [(Signal.LOGS, logs) for logs in requests]
    steps.insert(0 if is_span_first else len(steps), (Signal.TRACES, [CALL]))
    for signal, items in steps:
        send(signal, *items)
        if not is_read_at_once:
            read_all()
    read_all()
    [body] = bodies()
    assert (body.count(b'"Hi"'), body.count(b'"Hello"')) == (1, 1)


def test_a_request_that_breaks_the_reader_is_set_aside_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read_session = intake_reading.read_session

    def fail_at_one(span: Any) -> Any:
        if span.name == "odd":
            raise AssertionError("a defect")
        return read_session(span)

    monkeypatch.setattr(intake_reading, "read_session", fail_at_one)
    send(Signal.TRACES, {**CALL, "spanId": f"{2:016x}"})
    send(Signal.TRACES, {**CALL, "spanId": f"{3:016x}", "name": "odd"})
    send(Signal.TRACES, {**CALL, "spanId": f"{4:016x}"})
    read_all()
    assert outcomes() == {Outcome.NO_CONTENT: 2, Outcome.MALFORMED: 1}


def send_calls(*answers: Any) -> None:
    calls = [
        make_call(span_id=f"{place:016x}", pieces=[(1, orjson.dumps(answer))])
        for place, answer in enumerate(answers, 1)
    ]
    with durable_unit_of_work() as session:
        intake.add_batch(session, Signal.CALLS, Encoding.MSGPACK, encode_batch(calls), 0)


@pytest.mark.parametrize(
    "answer_id",
    ["a\0b", random.Random(0).randbytes(10_000).hex(), {"odd": 1}],
    ids=["nul", "long", "object"],
)
def test_an_odd_name_of_an_answer_stops_nothing(answer_id: object) -> None:
    send_calls({**complete(), "id": answer_id}, complete())
    read_all()
    assert outcomes() == {Outcome.CALL: 2}


@pytest.mark.parametrize("is_read_at_once", [True, False])
def test_a_request_that_the_database_refuses_is_set_aside_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, is_read_at_once: bool
) -> None:
    add_spans = intake.add_spans

    def add_one_twice(session: Session, spans: Sequence[intake.NewSpan], now_ms: int) -> None:
        again = [span for span in spans if span.key[1] == f"{3:016x}"]
        add_spans(session, [*spans, *again], now_ms)

    monkeypatch.setattr(intake, "add_spans", add_one_twice)
    for place in (2, 3, 4):
        send(Signal.TRACES, {**CALL, "spanId": f"{place:016x}"})
        if not is_read_at_once:
            read_all()
    send_calls(complete(), complete(), complete())
    read_all()
    with reading() as session:
        counts = list_counts(session)
    assert counts == [
        IntakeCount(source="gateway", outcome=Outcome.CALL, number=2),
        IntakeCount(source="otel_genai", outcome=Outcome.NO_CONTENT, number=2),
        IntakeCount(source="gateway", outcome=Outcome.NOT_RECORDED, number=1),
        IntakeCount(source="otlp", outcome=Outcome.MALFORMED, number=1),
    ]
    assert len(bodies()) == 2
    assert "request 2 cannot be stored; it is set aside" in caplog.text
    assert "part 3 of request 4 cannot be stored; it is set aside" in caplog.text
    assert "[parameters:" not in caplog.text


def test_one_span_that_breaks_the_reader_costs_the_others_of_its_request_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read_session = intake_reading.read_session

    def fail_at_one(span: Any) -> Any:
        if span.name == "odd":
            raise AssertionError("a defect")
        return read_session(span)

    monkeypatch.setattr(intake_reading, "read_session", fail_at_one)
    spans = [{**CALL, "spanId": f"{place:016x}"} for place in range(2, 12)]
    spans[6]["name"] = "odd"
    send(Signal.TRACES, *spans, spans[0])
    read_all()
    assert outcomes() == {Outcome.NO_CONTENT: 9, Outcome.DUPLICATE: 1, Outcome.MALFORMED: 1}


def test_feedback_that_the_database_refuses_costs_the_other_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_feedback = intake_reading.add_feedback

    def refuse_one(session: Session, feedback: Sequence[Feedback], now_ms: int) -> Any:
        if any(each.name == "odd" for each in feedback):
            raise IntegrityError("INSERT", None, Exception("odd"))
        return add_feedback(session, feedback, now_ms)

    monkeypatch.setattr(intake_reading, "add_feedback", refuse_one)
    said = [Feedback("a", name, 1.0, None, 1) for name in ("rating", "odd", "rating")]
    with durable_unit_of_work() as session:
        intake.add_batch(session, Signal.FEEDBACK, Encoding.MSGPACK, encode_batch(said), 0)
    read_all()
    assert outcomes() == {Outcome.NO_RESPONSE: 2, Outcome.MALFORMED: 1}


def test_requests_wait_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object) -> None:
        raise OperationalError("INSERT", None, Exception("gone"))

    send(Signal.TRACES, CALL)
    with monkeypatch.context() as patch, pytest.raises(OperationalError):
        patch.setattr(intake, "add_spans", fail)
        read_waiting()
    read_all()
    assert outcomes() == {Outcome.NO_CONTENT: 1}
