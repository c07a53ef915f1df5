"""The workspace, its steps and its topic tree."""

# pyright: reportAssignmentType=false
# SQLAlchemy declares `__tablename__` as a descriptor.

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, LargeBinary, text
from sqlmodel import Field, SQLModel

from rft_app.storage.tables.columns import Big, Utc


class DatasetRow(SQLModel, table=True):
    """The named workspace."""

    __tablename__ = "dataset"

    id: str = Field(primary_key=True)
    name: str
    objective: str
    source: str
    """`gateway` or `upload`."""
    created_at: datetime = Field(sa_type=Utc)
    updated_at: datetime = Field(sa_type=Utc, index=True)
    records_hash: str = ""
    """Order-free fingerprint of the current records; changes when any of them does."""
    topics_hash: str = ""
    """Fingerprint of the topic tree and of who is in which leaf."""
    num_traces: int = 0
    num_records: int = 0
    num_invalid: int = 0
    num_generated: int = 0
    num_duplicates: int = 0


class StepRow(SQLModel, table=True):
    """The last result of one step."""

    __tablename__ = "step"

    dataset_id: str = Field(primary_key=True, foreign_key="dataset.id", ondelete="CASCADE")
    name: str = Field(primary_key=True)
    outcome: str | None = None
    summary: str = ""
    facts: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """Figures of the result, for modals and REST."""
    settings: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """The settings the result was made with; before the first, what was chosen for it."""
    input_hash: str | None = None
    job_id: str | None = None
    """The job that runs now, else the one that made the result."""
    is_processing: bool = False
    error: str | None = None
    started_at: datetime | None = Field(default=None, sa_type=Utc)
    finished_at: datetime | None = Field(default=None, sa_type=Utc)


class TopicRow(SQLModel, table=True):
    """One node of a dataset's topic tree; leaves hold records."""

    __tablename__ = "topic"

    id: int = Field(primary_key=True, sa_type=Big)
    dataset_id: str = Field(foreign_key="dataset.id", ondelete="CASCADE", index=True)
    parent_id: int | None = Field(default=None, sa_type=Big)
    key: str
    """Slash path from the root, unique in the dataset, e.g. `Changes/Change a flight`."""
    description: str = ""
    keywords: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    target_share: float | None = None
    """Share of records this leaf should hold, in [0, 1]; `None` means an equal part of the rest."""
    position: int = 0


class SnapshotRow(SQLModel, table=True):
    """A frozen list of records with their splits."""

    __tablename__ = "snapshot"

    id: str = Field(primary_key=True)
    dataset_id: str = Field(foreign_key="dataset.id", ondelete="CASCADE", index=True)
    content_hash: str
    """SHA-256 over record keys, content hashes and splits, hexadecimal."""
    purpose: str
    """A `rft_app.domain.snapshot.SnapshotPurpose`."""
    label: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    """What a person calls it."""
    num_records: int
    num_train: int
    num_test: int
    seed: int
    train_ratio: float
    test_generated: bool = False
    filter: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    members: bytes = Field(sa_type=LargeBinary)
    """Packed record keys and split bits (`rft_app.storage.snapshots`)."""
    created_at: datetime = Field(sa_type=Utc)
