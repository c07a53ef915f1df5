"""The job that makes the records of a snapshot the current ones."""

import time
from typing import Any, Final

import numpy as np
from sqlmodel import Session

from rft_app.domain.job import Job, JobError
from rft_app.domain.snapshot import SnapshotPurpose
from rft_app.jobs.context import JobContext
from rft_app.services.busy import RESTORE
from rft_app.services.record_settling import count_again, settle_records
from rft_app.services.snapshots import keep_once
from rft_app.storage import restoring, snapshots
from rft_app.storage.datasets import has_dataset
from rft_app.storage.extraction import mark_duplicates
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.snapshot_source import read_current
from rft_app.storage.splits import Ints

RECORDS_PER_BATCH: Final = 20_000


class RestoreSnapshot:
    """Archives what the snapshot has not and brings back what it has, a batch a transaction.

    What was current is frozen first, once, so that the change can be taken back.
    """

    name = RESTORE
    label = "Restore"

    def run(self, context: JobContext) -> dict[str, Any]:
        """Go on where the last run ended.

        Raises:
            NotFoundError: The snapshot is gone.
        """
        dataset_id = context.required_dataset_id
        with reading() as session:
            wanted = snapshots.load_members(session, str(context.args["snapshot_id"])).seqs
            current = read_current(session, dataset_id)
        before_id, before = _keep_current(context, dataset_id)
        total = len(np.setxor1d(before, wanted, assume_unique=True))
        sides = ((np.setdiff1d(current, wanted), True), (np.setdiff1d(wanted, current), False))
        left = sum(len(seqs) for seqs, _ in sides)
        for seqs, is_archived in sides:
            for start in range(0, len(seqs), RECORDS_PER_BATCH):
                batch = seqs[start : start + RECORDS_PER_BATCH]
                _store(dataset_id, batch, is_archived=is_archived)
                left -= len(batch)
                done = total - left
                context.progress(done, total, f"{done:,} of {total:,} records changed")
        _settle_in_steps(dataset_id)
        return {
            "num_archived": len(np.setdiff1d(before, wanted)),
            "num_restored": len(np.setdiff1d(wanted, before)),
            "before_id": before_id,
        }

    def on_failed(self, session: Session, job: Job, error: JobError) -> None:
        """Count what is current now."""
        self.on_cancelled(session, job)

    def on_cancelled(self, session: Session, job: Job) -> None:
        """Count what is current now; the snapshot from before is there to come back to."""
        if job.dataset_id is not None and has_dataset(session, job.dataset_id):
            _settle(session, job.dataset_id)


def _keep_current(context: JobContext, dataset_id: str) -> tuple[str | None, Ints]:
    """The snapshot from before this job, and its members."""
    with unit_of_work() as session:
        kept = keep_once(session, context.job_id, dataset_id, SnapshotPurpose.RESTORE)
        if kept is None:
            return None, read_current(session, dataset_id)
        return kept.id, snapshots.load_members(session, kept.id).seqs


def _store(dataset_id: str, seqs: Ints, *, is_archived: bool) -> None:
    with unit_of_work() as session:
        now_ms = time.time_ns() // 1_000_000
        restoring.set_archived(session, dataset_id, seqs, now_ms, is_archived=is_archived)


def _settle_in_steps(dataset_id: str) -> None:
    """What `_settle` does, letting others write in between."""
    with unit_of_work() as session:
        restoring.follow_records(session, dataset_id)
    with unit_of_work() as session:
        restoring.forget_lost_topics(session, dataset_id)
    with reading() as session:
        passes = restoring.plan_passes(session, dataset_id)
    for low, high in passes:
        with unit_of_work() as session:
            mark_duplicates(session, dataset_id, low, high)
    with unit_of_work() as session:
        count_again(session, dataset_id)


def _settle(session: Session, dataset_id: str) -> None:
    restoring.follow_records(session, dataset_id)
    restoring.forget_lost_topics(session, dataset_id)
    settle_records(session, dataset_id)
