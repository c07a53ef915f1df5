"""Snapshots of a dataset: make, list, compare, restore."""

from typing import Final

import numpy as np
from sqlmodel import Session

from rft_app.domain.entity import Entity
from rft_app.domain.job import Job
from rft_app.domain.snapshot import (
    Snapshot,
    SnapshotDifference,
    SnapshotPurpose,
    TopicDifference,
)
from rft_app.errors import ConflictError, InvalidInputError, NotFoundError
from rft_app.jobs.queue import enqueue, get_job
from rft_app.services.busy import RESTORE, require_idle
from rft_app.storage import restoring, snapshot_uses, snapshots
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.snapshot_source import read_current
from rft_app.storage.splits import Ints

LABEL_LENGTH: Final = 120
MAX_PAGE: Final = 100


class UsedSnapshot(Entity):
    """A snapshot with what named it."""

    snapshot: Snapshot
    uses: tuple[str, ...] = ()
    """E.g. `dry run 3`, `2 exports`."""


def create_snapshot(session: Session, dataset_id: str, label: str = "") -> Snapshot:
    """Keep every current record as it is now, to compare with and to come back to.

    Raises:
        NotFoundError: There is no such dataset.
        ConflictError: It has no records, or a job changes them.
        InvalidInputError: The label is too long.
    """
    require_idle(session, dataset_id)
    words = label.strip()
    if len(words) > LABEL_LENGTH:
        raise InvalidInputError(
            f"The label has {len(words)} characters; at most {LABEL_LENGTH} fit.", field="label"
        )
    return snapshots.add_whole_snapshot(session, dataset_id, SnapshotPurpose.MANUAL, words)


def keep_once(
    session: Session, job_id: str, dataset_id: str, purpose: SnapshotPurpose
) -> Snapshot | None:
    """The snapshot of what was current before a job changed it; made by the job's first run.

    `None` where nothing was current.
    """
    newest = snapshots.find_newest(session, dataset_id, purpose)
    if newest is not None and newest.created_at >= get_job(session, job_id).created_at:
        return newest
    if not len(read_current(session, dataset_id)):
        return None
    return snapshots.add_whole_snapshot(session, dataset_id, purpose)


def list_snapshots(
    session: Session, dataset_id: str, *, before: str | None = None, limit: int = 50
) -> list[UsedSnapshot]:
    """Snapshots newest first, a page at a time.

    Raises:
        NotFoundError: There is no such dataset.
    """
    get_dataset_row(session, dataset_id)
    found = snapshots.list_snapshots(
        session, dataset_id, before=before, limit=min(max(limit, 1), MAX_PAGE + 1)
    )
    uses = snapshot_uses.map_uses(session, dataset_id)
    return [UsedSnapshot(snapshot=each, uses=uses.get(each.id, ())) for each in found]


def get_snapshot(session: Session, dataset_id: str, snapshot_id: str) -> Snapshot:
    """One snapshot of a dataset.

    Raises:
        NotFoundError: The dataset has no such snapshot.
    """
    snapshot = snapshots.get_snapshot(session, snapshot_id)
    if snapshot.dataset_id != dataset_id:
        raise NotFoundError(f"This dataset has no snapshot {snapshot_id}.")
    return snapshot


def compare_snapshots(
    session: Session, dataset_id: str, first_id: str | None, second_id: str | None
) -> SnapshotDifference:
    """What the second list of records has that the first has not, and the other way round.

    Args:
        session: Any.
        dataset_id: Both are of this dataset.
        first_id: A snapshot; `None` stands for the current records.
        second_id: The same.

    Raises:
        NotFoundError: The dataset has no such snapshot.
    """
    first, second = (_read(session, dataset_id, id_) for id_ in (first_id, second_id))
    added = np.setdiff1d(second, first, assume_unique=True)
    removed = np.setdiff1d(first, second, assume_unique=True)
    return SnapshotDifference(
        num_same=len(second) - len(added),
        num_added=len(added),
        num_removed=len(removed),
        topics=_compare_topics(session, dataset_id, added, removed),
    )


def _compare_topics(
    session: Session, dataset_id: str, added: Ints, removed: Ints
) -> tuple[TopicDifference, ...]:
    more = restoring.count_topics(session, dataset_id, added)
    less = restoring.count_topics(session, dataset_id, removed)
    found = [
        TopicDifference(topic=topic, num_added=more.get(topic, 0), num_removed=less.get(topic, 0))
        for topic in more.keys() | less.keys()
    ]
    return tuple(sorted(found, key=lambda one: (-one.num_added - one.num_removed, one.topic or "")))


def start_restore(session: Session, dataset_id: str, snapshot_id: str) -> Job:
    """Make exactly the records of a snapshot current; what is current now is kept as another.

    Raises:
        NotFoundError: The dataset has no such snapshot.
        ConflictError: A job works on the dataset, or those records are the current ones.
    """
    require_idle(session, dataset_id)
    get_snapshot(session, dataset_id, snapshot_id)
    members = snapshots.load_members(session, snapshot_id).seqs
    if np.array_equal(members, read_current(session, dataset_id)):
        raise ConflictError("The dataset has exactly these records already.")
    return enqueue(session, RESTORE, dataset_id, {"snapshot_id": snapshot_id})


def _read(session: Session, dataset_id: str, snapshot_id: str | None) -> Ints:
    if snapshot_id is None:
        get_dataset_row(session, dataset_id)
        return read_current(session, dataset_id)
    get_snapshot(session, dataset_id, snapshot_id)
    return snapshots.load_members(session, snapshot_id).seqs
