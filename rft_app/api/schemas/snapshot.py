"""Snapshots on the wire."""

from datetime import datetime

from pydantic import Field

from rft_app.api.schemas._base import Wire
from rft_app.domain import snapshot as domain
from rft_app.domain.snapshot import SnapshotPurpose
from rft_app.services.snapshots import LABEL_LENGTH, UsedSnapshot


class SnapshotRequest(Wire):
    """What to call a snapshot."""

    label: str = Field(default="", max_length=LABEL_LENGTH)


class Snapshot(Wire):
    """A frozen list of records with their splits."""

    id: str
    dataset_id: str
    purpose: SnapshotPurpose
    label: str
    content_hash: str
    """SHA-256 over record keys, contents and splits."""
    records: int
    train: int
    test: int
    unusable: int
    """Invalid records and duplicates, on neither side."""
    used_by: list[str]
    """E.g. `dry run 3`, `2 exports`."""
    created_at: datetime

    @classmethod
    def of(cls, snapshot: domain.Snapshot, uses: tuple[str, ...] = ()) -> "Snapshot":
        """Convert from the domain."""
        return cls(
            id=snapshot.id,
            dataset_id=snapshot.dataset_id,
            purpose=snapshot.purpose,
            label=snapshot.label,
            content_hash=snapshot.content_hash,
            records=snapshot.num_records,
            train=snapshot.num_train,
            test=snapshot.num_test,
            unusable=snapshot.num_unusable,
            used_by=list(uses),
            created_at=snapshot.created_at,
        )

    @classmethod
    def of_used(cls, used: UsedSnapshot) -> "Snapshot":
        """Convert with what named it."""
        return cls.of(used.snapshot, used.uses)


class TopicDifference(Wire):
    """What one topic has more or less of."""

    topic: str | None
    added: int
    removed: int


class SnapshotDifference(Wire):
    """What the other list of records has that this one has not, and the other way round."""

    same: int
    added: int
    removed: int
    topics: list[TopicDifference]
    """By the topics that the records have today."""

    @classmethod
    def of(cls, found: domain.SnapshotDifference) -> "SnapshotDifference":
        """Convert from the domain."""
        return cls(
            same=found.num_same,
            added=found.num_added,
            removed=found.num_removed,
            topics=[
                TopicDifference(topic=one.topic, added=one.num_added, removed=one.num_removed)
                for one in found.topics
            ],
        )


class RestoredSnapshot(Wire):
    """What a restore changed."""

    num_archived: int
    num_restored: int
    before_id: str | None
    """The snapshot of what was current before."""
