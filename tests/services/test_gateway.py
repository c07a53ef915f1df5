"""Calls and feedback in both databases: kept, read, joined, and gone with their traces."""

from typing import Any

import orjson
import pytest
from sqlalchemy import text

from rft_app.domain.intake import Outcome
from rft_app.domain.trace_page import TraceFilter
from rft_app.services.gateway import may_have_response, store_batch
from rft_app.services.intake import list_counts
from rft_app.services.intake_reading import read_waiting
from rft_app.services.trace_detail import get_trace
from rft_app.services.traces import list_traces
from rft_app.storage.retention import delete_traces
from rft_app.storage.session import reading, unit_of_work
from rft_app.traces.recorded_call import Feedback, RecordedCall
from tests.gateway.upstream import complete

pytestmark = pytest.mark.usefixtures("any_database")
NEVER_MS = 1 << 50


def make_call(number: int, answer: str) -> RecordedCall:
    request = {"model": "small", "messages": [{"role": "user", "content": f"Question {number}"}]}
    return RecordedCall(
        trace_id=f"{number:032x}",
        span_id=f"{number:016x}",
        parent_id="",
        started_ns=1_760_000_000_000_000_000 + number,
        took_us=5_000,
        path="chat/completions",
        provider="default",
        request=orjson.dumps(request),
        status=200,
        content_type="application/json",
        content_encoding="",
        pieces=[(4_000, orjson.dumps({**complete(), "id": answer}))],
        fault=None,
        session="",
        tags=[],
    )


def store(
    calls: list[RecordedCall] | None = None,
    feedback: list[Feedback] | None = None,
    **counts: int,
) -> None:
    numbers = {Outcome(name): number for name, number in counts.items()}
    with unit_of_work() as session:
        store_batch(session, calls or [], feedback or [], numbers)
    while read_waiting():
        pass


def rate(answer: str, value: float) -> Feedback:
    return Feedback(answer, "rating", value, None, 1)


def read_feedback() -> dict[str, Any]:
    """What was said of each trace, by its title."""
    with reading() as session:
        rows = list_traces(session, TraceFilter()).rows
        found = {row.title: get_trace(session, row.id).other["metadata"] for row in rows}
    return {title: metadata.get("feedback") for title, metadata in found.items()}


def test_feedback_finds_the_last_call_with_its_answer_s_name() -> None:
    store([make_call(1, "a"), make_call(2, "b")], [rate("a", 1.0)], not_recorded=3)
    assert read_feedback() == {"Question 1": {"rating": 1.0}, "Question 2": None}

    store([make_call(3, "b")])
    store([], [rate("b", 0.0), rate("c", 0.5)])

    assert read_feedback() == {
        "Question 1": {"rating": 1.0},
        "Question 2": None,
        "Question 3": {"rating": 0.0},
    }
    with reading() as session:
        counts = {each.outcome.value: each.number for each in list_counts(session)}
    assert counts == {"call": 3, "feedback": 2, "no_response": 1, "not_recorded": 3}


def test_the_names_of_answers_go_with_their_traces() -> None:
    store([make_call(1, "a")])
    with unit_of_work() as session:
        assert may_have_response(session, "a")
        delete_traces(session, NEVER_MS, 10)

    with reading() as session:
        assert not may_have_response(session, "a")
        assert session.connection().execute(text("SELECT * FROM gateway_response")).all() == []


@pytest.mark.parametrize("name", ["a\0", "a" * 5_000])
def test_names_that_no_feedback_can_give_stop_nothing(name: str) -> None:
    store([make_call(1, name), make_call(2, "b")], [rate(name, 1.0), rate("b", 0.0)])

    assert read_feedback() == {"Question 1": None, "Question 2": {"rating": 0.0}}
