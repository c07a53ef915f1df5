"""Search in stored traces: all that they say, whoever copied or deleted them meanwhile."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from rft_app.domain.trace import ParsedTrace, TraceId
from rft_app.domain.trace_page import TraceFilter, TraceSelection
from rft_app.services.datasets import delete_dataset
from rft_app.services.search_jobs import TRACE_INDEX, start_trace_index
from rft_app.services.traces import (
    bound_search,
    count_selection,
    count_traces,
    create_from_traces,
    list_traces,
)
from rft_app.storage import jobs, trace_pages, trace_search
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.traces import add_traces, replace_traces, to_storable
from tests.builders import make_trace_rows
from tests.services.stored_dataset import make_dataset, work

LONG = "word " * 100


def talk(number: int) -> dict[str, Any]:
    """What is looked for stands behind the beginnings that lists show."""
    return {
        "messages": [
            {"role": "system", "content": f"You are an agent. {LONG} Never mention gate{number}."},
            {"role": "user", "content": f"Hello. {LONG} My booking is QX{number}Ä."},
            {"role": "assistant", "content": "", "tool_calls": [call(number)]},
            {"role": "tool", "tool_call_id": "c", "content": f'{{"seat": "row{number}"}}'},
            {"role": "assistant", "content": f"Done, see voucher{number}."},
        ]
    }


def call(number: int) -> dict[str, Any]:
    arguments = f'{{"flight": "LH{number}"}}'
    return {"id": "c", "type": "function", "function": {"name": "book", "arguments": arguments}}


@pytest.fixture
def dataset_id(any_database: str, tmp_path: Path) -> str:
    return make_dataset(tmp_path, *map(talk, range(6)))


def find(search: str, **conditions: Any) -> list[str]:
    wanted = TraceFilter(search=search, **conditions)
    with reading() as session:
        page = list_traces(session, wanted)
        assert count_traces(session, wanted) == len(page.rows)
    return [row.id for row in page.rows]


@pytest.mark.parametrize("search", ["gate3", "qx3ä", "LH3", "row3 seat", "voucher3", "book gate3"])
def test_every_part_of_a_trace_is_found_after_its_import(dataset_id: str, search: str) -> None:
    assert len(find(search)) == 1
    assert find(search) == find("gate3")


def test_all_words_must_occur_and_the_last_may_be_a_beginning(dataset_id: str) -> None:
    assert len(find("never vouch")) == 6
    assert find("gate3 voucher4") == []
    assert find("vouch gate") == []
    assert len(find("*( '\0")) == 6


@pytest.mark.parametrize("many", [1, 5_000])
def test_pages_are_the_same_whichever_way_they_are_read(
    dataset_id: str, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace_pages, "_MANY", many)
    wanted = TraceFilter(search="voucher", has_response=True)
    with reading() as session:
        first = list_traces(session, wanted, limit=4)
        rest = list_traces(session, wanted, cursor=first.next_cursor, limit=4)
    ids = [row.id for row in (*first.rows, *rest.rows)]
    assert ids == find("", has_response=True)


def test_a_copy_is_found_once_its_source_is_deleted(dataset_id: str) -> None:
    [wanted] = find("gate3")
    with unit_of_work() as session:
        chosen = TraceSelection(only=(TraceId(wanted),))
        create_from_traces(session, name="A", objective="B", selection=chosen, extract={})
    work()
    assert find("gate3") == [wanted]
    with unit_of_work() as session:
        delete_dataset(session, dataset_id)
    [copy] = find("gate3")
    assert copy != wanted
    assert find("gate4") == []


def test_what_is_not_indexed_yet_is_told_and_is_in_no_selection(dataset_id: str) -> None:
    before = find("voucher")
    with unit_of_work() as session:
        session.add_all(make_trace_rows(900, talk(9), dataset_id=dataset_id))
    with reading() as session:
        page = list_traces(session, TraceFilter(search="voucher"))
        assert (len(page.rows), page.num_unsearched) == (len(before), 1)
        assert list_traces(session, TraceFilter()).num_unsearched == 0
        shown = TraceSelection(filter=bound_search(session, TraceFilter(search="voucher")))
    with unit_of_work() as session:
        start_trace_index(session)
        start_trace_index(session)
        assert [job.kind for job in jobs.list_active(session)] == [TRACE_INDEX]
    work()
    assert len(find("voucher")) == len(before) + 1
    with reading() as session:
        assert count_selection(session, shown).num_traces == len(before)


def test_two_jobs_index_no_trace_twice(dataset_id: str) -> None:
    with unit_of_work() as session:
        session.add_all(make_trace_rows(900, talk(9), dataset_id=dataset_id))
    with reading() as session:
        found = trace_search.read_unindexed(session, max_traces=10, max_characters=10**6)
    assert found is not None
    for _ in range(2):
        with unit_of_work() as session:
            trace_search.add_texts(session, found)
    assert len(find("gate9")) == 1


def said(text: str) -> ParsedTrace:
    body = orjson.dumps({"messages": [{"role": "user", "content": text}]})
    return ParsedTrace(body, "call-1", None, None, "", 1, 0, None, None)


def index_all() -> None:
    with unit_of_work() as session:
        start_trace_index(session)
    work()


def test_a_trace_that_says_more_than_when_it_was_indexed_is_found_by_that(dataset_id: str) -> None:
    with unit_of_work() as session:
        seq = add_traces(session, None, "", [(0, to_storable(said("a suitcase"), 0))], 0)
    index_all()
    for text in ("a suitcase and a cello", "two bicycles"):
        with unit_of_work() as session:
            replace_traces(session, [(seq, said(text))], 0)
    assert (len(find("bicycles")), len(find("call 1"))) == (1, 1)
    assert (find("suitcase"), find("cello"), len(find("voucher"))) == ([], [], 6)


def test_a_trace_that_changes_while_it_is_read_is_indexed_as_it_became(dataset_id: str) -> None:
    with unit_of_work() as session:
        seq = add_traces(session, None, "", [(0, to_storable(said("a suitcase"), 0))], 0)
    with reading() as session:
        found = trace_search.read_unindexed(session, max_traces=10, max_characters=10**6)
    assert found is not None
    with unit_of_work() as session:
        replace_traces(session, [(seq, said("a cello"))], 0)
    with unit_of_work() as session:
        trace_search.add_texts(session, found)
    assert (len(find("cello")), find("suitcase")) == (1, [])
