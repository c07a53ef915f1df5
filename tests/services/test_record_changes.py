"""Changes of many records: all of a selection or none, counted, and taken back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rft_app.domain.dataset import Dataset
from rft_app.domain.job import JobStatus
from rft_app.domain.record import RecordFilter, RecordId, Selection
from rft_app.domain.record_change import Change, ChangeState
from rft_app.errors import ConflictError, InvalidInputError, NotFoundError
from rft_app.jobs.queue import cancel_job, get_job
from rft_app.services import record_change_runs, record_changes
from rft_app.services.datasets import get_dataset
from rft_app.services.record_changes import (
    add_tag,
    archive_records,
    count_exact,
    count_movable,
    list_changes,
    move_to_topic,
    remove_tag,
    restore_records,
    undo_change,
)
from rft_app.services.records import get_record, list_filter_options, list_records
from rft_app.storage.record_counts import count_facets, refresh_counts
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import TopicRow
from tests.services.stored_dataset import chat, make_dataset, work

ALL = Selection()


@pytest.fixture
def dataset_id(any_database: str, tmp_path: Path) -> str:
    rows = [chat(f"question {n % 12}") for n in range(15)]
    found = make_dataset(tmp_path, *rows, {"messages": [{"role": "assistant", "content": "Hi"}]})
    with unit_of_work() as session:
        keys = enumerate(("Money", "Money/Cards", "Money/Fees"), 900)
        session.add_all(
            TopicRow(id=id_, dataset_id=found, key=key, position=id_) for id_, key in keys
        )
        session.flush()
        refresh_counts(session, found)
    return found


def do(action: Callable[..., Change], *args: Any) -> Change:
    with unit_of_work() as session:
        return action(session, *args)


def ids(dataset_id: str, **conditions: Any) -> list[RecordId]:
    with reading() as session:
        page = list_records(session, dataset_id, RecordFilter(**conditions), limit=100)
    assert (page.total, page.is_total_exact) == (len(page.rows), True)
    return [row.id for row in page.rows]


def look(dataset_id: str) -> Dataset:
    with reading() as session:
        return get_dataset(session, dataset_id)


def fingerprint(dataset_id: str) -> tuple[Any, ...]:
    """Everything kept of the current records."""
    with reading() as session:
        row = session.connection().exec_driver_sql(
            "SELECT records_hash, topics_hash, num_records, num_invalid, num_duplicates "
            f"FROM dataset WHERE id = '{dataset_id}'"
        )
        counts = sorted(count_facets(session, dataset_id), key=str)
        return (*row.one(), counts, look(dataset_id).nodes[0].summary)


def counted_anew(dataset_id: str) -> tuple[Any, ...]:
    with unit_of_work() as session:
        refresh_counts(session, dataset_id)
    return fingerprint(dataset_id)


def only(*wanted: RecordId) -> Selection:
    return Selection(only=wanted)


def test_all_that_match_but_some_are_deleted_and_come_back(dataset_id: str) -> None:
    before, kept = fingerprint(dataset_id), ids(dataset_id, is_valid=True)[0]
    wanted = Selection(filter=RecordFilter(is_valid=True), excluded=(kept,))
    with reading() as session:
        number = count_exact(session, dataset_id, wanted)
    change = do(archive_records, dataset_id, wanted)
    assert (change.num_records, change.label) == (number, f"Deleted {number} records")
    assert ids(dataset_id, is_valid=True) == [kept]
    assert look(dataset_id).stats.num_records == 2
    assert fingerprint(dataset_id) == counted_anew(dataset_id)
    assert do(undo_change, change.id).state is ChangeState.UNDONE
    assert fingerprint(dataset_id) == before == counted_anew(dataset_id)


def test_deleting_an_original_makes_its_first_repetition_the_original(dataset_id: str) -> None:
    [duplicate] = [id_ for id_ in ids(dataset_id, is_duplicate=True) if id_][-1:]
    with reading() as session:
        original = get_record(session, dataset_id, duplicate).duplicate_of
    assert original is not None
    before = fingerprint(dataset_id)
    change = do(archive_records, dataset_id, only(original))
    assert duplicate not in ids(dataset_id, is_duplicate=True)
    assert fingerprint(dataset_id) == counted_anew(dataset_id)
    do(undo_change, change.id)
    assert duplicate in ids(dataset_id, is_duplicate=True)
    assert fingerprint(dataset_id) == before


def test_deleted_records_are_listed_filtered_and_restored_together(dataset_id: str) -> None:
    gone = ids(dataset_id)[:6]
    do(move_to_topic, dataset_id, only(*gone[-2:]), "Money/Cards")
    do(add_tag, dataset_id, only(*gone[:3]), "gold")
    moved = fingerprint(dataset_id)
    do(archive_records, dataset_id, only(*gone))
    assert ids(dataset_id, is_deleted=True) == gone
    assert ids(dataset_id, is_deleted=True, tags=("gold",)) == gone[:3]
    assert ids(dataset_id, is_deleted=True, topic="Money") == gone[-2:]
    assert ids(dataset_id, is_deleted=True, is_valid=False) == [
        id_ for id_ in gone if id_ not in before_valid(dataset_id, gone)
    ]
    assert not set(gone) & set(ids(dataset_id))
    with reading() as session:
        assert list_filter_options(session, dataset_id).num_deleted == 6
        all_deleted = Selection(filter=RecordFilter(is_deleted=True), excluded=(gone[0],))
        assert count_exact(session, dataset_id, all_deleted) == 5
    change = do(restore_records, dataset_id, all_deleted)
    assert ids(dataset_id, is_deleted=True) == gone[:1]
    do(undo_change, change.id)
    assert ids(dataset_id, is_deleted=True) == gone
    do(restore_records, dataset_id, Selection(filter=RecordFilter(is_deleted=True)))
    assert fingerprint(dataset_id) == moved == counted_anew(dataset_id)


def before_valid(dataset_id: str, some: list[RecordId]) -> list[RecordId]:
    with reading() as session:
        return [id_ for id_ in some if get_record(session, dataset_id, id_).reason is None]


def test_deleted_records_can_only_be_restored(dataset_id: str) -> None:
    do(archive_records, dataset_id, only(*ids(dataset_id)[:2]))
    gone = Selection(filter=RecordFilter(is_deleted=True))
    for action, *rest in ((archive_records,), (add_tag, "x"), (move_to_topic, "Money/Cards")):
        with pytest.raises(InvalidInputError, match="can only be restored"):
            do(action, dataset_id, gone, *rest)


def test_deleted_records_are_restored_by_name(dataset_id: str) -> None:
    gone = ids(dataset_id)[:3]
    do(archive_records, dataset_id, only(*gone))
    change = do(restore_records, dataset_id, only(*gone[:2], ids(dataset_id)[0]))
    assert change.num_records == 2
    assert set(gone) - set(ids(dataset_id)) == {gone[2]}
    with pytest.raises(InvalidInputError, match="None of these"):
        do(restore_records, dataset_id, only(gone[0]))
    with pytest.raises(InvalidInputError, match="Filter for deleted"):
        do(restore_records, dataset_id, ALL)


def test_valid_records_move_to_a_topic_by_hand(dataset_id: str) -> None:
    before = fingerprint(dataset_id)
    with reading() as session:
        assert count_movable(session, dataset_id, ALL) == 15
        assert count_movable(session, dataset_id, only(*ids(dataset_id))) == 15
    first = do(move_to_topic, dataset_id, ALL, "Money/Cards")
    second = do(move_to_topic, dataset_id, only(*ids(dataset_id, is_valid=True)[:4]), "Money/Fees")
    assert (first.num_records, second.label) == (15, "Moved 4 records to Fees")
    assert (len(ids(dataset_id, topic="Money")), len(ids(dataset_id, topic="Money/Fees"))) == (
        15,
        4,
    )
    with reading() as session:
        record = get_record(session, dataset_id, ids(dataset_id, topic="Money/Fees")[0])
    assert (record.topic_method, record.topic_confidence) == ("manual", 1.0)
    assert fingerprint(dataset_id) == counted_anew(dataset_id)
    do(undo_change, first.id)
    assert len(ids(dataset_id, topic="Money")) == 4  # what was moved again since stays
    do(undo_change, second.id)
    assert len(ids(dataset_id, topic="Money/Cards")) == 4
    assert before != fingerprint(dataset_id)


def test_records_are_taken_out_of_their_topics(dataset_id: str) -> None:
    do(move_to_topic, dataset_id, ALL, "Money/Cards")
    change = do(move_to_topic, dataset_id, ALL, "")
    assert (ids(dataset_id, topic="Money"), change.label) == ([], "Took 15 records out of topics")
    do(undo_change, change.id)
    assert len(ids(dataset_id, topic="Money/Cards")) == 15


def test_records_go_into_leaves_only(dataset_id: str) -> None:
    with pytest.raises(InvalidInputError, match="topics below it"):
        do(move_to_topic, dataset_id, ALL, "Money")
    with pytest.raises(NotFoundError, match="Loans"):
        do(move_to_topic, dataset_id, ALL, "Loans")
    with pytest.raises(InvalidInputError, match="No valid record"):
        do(move_to_topic, dataset_id, only(*ids(dataset_id, is_valid=False)), "Money/Fees")


def test_a_deleted_topic_does_not_come_back_with_its_records(dataset_id: str) -> None:
    do(move_to_topic, dataset_id, ALL, "Money/Cards")
    change = do(archive_records, dataset_id, ALL)
    with unit_of_work() as session:
        row = session.get(TopicRow, 901)
        session.delete(row)
    do(undo_change, change.id)
    assert len(ids(dataset_id, topic="", is_valid=True)) == 15
    assert fingerprint(dataset_id) == counted_anew(dataset_id)


def test_tags_are_put_filtered_counted_and_taken(dataset_id: str) -> None:
    some = ids(dataset_id)[2:6]
    do(add_tag, dataset_id, only(*some[:2]), "gold")
    change = do(add_tag, dataset_id, only(*some), "  gold ")
    do(add_tag, dataset_id, Selection(filter=RecordFilter(is_valid=False)), "ask")
    assert (change.num_records, ids(dataset_id, tags=("gold",))) == (4, some)
    assert ids(dataset_id, tags=("gold",), search="question", is_valid=True) == some
    assert ids(dataset_id, tags=("gold", "ask")) == ids(dataset_id, tags=("none",)) == []
    with reading() as session:
        options = list_filter_options(session, dataset_id).tags
    assert [(option.value, option.num_records) for option in options] == [("ask", 1), ("gold", 4)]
    do(undo_change, change.id)
    assert ids(dataset_id, tags=("gold",)) == some[:2]  # those had it before
    gone = do(remove_tag, dataset_id, ALL, "gold")
    assert (gone.num_records, ids(dataset_id, tags=("gold",))) == (2, [])
    with pytest.raises(NotFoundError, match="gold"):
        do(remove_tag, dataset_id, ALL, "gold")
    do(undo_change, gone.id)
    assert ids(dataset_id, tags=("gold",)) == some[:2]
    for bad in ("", " ", "x" * 41):
        with pytest.raises(InvalidInputError):
            do(add_tag, dataset_id, ALL, bad)


def test_deleted_records_leave_the_counts_of_their_tags(dataset_id: str) -> None:
    do(add_tag, dataset_id, ALL, "gold")
    change = do(archive_records, dataset_id, only(*ids(dataset_id)[:3]))
    with reading() as session:
        assert list_filter_options(session, dataset_id).tags[0].num_records == 13
    do(undo_change, change.id)
    assert len(ids(dataset_id, tags=("gold",))) == 16


def test_a_change_is_taken_back_once_and_an_empty_one_is_none(dataset_id: str) -> None:
    change = do(archive_records, dataset_id, only(ids(dataset_id)[0]))
    do(undo_change, change.id)
    with pytest.raises(ConflictError, match="taken back already"):
        do(undo_change, change.id)
    with pytest.raises(NotFoundError):
        do(undo_change, "chg_ffff")
    with pytest.raises(InvalidInputError, match="No record"):
        do(archive_records, dataset_id, Selection(filter=RecordFilter(search="nowhere")))
    with reading() as session:
        assert [one.state for one in list_changes(session, dataset_id)] == [ChangeState.UNDONE]


@pytest.fixture
def by_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_changes, "AT_ONCE", 5)
    monkeypatch.setattr(record_change_runs, "RECORDS_PER_BATCH", 4)


@pytest.mark.usefixtures("by_job")
def test_many_records_change_by_a_job_and_so_come_back(dataset_id: str) -> None:
    before = fingerprint(dataset_id)
    change = do(archive_records, dataset_id, ALL)
    assert (change.state, change.num_records) == (ChangeState.APPLYING, 16)
    with pytest.raises(ConflictError, match="under way"):
        do(add_tag, dataset_id, ALL, "late")
    work()
    with reading() as session:
        assert change.job_id is not None
        job = get_job(session, change.job_id)
    assert job.status is JobStatus.DONE
    assert job.result == {
        "change_id": change.id,
        "num_records": 16,
        "label": "Deleted 16 records",
    }
    assert ids(dataset_id) == []
    do(undo_change, change.id)
    work()
    assert fingerprint(dataset_id) == before == counted_anew(dataset_id)
    for action, target in ((move_to_topic, "Money/Fees"), (add_tag, "gold")):
        do(action, dataset_id, ALL, target)
        work()
    assert len(ids(dataset_id, topic="Money/Fees", tags=("gold",))) == 15


@pytest.mark.usefixtures("by_job")
def test_a_cancelled_job_keeps_what_it_did_as_a_change_of_its_own_size(dataset_id: str) -> None:
    change = do(archive_records, dataset_id, ALL)
    with unit_of_work() as session:
        assert change.job_id is not None
        cancel_job(session, change.job_id)
    work()
    with reading() as session:
        stopped = list_changes(session, dataset_id)[0]
    assert (len(ids(dataset_id)), stopped.label) == (12, "Deleted 4 records")
    assert fingerprint(dataset_id) == counted_anew(dataset_id)
    do(undo_change, change.id)
    assert len(ids(dataset_id)) == 16
