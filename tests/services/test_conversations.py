"""Calls of one conversation, on both databases: its last call stands for those before it."""

import gzip
from itertools import permutations
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from rft_app.domain.pipeline import StepName
from rft_app.domain.trace import ParsedTrace, TraceId
from rft_app.domain.trace_page import TraceFilter, TraceSelection
from rft_app.pipeline._cutting import ExtractMode
from rft_app.services.datasets import create_dataset, get_dataset
from rft_app.services.imports import start_import
from rft_app.services.pipeline import start_step
from rft_app.services.traces import count_selection, create_from_traces, list_traces
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.traces import add_traces, to_storable
from rft_app.traces import parse_line
from tests.services.stored_dataset import import_rows, make_dataset, titles, work

pytestmark = pytest.mark.usefixtures("any_database")

ALL = TraceSelection(filter=TraceFilter())


def say(number: int) -> list[dict[str, Any]]:
    return [
        {"role": "user", "content": f"Question {number}"},
        {"role": "assistant", "content": f"Answer {number}"},
    ]


def call(*numbers: int, **answer: Any) -> dict[str, Any]:
    """A call that was given all questions and answers but the last answer."""
    said = [message for number in numbers for message in say(number)]
    choices = [{"message": {**said[-1], **answer}, "finish_reason": "stop"}]
    return {"request": {"model": "m", "messages": said[:-1]}, "response": {"choices": choices}}


FIRST, SECOND, THIRD, BRANCH = call(1), call(1, 2), call(1, 2, 3), call(1, 4)


def find(call_id: str, arguments: str) -> dict[str, Any]:
    """A call of a tool."""
    function = {"name": "find", "arguments": arguments}
    return {"type": "function", "id": call_id, "function": function}


def parse(row: dict[str, Any]) -> ParsedTrace:
    found = parse_line(orjson.dumps(row), None, 100_000)
    assert isinstance(found, tuple)
    return found[0]


def arrive(*rows: dict[str, Any]) -> None:
    """Store calls that come by themselves, in one transaction."""
    with unit_of_work() as session:
        add_traces(session, None, "", [(0, to_storable(parse(row), 0)) for row in rows], 0)


def listed(**conditions: Any) -> list[int]:
    """How long the listed calls' conversations are."""
    with reading() as session:
        rows = list_traces(session, TraceFilter(**conditions)).rows
    return sorted(row.num_messages for row in rows)


def selected(selection: TraceSelection = ALL) -> tuple[int, int]:
    with reading() as session:
        found = count_selection(session, selection)
    return found.num_traces, found.num_answers


def find_last(num_messages: int) -> TraceId:
    with reading() as session:
        rows = list_traces(session, TraceFilter()).rows
    return next(row.id for row in rows if row.num_messages == num_messages)


@pytest.mark.parametrize("order", list(permutations([FIRST, SECOND, THIRD, BRANCH])))
@pytest.mark.parametrize("is_at_once", [True, False])
def test_the_last_calls_stand_for_all_in_whatever_order_they_come(
    order: tuple[dict[str, Any], ...], is_at_once: bool
) -> None:
    for part in [order] if is_at_once else [[row] for row in order]:
        arrive(*part)
    assert listed() == [4, 6]
    assert selected() == (2, 4)
    calls = [listed(conversation=find_last(length)) for length in (4, 6)]
    assert sorted(map(len, calls)) in ([1, 3], [2, 2])
    assert sorted(length for each in calls for length in each) == [2, 4, 4, 6]


def test_a_call_whose_successor_was_lost_is_continued_all_the_same() -> None:
    arrive(FIRST)
    arrive(THIRD, FIRST)
    arrive(FIRST)
    assert listed() == [6]
    assert selected() == (1, 4)


def test_an_answer_is_recognized_in_other_words() -> None:
    arrive(call(1, content=None, tool_calls=[find("a", '{"b": 1, "a": 2}')]))
    grown = call(1, 2)
    grown["request"]["messages"][1] = {
        "role": "assistant",
        "content": "",
        "tool_calls": [find("b", '{"a":2,"b":1}')],
        "refusal": None,
    }
    arrive(grown)
    assert listed() == [4]


def test_calls_that_failed_or_said_something_else_continue_nothing() -> None:
    arrive(FIRST, call(1, content="Another answer"))
    arrive({**SECOND, "response": {"error": {"message": "Too many requests"}}})
    assert listed() == [2, 2, 3]


def test_equal_calls_of_two_files_have_nothing_to_do_with_each_other(tmp_path: Path) -> None:
    make_dataset(tmp_path, FIRST)
    make_dataset(tmp_path, SECOND)
    assert listed() == [2, 4]


@pytest.mark.parametrize(("mode", "number"), [(ExtractMode.LAST, 2), (ExtractMode.EVERY, 4)])
def test_a_run_gives_its_last_answer_or_each_of_them_once(
    tmp_path: Path, mode: ExtractMode, number: int
) -> None:
    dataset_id = make_dataset(tmp_path, THIRD, FIRST, BRANCH, SECOND)
    assert len(titles(dataset_id)) == 2
    with unit_of_work() as session:
        copy, _ = create_from_traces(
            session, name="A", objective="B", selection=ALL, extract={"mode": mode.value}
        )
    work()
    assert len(titles(copy.id)) == number
    assert listed() == [4, 6]


def test_a_selection_means_the_calls_that_there_were_when_it_was_made() -> None:
    arrive(FIRST, SECOND)
    with unit_of_work() as session:
        copy, _ = create_from_traces(
            session, name="A", objective="B", selection=ALL, extract={"mode": "every"}
        )
    arrive(THIRD)
    work()
    assert len(titles(copy.id)) == 2


def test_calls_that_are_named_come_once(tmp_path: Path) -> None:
    arrive(FIRST, SECOND, THIRD)
    with reading() as session:
        wanted = TraceFilter(conversation=find_last(6))
        ids = tuple(row.id for row in list_traces(session, wanted).rows)
    with unit_of_work() as session:
        chosen = TraceSelection(only=ids)
        copy, _ = create_from_traces(
            session, name="A", objective="B", selection=chosen, extract={"mode": "every"}
        )
    work()
    assert len(titles(copy.id)) == 3


def test_another_mode_takes_the_calls_before_the_last_in_and_out(tmp_path: Path) -> None:
    dataset_id = make_dataset(tmp_path, FIRST, SECOND)
    import_rows(dataset_id, tmp_path, call(8), call(8, 9))
    numbers = [extract(dataset_id, mode) for mode in (*ExtractMode, ExtractMode.LAST)]
    assert numbers == [2, 4, 2]


@pytest.mark.shared_data
def test_forty_real_agent_runs_are_forty_conversations(shared_data: Path) -> None:
    path = shared_data / "derived" / "tau_airline_gateway_calls_40.jsonl.gz"
    with gzip.open(path) as lines:
        calls = [orjson.loads(line) for line in lines]
    lasts = {call["trace_id"]: call["id"] for call in calls}  # each run's calls stand in order
    with unit_of_work() as session:
        dataset_id = create_dataset(session, name="Airline", objective="Answer").id
        start_import(session, dataset_id=dataset_id, path=path, file_name=path.name)
    work()
    with reading() as session:
        statement = text("SELECT external_id FROM trace WHERE continued_by IS NULL")
        found = set(session.connection().execute(statement).scalars())
    assert found == set(lasts.values())
    assert selected() == (40, 571)
    assert [extract(dataset_id, mode) for mode in ExtractMode] == [40, 571]


def extract(dataset_id: str, mode: ExtractMode) -> int:
    """Extract again; returns how many records there are then."""
    with unit_of_work() as session:
        start_step(session, dataset_id, StepName.EXTRACT, {"mode": mode.value})
    work()
    with reading() as session:
        return get_dataset(session, dataset_id).stats.num_records
