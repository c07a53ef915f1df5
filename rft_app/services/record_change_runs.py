"""How a change of records is made or taken back: at once, or by a job in chunks."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sqlmodel import Session

from rft_app.domain.job import Job, JobError
from rft_app.domain.record import parse_record_id
from rft_app.domain.record_change import ChangeKind, ChangeState, describe
from rft_app.errors import ConflictError, NotFoundError
from rft_app.jobs.context import JobContext
from rft_app.jobs.queue import enqueue, list_active_jobs
from rft_app.services.record_settling import refresh_extract
from rft_app.services.search_jobs import SEARCH_INDEX
from rft_app.services.topic_results import refresh_result
from rft_app.storage import extraction, tags
from rft_app.storage import record_changes as log
from rft_app.storage.count_shifts import changing_records
from rft_app.storage.datasets import has_dataset, touch
from rft_app.storage.record_counts import refresh_counts
from rft_app.storage.restoring import set_archived
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import RecordChangeRow
from rft_app.storage.topic_counts import refresh_topic_counts

RECORDS_PER_BATCH = 20_000
_OF_CURRENT = frozenset({ChangeKind.DELETE, ChangeKind.RESTORE, ChangeKind.EDIT})
_OF_TAGS = frozenset({ChangeKind.ADD_TAG, ChangeKind.REMOVE_TAG})


def run_whole(session: Session, row: RecordChangeRow) -> None:
    """Make a change, or take it back, in one transaction; all counts are fresh afterwards.

    Raises:
        ConflictError: It is an edit whose successor was replaced or deleted since.
    """
    seqs = log.read_keys(row)
    if row.state == ChangeState.APPLYING:
        log.collect(session, row, seqs, _ensure_tag(session, row))
    with _counted(session, row):
        _run_part(session, row, int(seqs[0]), int(seqs[-1]))
        if row.kind == ChangeKind.EDIT and row.state == ChangeState.UNDOING:
            _withdraw_successor(session, row)
    _settle_rest(session, row)
    _finish(session, row)


def _withdraw_successor(session: Session, row: RecordChangeRow) -> None:
    seq = parse_record_id(row.target) or 0
    seqs = np.array([seq], dtype=np.int64)
    if log.select_archived(session, row.dataset_id, [seq]).size:
        raise ConflictError(
            f"{row.target}, which the edit made, was edited again or deleted since. "
            "Undo that first.",
            record=row.target,
        )
    now_ms = _now_ms()
    set_archived(session, row.dataset_id, seqs, now_ms, is_archived=True, is_replaced=True)


@contextmanager
def _counted(session: Session, row: RecordChangeRow) -> Generator[None]:
    if ChangeKind(row.kind) not in _OF_CURRENT:
        yield
        return
    items = f"SELECT c.seq FROM record_change_item c WHERE c.change_id = {row.id}"
    those = f"({{key}} IN ({items}) OR {{key}} = {parse_record_id(row.target) or 0})"
    with changing_records(session, row.dataset_id, those):
        yield


def _run_part(session: Session, row: RecordChangeRow, first: int, last: int) -> None:
    tag_id = _ensure_tag(session, row)
    is_forward = row.state == ChangeState.APPLYING
    act = log.apply if is_forward else log.take_back
    act(session, row, first, last, tag_id=tag_id, now_ms=_now_ms())
    if is_forward is (row.kind == ChangeKind.RESTORE) and ChangeKind(row.kind) not in _OF_TAGS:
        log.forget_lost_topics(session, row, first, last)


def _ensure_tag(session: Session, row: RecordChangeRow) -> int:
    if ChangeKind(row.kind) not in _OF_TAGS:
        return 0
    return tags.ensure_tags(session, row.dataset_id, [row.target])[row.target]


def _settle_rest(session: Session, row: RecordChangeRow) -> None:
    """What follows beside the counts of which records are current."""
    dataset_id, kind = row.dataset_id, ChangeKind(row.kind)
    if kind is ChangeKind.MOVE:
        refresh_topic_counts(session, dataset_id)
        refresh_result(session, dataset_id)
    elif kind in _OF_TAGS:
        tags.refresh_tag_counts(session, dataset_id)
    else:
        refresh_extract(session, dataset_id)
        _find_again(session, row)
    touch(session, dataset_id)


def _find_again(session: Session, row: RecordChangeRow) -> None:
    """Records that were deleted before search knew them are indexed once they are back."""
    jobs = list_active_jobs(session, row.dataset_id)
    if log.has_unsearchable(session, row.id) and all(job.kind != SEARCH_INDEX for job in jobs):
        enqueue(session, SEARCH_INDEX, row.dataset_id, {})


def _finish(session: Session, row: RecordChangeRow) -> None:
    is_forward = row.state == ChangeState.APPLYING
    row.state = (ChangeState.DONE if is_forward else ChangeState.UNDONE).value
    session.add(row)
    session.flush()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class ChangeRecords:
    """Makes a change of many records, or takes it back: a chunk is one transaction."""

    name = "change_records"
    label = "Change of records"

    def run(self, context: JobContext) -> dict[str, Any]:
        """Go on after what an earlier run stored; counts follow at the end.

        Raises:
            NotFoundError: The change is too long ago.
        """
        change_id = str(context.args["change_id"])
        with reading() as session:
            row = log.get_change_row(session, change_id)
            seqs, words = log.read_keys(row), _DOING[row.state]
        for start in range(0, len(seqs), RECORDS_PER_BATCH):
            batch = seqs[start : start + RECORDS_PER_BATCH]
            with unit_of_work() as session:
                row = log.get_change_row(session, change_id)
                if row.state == ChangeState.APPLYING:
                    log.collect(session, row, batch, _ensure_tag(session, row))
                _run_part(session, row, int(batch[0]), int(batch[-1]))
            done = start + len(batch)
            context.progress(done, len(seqs), f"{done:,} of {len(seqs):,} records {words}")
        _settle_by_parts(row)
        with unit_of_work() as session:
            row = log.get_change_row(session, change_id)
            _settle_rest(session, row)
            _finish(session, row)
        return {"change_id": change_id, "num_records": row.num_records, "label": row.label}

    def on_failed(self, session: Session, job: Job, error: JobError) -> None:
        """Keep what was done, as a change of its own size that can be taken back."""
        self.on_cancelled(session, job)

    def on_cancelled(self, session: Session, job: Job) -> None:
        """Keep what was done, as a change of its own size that can be taken back."""
        if job.dataset_id is None or not has_dataset(session, job.dataset_id):
            return
        try:
            row = log.get_change_row(session, str(job.args["change_id"]))
        except NotFoundError:
            return
        if row.state == ChangeState.APPLYING:
            row.num_records = log.count_items(session, row.id)
            row.label = describe(ChangeKind(row.kind), row.num_records, row.target)
        row.state = (ChangeState.DONE if row.num_records else ChangeState.UNDONE).value
        session.add(row)
        session.flush()
        refresh_counts(session, job.dataset_id)
        _settle_rest(session, row)


_DOING = {ChangeState.APPLYING.value: "changed", ChangeState.UNDOING.value: "put back"}


def _settle_by_parts(row: RecordChangeRow) -> None:
    """Duplicates and counts, where they changed; no transaction holds the database for long."""
    if ChangeKind(row.kind) not in _OF_CURRENT:
        return
    with reading() as session:
        num_records = extraction.count_records(session, row.dataset_id)
    for low, high in extraction.plan_duplicate_passes(num_records):
        with unit_of_work() as session:
            extraction.mark_duplicates(session, row.dataset_id, low, high)
    with unit_of_work() as session:
        refresh_counts(session, row.dataset_id)
