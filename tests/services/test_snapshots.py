"""Snapshots people make, compare and come back to; imports that replace."""

from pathlib import Path

import pytest

from rft_app.domain.imports import ImportMode
from rft_app.domain.job import JobStatus
from rft_app.domain.pipeline import StepName
from rft_app.domain.snapshot import SnapshotPurpose
from rft_app.errors import ConflictError, InvalidInputError, NotFoundError
from rft_app.jobs.context import JobContext
from rft_app.jobs.queue import enqueue
from rft_app.services.datasets import create_dataset, get_dataset
from rft_app.services.pipeline import start_step
from rft_app.services.restore_jobs import RestoreSnapshot
from rft_app.services.snapshots import (
    compare_snapshots,
    create_snapshot,
    get_snapshot,
    list_snapshots,
    start_restore,
)
from rft_app.storage import jobs
from rft_app.storage.session import reading, unit_of_work
from tests.services.stored_dataset import chat, import_rows, make_dataset, run, titles

SILENT = {"messages": [{"role": "assistant", "content": "Hello"}]}
OLD = (chat("fees"), chat("cards"), chat("fees"), SILENT)


def replace(dataset_id: str, folder: Path, *words: str) -> None:
    rows = map(chat, words)
    job = import_rows(dataset_id, folder, *rows, mode=ImportMode.REPLACE)
    assert job.status is JobStatus.DONE, job.error


def purposes(dataset_id: str) -> list[SnapshotPurpose]:
    with reading() as session:
        return [each.snapshot.purpose for each in list_snapshots(session, dataset_id)]


def newest(dataset_id: str) -> str:
    with reading() as session:
        return list_snapshots(session, dataset_id, limit=1)[0].snapshot.id


def test_a_hand_made_snapshot_holds_every_record_and_says_what_cannot_be_used(
    any_database: str, tmp_path: Path
) -> None:
    dataset_id = make_dataset(tmp_path, *OLD)
    with unit_of_work() as session:
        made = create_snapshot(session, dataset_id, " before the purge ")
    assert (made.label, made.num_records, made.num_unusable) == ("before the purge", 4, 2)
    assert made.num_train + made.num_test == 2


def test_an_import_that_replaces_keeps_what_was_there(any_database: str, tmp_path: Path) -> None:
    dataset_id = make_dataset(tmp_path, *OLD)
    before = titles(dataset_id)
    replace(dataset_id, tmp_path, "loans", "rates")
    assert titles(dataset_id) == ["loans", "rates"]
    assert purposes(dataset_id) == [SnapshotPurpose.REPLACE]
    with reading() as session:
        dataset = get_dataset(session, dataset_id)
        assert get_snapshot(session, dataset_id, newest(dataset_id)).num_records == len(before)
    assert (dataset.stats.num_traces, dataset.nodes[0].summary) == (2, "2 records · 0% invalid")


def test_a_replaced_dataset_can_be_restored_and_that_be_undone(
    any_database: str, tmp_path: Path
) -> None:
    dataset_id = make_dataset(tmp_path, *OLD)
    before = titles(dataset_id)
    replace(dataset_id, tmp_path, "loans", "rates")

    job = run(start_restore, dataset_id, newest(dataset_id))
    assert (job.status, job.result) == (
        JobStatus.DONE,
        {"num_archived": 2, "num_restored": 4, "before_id": newest(dataset_id)},
    )
    assert titles(dataset_id) == before
    with reading() as session:
        stats = get_dataset(session, dataset_id).stats
    assert (stats.num_records, stats.num_invalid, stats.num_duplicates) == (4, 1, 1)
    assert stats.num_traces == 4

    run(start_restore, dataset_id, newest(dataset_id))
    assert titles(dataset_id) == ["loans", "rates"]
    assert purposes(dataset_id)[:2] == [SnapshotPurpose.RESTORE, SnapshotPurpose.RESTORE]


@pytest.mark.parametrize("mode", ["last", "every"])
def test_extract_does_not_bring_back_what_was_replaced(
    mode: str, database: Path, tmp_path: Path
) -> None:
    dataset_id = make_dataset(tmp_path, *OLD)
    replace(dataset_id, tmp_path, "loans")
    run(start_step, dataset_id, StepName.EXTRACT, {"mode": mode})
    assert titles(dataset_id) == ["loans"]


def test_a_replacement_that_cannot_be_read_changes_nothing(database: Path, tmp_path: Path) -> None:
    dataset_id = make_dataset(tmp_path, *OLD)
    before = titles(dataset_id)
    with pytest.raises(InvalidInputError):
        import_rows(dataset_id, tmp_path, {"nothing": 1}, mode=ImportMode.REPLACE)
    assert (titles(dataset_id), purposes(dataset_id)) == (before, [])


def test_an_appended_file_leaves_the_rest_as_it_was(database: Path, tmp_path: Path) -> None:
    dataset_id = make_dataset(tmp_path, *OLD)
    import_rows(dataset_id, tmp_path, chat("loans"))
    assert titles(dataset_id, is_valid=True) == ["cards", "fees", "fees", "loans"]


def test_a_restore_that_was_killed_goes_on_and_keeps_one_snapshot_of_before(
    database: Path, tmp_path: Path
) -> None:
    dataset_id = make_dataset(tmp_path, *OLD)
    with unit_of_work() as session:
        kept = create_snapshot(session, dataset_id)
    replace(dataset_id, tmp_path, "loans", "rates")
    with unit_of_work() as session:
        job = start_restore(session, dataset_id, kept.id)
        jobs.begin_job(session, job.id, 0, "wk")
    context = JobContext(job_id=job.id, dataset_id=dataset_id, args=job.args, worker_id="wk")
    first = RestoreSnapshot().run(context)
    again = RestoreSnapshot().run(context)
    assert again == first
    assert purposes(dataset_id).count(SnapshotPurpose.RESTORE) == 1


def test_two_snapshots_differ_by_records_and_topics(database: Path, tmp_path: Path) -> None:
    dataset_id = make_dataset(tmp_path, *OLD)
    with unit_of_work() as session:
        kept = create_snapshot(session, dataset_id)
    import_rows(dataset_id, tmp_path, chat("loans"), chat("rates"))
    with reading() as session:
        found = compare_snapshots(session, dataset_id, kept.id, None)
        back = compare_snapshots(session, dataset_id, None, kept.id)
    assert (found.num_same, found.num_added, found.num_removed) == (4, 2, 0)
    assert [(each.topic, each.num_added) for each in found.topics] == [(None, 2)]
    assert (back.num_added, back.num_removed) == (0, 2)


def test_what_cannot_be_kept_or_restored_is_refused(database: Path, tmp_path: Path) -> None:
    dataset_id = make_dataset(tmp_path, *OLD)
    with unit_of_work() as session:
        empty = create_dataset(session, name="Empty", objective="None").id
        with pytest.raises(ConflictError, match="no records"):
            create_snapshot(session, empty)
        with pytest.raises(InvalidInputError, match="label"):
            create_snapshot(session, dataset_id, "x" * 121)
        kept = create_snapshot(session, dataset_id)
        with pytest.raises(ConflictError, match="already"):
            start_restore(session, dataset_id, kept.id)
        with pytest.raises(NotFoundError):
            start_restore(session, empty, kept.id)
        enqueue(session, "topics", dataset_id, {})
        with pytest.raises(ConflictError, match="busy with topics"):
            create_snapshot(session, dataset_id)
