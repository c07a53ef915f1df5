"""Snapshots: frozen lists of a dataset's records, named by what used them."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from rft_app.domain.entity import Entity
from rft_app.domain.record import Selection
from rft_app.domain.split import Split, SplitRule


class SnapshotPurpose(StrEnum):
    """What a snapshot was frozen for."""

    DRY_RUN = "dry_run"
    TRAINING = "training"
    EXPORT = "export"
    MANUAL = "manual"
    """A person asked for it."""
    REPLACE = "replace"
    """What an import replaced."""
    RESTORE = "restore"
    """What was there before another snapshot was restored."""

    @property
    def is_whole(self) -> bool:
        """Whether it holds every current record, invalid ones and duplicates too."""
        return self in {SnapshotPurpose.MANUAL, SnapshotPurpose.REPLACE, SnapshotPurpose.RESTORE}


class Member(NamedTuple):
    """One record of a snapshot."""

    seq: int
    split: Split


class Snapshot(Entity):
    """A frozen list of records with their splits, without the list itself."""

    id: str
    dataset_id: str
    purpose: SnapshotPurpose
    content_hash: str
    """SHA-256 over record keys, content hashes and splits, hexadecimal; equal for equal content."""
    num_records: int
    num_train: int
    num_test: int
    rule: SplitRule
    selection: Selection
    """Which records were asked for, among those that can be trained on."""
    label: str = ""
    """What a person calls it."""
    created_at: datetime

    @property
    def num_unusable(self) -> int:
        """Invalid records and duplicates; only a whole snapshot has any."""
        return self.num_records - self.num_train - self.num_test


class TopicDifference(Entity):
    """What one topic has more or less of."""

    topic: str | None
    """Slash path today; `None` for records without a topic."""
    num_added: int
    num_removed: int


class SnapshotDifference(Entity):
    """What changes from one list of records to another."""

    num_same: int
    num_added: int
    num_removed: int
    topics: tuple[TopicDifference, ...] = ()
    """Those that differ, the largest difference first."""
