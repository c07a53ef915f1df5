"""Recording behind the callers' backs: without a database, and with feedback."""

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from sqlalchemy.exc import TimeoutError

from rft_app.domain.scrubbing import ScrubKind, ScrubRules
from rft_app.gateway import recorder
from rft_app.services.scrubbing import set_rules
from rft_app.storage.session import get_engine, unit_of_work
from tests.gateway.conftest import (
    Running,
    Start,
    eventually,
    read_counts,
    read_stored_traces,
    read_traces,
)
from tests.gateway.upstream import Upstream, complete

LONG = "Hi " * 1000


def ask(running: Running, number: int = 1) -> str:
    """Make a call; returns the answer's id."""
    said: list[Any] = [{"role": "user", "content": f"{number} {LONG}"}]
    return running.client().chat.completions.create(model="small", messages=said).id


def test_while_there_is_no_database_calls_go_through_and_the_gap_is_counted(
    start: Start, database: Path
) -> None:
    gateway = start(MAX_GATEWAY_BACKLOG_BYTES="14000")
    away = database.with_name("away")
    database.rename(away)
    database.write_text("no folder")

    for number in range(5):
        ask(gateway, number)
    eventually(lambda: gateway.status()["isFailing"])
    status = gateway.status()
    assert (status["waiting"], status["notRecorded"]) == (3, 2)
    database.unlink()
    away.rename(database)

    assert len(read_traces(gateway)) == 3
    assert read_counts() == {"call": 3, "not_recorded": 2}
    assert not gateway.status()["isFailing"]


def test_without_a_worker_the_gap_is_stored_although_calls_are_not(start: Start) -> None:
    gateway = start(MAX_GATEWAY_BACKLOG_BYTES="9000", MAX_OTLP_BACKLOG_BYTES="1")
    ask(gateway, 1)
    eventually(lambda: gateway.status()["waiting"] == 0)
    for number in range(2, 6):
        ask(gateway, number)

    eventually(lambda: read_counts() == {"not_recorded": 2})
    assert gateway.status()["waiting"] == 2
    assert len(read_stored_traces()) == 1  # now there is room again
    eventually(lambda: gateway.status()["waiting"] == 0)
    assert len(read_stored_traces()) == 3


@pytest.mark.parametrize(
    "error", [TimeoutError("No connection is free."), LookupError("Unforeseen.")]
)
def test_no_error_ends_recording(
    gateway: Running, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(recorder, "store_batch", Mock(side_effect=error))
        ask(gateway)
        eventually(lambda: gateway.status()["isFailing"])

    assert len(read_traces(gateway)) == 1
    assert not gateway.status()["isFailing"]


def test_what_waits_is_written_when_the_gateway_stops(gateway: Running) -> None:
    ask(gateway)
    gateway.stop()

    assert len(read_stored_traces()) == 1


def test_feedback_joins_the_trace_of_its_answer(gateway: Running, upstream: Upstream) -> None:
    numbers = iter(range(1, 9))
    upstream.behave = lambda asked: asked.answer_json(complete(number=next(numbers)))
    first, _ = ask(gateway), ask(gateway)
    told = {"response_id": first, "value": 0.75, "comment": "Nearly."}
    assert gateway.http.post("/feedback", json=told).status_code == 202

    rated, other = read_traces(gateway)
    assert rated.other["metadata"]["feedback"] == {
        "rating": 0.75,
        "rating_explanation": "Nearly.",
    }
    assert "feedback" not in other.other["metadata"]
    told = {"response_id": first, "name": "was_kind", "value": True}
    assert gateway.http.post("/feedback", json=told).status_code == 202
    rated, _ = read_traces(gateway)
    assert rated.other["metadata"]["feedback"]["was_kind"] is True
    assert read_counts() == {"call": 2, "feedback": 2}
    assert get_reward(rated.summary.id) == 0.75


def test_values_are_taken_out_of_calls_and_feedback_and_ids_still_join(
    gateway: Running, upstream: Upstream
) -> None:
    with unit_of_work() as session:
        set_rules(session, ScrubRules(kinds=tuple(ScrubKind)))
    upstream.behave = lambda asked: asked.answer_json(
        {**complete("Mail bob@example.com"), "id": "chatcmpl-4111111111111111"}
    )
    answer = ask(gateway)
    told = {"response_id": answer, "value": 1, "comment": "I am eve@example.com"}
    gateway.http.post("/feedback", json=told)

    (trace,) = read_traces(gateway)
    assert "example.com" not in trace.model_dump_json()
    assert trace.other["metadata"]["feedback"]["rating"] == 1
    with get_engine().connect() as connection:
        kept = connection.exec_driver_sql("SELECT id FROM gateway_response").scalars().all()
    assert kept == [answer]


def get_reward(trace_id: str) -> float | None:
    with get_engine().connect() as connection:
        statement = f"SELECT reward FROM trace WHERE seq = {int(trace_id[4:], 16)}"
        return connection.exec_driver_sql(statement).scalar_one()


@pytest.mark.parametrize(
    ("told", "status", "message"),
    [
        ({"response_id": "chatcmpl-404", "value": 1}, 404, "No recorded call has the answer"),
        ({"response_id": "chatcmpl-1"}, 400, "Give a `value`"),
        ({"response_id": "", "value": 1}, 400, "length >= 1"),
        ({"response_id": "chatcmpl-1", "value": [1]}, 400, "$.value"),
        ({"response_id": "chatcmpl\0", "value": 1}, 400, "$.response_id"),
        ({"response_id": "chatcmpl-1", "comment": "Good\0"}, 400, "$.comment"),
        ({"response_id": "chatcmpl-1", "value": "\0"}, 400, "$.value"),
        ({"id": "chatcmpl-1", "value": 1}, 400, "unknown field"),
    ],
)
def test_feedback_that_cannot_be_kept_is_refused(
    gateway: Running, told: dict[str, Any], status: int, message: str
) -> None:
    answer = gateway.http.post("/feedback", json=told)

    assert answer.status_code == status
    assert message in answer.json()["error"]["message"]


def test_feedback_larger_than_any_is_refused(gateway: Running) -> None:
    escaped = "\\ud83d\\ude00" * 10_000
    written = f'{{"response_id": "a", "value": 1, "comment": "{escaped}"}}'
    assert gateway.http.post("/feedback", content=written).status_code == 404
    assert gateway.http.post("/feedback", content=written + " " * 20_000).status_code == 413
    eventually(lambda: read_counts() == {"too_large": 1})
