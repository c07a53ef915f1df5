import random
from collections.abc import Iterator

import pytest
from sqlmodel import Session

from rft_app.domain.facet import Facet, reward_bin
from rft_app.domain.record import RecordFilter, Selection, SourceType, record_id
from rft_app.domain.record_page import RecordPage
from rft_app.domain.validity import Reason
from rft_app.errors import InvalidInputError
from rft_app.services.records import count_selection, list_filter_options, list_records
from rft_app.storage.record_counts import refresh_counts, select_selection
from rft_app.storage.record_pages import list_page
from rft_app.storage.record_seeks import select_seqs
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import RecordRow, TopicRow
from tests.builders import make_dataset_row, make_record_row

TOPICS = {1: "Changes", 2: "Changes/Seat", 3: "Changes/Date", 4: "Bags"}
NUM_RECORDS = 400


def make_rows() -> list[RecordRow]:
    rng = random.Random(7)
    rows: list[RecordRow] = []
    for seq in range(1, NUM_RECORDS + 1):
        reward = rng.choice([None, 0.0, 0.25, 0.55, 0.6, 1.0])
        reason = rng.choice([None, None, None, Reason.TOO_LONG, Reason.EMPTY_CONTENT])
        facet = Facet(
            reason=reason,
            source_type=rng.choice([SourceType.TRACE, SourceType.GENERATED]),
            is_duplicate=reason is None and rng.random() < 0.1,
            has_tools=rng.random() < 0.5,
            is_archived=rng.random() < 0.1,
            reward_bin=reward_bin(reward),
        )
        topic_id = None if reason else rng.choice([2, 3, 4])
        rows.append(make_record_row(seq, facet=facet, reward=reward, topic_id=topic_id))
    return rows


ROWS = make_rows()
FILTERS = {
    "everything": RecordFilter(),
    "a branch": RecordFilter(topic="Changes"),
    "a leaf with tools": RecordFilter(topic="Changes/Seat", has_tools=True),
    "no topic": RecordFilter(topic=""),
    "an unknown topic": RecordFilter(topic="Meals"),
    "invalid": RecordFilter(is_valid=False),
    "one reason": RecordFilter(reasons=(Reason.TOO_LONG,)),
    "duplicates": RecordFilter(is_duplicate=True),
    "generated and valid": RecordFilter(source_types=(SourceType.GENERATED,), is_valid=True),
    "reward on an edge": RecordFilter(min_reward=0.6),
    "reward inside a bin": RecordFilter(min_reward=0.56, max_reward=0.99),
    "reward and topic": RecordFilter(topic="Changes", min_reward=0.2, max_reward=0.57),
}


def passes(row: RecordRow, wanted: RecordFilter) -> bool:
    key = TOPICS.get(row.topic_id or 0, "")
    is_inside = wanted.topic is None or key == wanted.topic
    if wanted.topic:
        is_inside = is_inside or key.startswith(wanted.topic + "/")
    low, high = wanted.min_reward, wanted.max_reward
    has_range = low is not None or high is not None
    return (
        not row.is_archived
        and is_inside
        and (wanted.is_valid is None or wanted.is_valid == (row.reason is None))
        and (not wanted.reasons or row.reason in wanted.reasons)
        and (not wanted.source_types or row.source_type in wanted.source_types)
        and (wanted.is_duplicate is None or wanted.is_duplicate == (row.duplicate_of is not None))
        and (wanted.has_tools is None or wanted.has_tools == bool(row.facet & 16))
        and not (has_range and row.reward is None)
        and (low is None or row.reward is None or row.reward >= low)
        and (high is None or row.reward is None or row.reward <= high)
    )


def expected(wanted: RecordFilter) -> list[int]:
    return [row.seq for row in ROWS if passes(row, wanted)]


@pytest.fixture
def session(any_database: str) -> Iterator[Session]:
    with unit_of_work() as session:
        session.add(make_dataset_row())
        session.add(make_dataset_row("ds_b"))
        session.flush()
        keys = enumerate(TOPICS.items())
        session.add_all(
            TopicRow(id=id_, dataset_id="ds_a", key=key, position=position)
            for position, (id_, key) in keys
        )
        session.add_all(RecordRow(**row.model_dump()) for row in ROWS)
        session.add(make_record_row(NUM_RECORDS + 1, dataset_id="ds_b"))
        session.flush()
        refresh_counts(session, "ds_a")
        refresh_counts(session, "ds_b")
    with reading() as session:
        yield session


def walk(session: Session, wanted: RecordFilter, *, is_newest_first: bool) -> list[RecordPage]:
    pages = [list_page(session, "ds_a", wanted, limit=7, is_newest_first=is_newest_first)]
    while cursor := pages[-1].next_cursor:
        pages.append(
            list_page(
                session, "ds_a", wanted, cursor=cursor, limit=7, is_newest_first=is_newest_first
            )
        )
    return pages


def test_pages_hold_every_match_once_and_totals_are_their_sum(session: Session) -> None:
    for name, wanted in FILTERS.items():
        for is_newest_first in (True, False):
            pages = walk(session, wanted, is_newest_first=is_newest_first)
            ids = [row.id for page in pages for row in page.rows]
            order = sorted(expected(wanted), reverse=is_newest_first)
            assert ids == [record_id(seq) for seq in order], name
            assert {page.total for page in pages} == {len(order)}, name
            assert all(page.is_total_exact for page in pages)


def test_all_keys_of_a_filter_are_those_of_its_pages(session: Session) -> None:
    for name, wanted in FILTERS.items():
        assert select_seqs(session, "ds_a", wanted).tolist() == expected(wanted), name


def test_menus_count_what_the_list_then_shows(session: Session) -> None:
    options = list_filter_options(session, "ds_a")
    for option in options.topics:
        listed = list_records(session, "ds_a", RecordFilter(topic=option.value))
        assert listed.total == option.num_records == len(expected(RecordFilter(topic=option.value)))
    assert [option.value for option in options.topics] == [*TOPICS.values(), ""]
    for option in options.reasons:
        wanted = RecordFilter(reasons=(Reason(option.value),))
        assert list_records(session, "ds_a", wanted).total == option.num_records
    assert sum(option.num_records for option in options.source_types) == options.num_records


def test_a_selection_counts_what_it_takes(session: Session) -> None:
    wanted = RecordFilter(is_valid=True)
    matching = expected(wanted)
    archived = next(row.seq for row in ROWS if row.is_archived)
    excluded = tuple(record_id(seq) for seq in (*matching[:3], archived))
    but_some = Selection(filter=wanted, excluded=excluded)
    only = Selection(only=(record_id(matching[5]), record_id(archived), record_id(10**6)))
    assert count_selection(session, "ds_a", Selection(filter=wanted)).total == len(matching)
    assert count_selection(session, "ds_a", but_some).total == len(matching) - 3
    assert select_selection(session, "ds_a", but_some).tolist() == matching[3:]
    assert select_selection(session, "ds_a", only).tolist() == [matching[5]]
    unlike = only.model_copy(update={"filter": RecordFilter(is_valid=False)})
    assert count_selection(session, "ds_a", unlike).total == 0
    alike = only.model_copy(update={"filter": wanted})
    assert select_selection(session, "ds_a", alike).tolist() == [matching[5]]


def test_a_cursor_of_another_list_is_refused(session: Session) -> None:
    for cursor in ("", "x1", "n", "nxyz", "o1", "n" + "f" * 40, "n-1"):
        with pytest.raises(InvalidInputError, match="first page"):
            list_records(session, "ds_a", RecordFilter(), cursor=cursor)
