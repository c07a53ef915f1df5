"""The dialog of snapshots: the list, what one differs in, and the way back to it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import reflex as rx
from sqlmodel import Session

from rft_app.domain.job import Job, JobStatus
from rft_app.domain.snapshot import Snapshot, SnapshotDifference, SnapshotPurpose
from rft_app.errors import RftError
from rft_app.jobs.queue import get_job, list_active_jobs
from rft_app.services.busy import RESTORE
from rft_app.services.datasets import get_dataset
from rft_app.services.snapshots import (
    UsedSnapshot,
    compare_snapshots,
    create_snapshot,
    list_snapshots,
    start_restore,
)
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.following import Following
from rft_app.ui.state.progress import JobProgress
from rft_app.ui.words import ago, count

PAGE_SIZE = 50
NUM_TOPICS = 12
CURRENT = "current"
"""In the menu, the records that are current now."""
PURPOSES = {
    SnapshotPurpose.DRY_RUN: "Dry run",
    SnapshotPurpose.TRAINING: "Training",
    SnapshotPurpose.EXPORT: "Export",
    SnapshotPurpose.MANUAL: "By hand",
    SnapshotPurpose.REPLACE: "Before an import replaced",
    SnapshotPurpose.RESTORE: "Before a restore",
}


@dataclass(frozen=True)
class SnapshotLine:
    """One snapshot of the list."""

    id: str
    name: str
    why: str
    """Why it was made, unless that is its name."""
    made: str
    made_at: str
    records: str
    split: str
    uses: str
    fingerprint: str

    @classmethod
    def of(cls, used: UsedSnapshot) -> "SnapshotLine":
        """Describe a snapshot."""
        snapshot = used.snapshot
        purpose = PURPOSES[snapshot.purpose]
        return cls(
            id=snapshot.id,
            name=snapshot.label or purpose,
            why=purpose if snapshot.label else "",
            made=ago(snapshot.created_at),
            made_at=f"{snapshot.created_at:%Y-%m-%d %H:%M} UTC",
            records=count(snapshot.num_records, "record"),
            split=describe_split(snapshot),
            uses=", ".join(used.uses),
            fingerprint=snapshot.content_hash[:12],
        )


def describe_split(snapshot: Snapshot) -> str:
    """How many are on which side, and how many on none."""
    rest = snapshot.num_unusable
    unusable = f" · {rest:,} invalid or repeated" if rest else ""
    return f"{snapshot.num_train:,} train · {snapshot.num_test:,} test{unusable}"


@dataclass(frozen=True)
class TopicLine:
    """What one topic has more or less of."""

    name: str
    added: str
    removed: str


@dataclass(frozen=True)
class Difference:
    """What another list of records has that the snapshot has not, and the other way round."""

    is_known: bool = False
    is_same: bool = False
    same: str = ""
    added: str = ""
    removed: str = ""
    topics: list[TopicLine] = field(default_factory=list[TopicLine])
    more: str = ""
    back: str = ""
    """What restoring would do, in words."""

    @classmethod
    def of(cls, found: SnapshotDifference) -> "Difference":
        """Describe a difference."""
        lines = [
            TopicLine(
                name=(one.topic or "No topic").replace("/", " › "),
                added=f"+{one.num_added:,}" if one.num_added else "–",
                removed=f"−{one.num_removed:,}" if one.num_removed else "–",
            )
            for one in found.topics
        ]
        hidden = len(lines) - NUM_TOPICS
        return cls(
            is_known=True,
            is_same=not found.num_added and not found.num_removed,
            same=f"{found.num_same:,}",
            added=f"{found.num_added:,}",
            removed=f"{found.num_removed:,}",
            topics=lines[:NUM_TOPICS],
            more=f"and {count(hidden, 'more topic')}" if hidden > 0 else "",
            back=describe_moves(
                ("archives", found.num_added, ""), ("brings back", found.num_removed, "")
            ),
        )


def describe_moves(*moves: tuple[str, int, str]) -> str:
    """What a restore moves: the words before and after each number that is not zero.

    Example:
        >>> describe_moves(("archives", 3, ""), ("brings back", 8, ""))
        'archives 3 records and brings back 8'
        >>> describe_moves(("", 1, "brought back"), ("", 0, "archived"))
        '1 record brought back'
    """
    moved = [move for move in moves if move[1]]
    first = [count(number, "record") for _, number, _ in moved[:1]]
    numbers = [*first, *(f"{number:,}" for _, number, _ in moved[1:])]
    return " and ".join(
        f"{before} {number} {after}".strip()
        for (before, _, after), number in zip(moved, numbers, strict=True)
    )


def _find_restore(session: Session, dataset_id: str, job_id: str) -> Job | None:
    if job_id:
        return get_job(session, job_id)
    active = list_active_jobs(session, dataset_id)
    return next((job for job in active if job.kind == RESTORE), None)


class SnapshotsState(Following, rx.State):
    """One visitor's view of a dataset's snapshots."""

    lines: list[SnapshotLine] = []
    has_more: bool = False
    chosen: str = ""
    chosen_name: str = ""
    chosen_records: str = ""
    other: str = CURRENT
    difference: Difference = Difference()
    is_comparing: bool = False
    label: str = ""
    is_keeping: bool = False
    is_asking: bool = False
    done_words: str = ""
    """What the last restore did."""
    _limit: int = PAGE_SIZE
    _job_id: str = ""
    _asked: int = 0
    """Comparisons so far; only the last one shows."""
    _changed_at: datetime | None = None
    """When the dataset last changed, as of the last look."""

    @rx.event
    async def choose(self, snapshot_id: str) -> Any:  # noqa: ANN401  # an event
        """Look at one snapshot."""
        self._choose(snapshot_id)
        return SnapshotsState.compare

    def _choose(self, snapshot_id: str) -> None:
        line = next((line for line in self.lines if line.id == snapshot_id), None)
        self.chosen = line.id if line else ""
        self.chosen_name, self.chosen_records = (line.name, line.records) if line else ("", "")
        self.other = CURRENT if self.other == self.chosen else self.other

    @rx.event
    def choose_other(self, snapshot_id: str) -> Any:  # noqa: ANN401  # an event
        """Say what to compare with."""
        self.other = snapshot_id
        return SnapshotsState.compare

    @rx.event(background=True)
    async def compare(self) -> None:
        """Count what differs; the old figures stay meanwhile."""
        async with self:
            dataset_id, first, other = self._dataset_id, self.chosen, self.other
            if not first:
                return
            self.is_comparing, self._asked = True, self._asked + 1
            asked = self._asked
        second = None if other == CURRENT else other
        try:
            found = await ask(lambda session: compare_snapshots(session, dataset_id, first, second))
        except RftError as error:
            async with self:
                self.fault, self.is_comparing = error.message, False
            return
        async with self:
            if asked == self._asked:
                self.difference, self.is_comparing = Difference.of(found), False

    @rx.event
    def set_label(self, text: str) -> None:
        """What to call the next snapshot."""
        self.label = text

    @rx.event
    async def keep(self) -> Any:  # noqa: ANN401  # an event
        """Keep the current records as a snapshot."""
        dataset_id, label = self._dataset_id, self.label
        self.is_keeping, self.fault = True, ""
        try:
            made = await tell(lambda session: create_snapshot(session, dataset_id, label))
        except RftError as error:
            self.fault = error.message
            return None
        finally:
            self.is_keeping = False
        self.label = ""
        await self._refresh()
        self._choose(made.id)
        return SnapshotsState.compare

    @rx.event
    def show_more(self) -> Any:  # noqa: ANN401  # an event
        """Show older ones."""
        self._limit += PAGE_SIZE
        return SnapshotsState.load

    @rx.event
    def ask_restore(self) -> None:
        """Say what a restore would change, and ask."""
        self.is_asking = True

    @rx.event
    def stay(self) -> None:
        """Restore nothing."""
        self.is_asking = False

    @rx.event
    async def restore(self) -> None:
        """Make the chosen snapshot's records the current ones, as a job."""
        dataset_id, snapshot_id = self._dataset_id, self.chosen
        self.is_asking, self.fault, self.done_words = False, "", ""
        try:
            job = await tell(lambda session: start_restore(session, dataset_id, snapshot_id))
        except RftError as error:
            self.fault = error.message
            return
        self._job_id, self.is_running, self.job = job.id, True, JobProgress.of(job)

    async def _refresh(self, *, is_forced: bool = False) -> Any:  # noqa: ANN401  # an event
        dataset_id, limit, job_id = self._dataset_id, self._limit, self._job_id
        try:
            found = await ask(lambda session: list_snapshots(session, dataset_id, limit=limit + 1))
            job = await ask(lambda session: _find_restore(session, dataset_id, job_id))
            changed_at = (await ask(lambda session: get_dataset(session, dataset_id))).updated_at
        except RftError as error:
            self.fault, self.is_loading = error.message, False
            return None
        self.has_more = len(found) > limit
        self.lines = [SnapshotLine.of(each) for each in found[:limit]]
        self.is_loading = False
        is_due = is_forced or (changed_at != self._changed_at and self.other == CURRENT)
        self._changed_at = changed_at
        if not self.chosen:
            self._choose(self.lines[0].id if self.lines else "")
            is_due = True
        return SnapshotsState.compare if self._has_ended(job) or is_due else None

    def _has_ended(self, job: Job | None) -> bool:
        """Show how a restore stands; whether it ended now."""
        if job is None:
            return False
        self._job_id, self.is_running = job.id, not job.status.is_settled
        self.job = JobProgress.of(job) if self.is_running else JobProgress()
        if self.is_running:
            return False
        self._job_id = ""
        result = job.result or {}
        if job.status is JobStatus.DONE:
            moves = describe_moves(
                ("", result["num_restored"], "brought back"),
                ("", result["num_archived"], "archived"),
            )
            self.done_words = f"{moves}. What was current is the newest snapshot."
        elif job.error is not None:
            self.fault = job.error.message
        return True
