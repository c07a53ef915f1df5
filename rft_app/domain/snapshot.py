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
    created_at: datetime
