"""Exports, jobs, workers, and blocks of keys."""

# pyright: reportAssignmentType=false
# SQLAlchemy declares `__tablename__` as a descriptor.

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, text
from sqlmodel import Field, SQLModel

from rft_app.storage.tables.columns import Big, Utc


class ExportRow(SQLModel, table=True):
    """One export: what was asked for, and the file."""

    __tablename__ = "export"

    id: str = Field(primary_key=True)
    dataset_id: str = Field(foreign_key="dataset.id", ondelete="CASCADE", index=True)
    snapshot_id: str | None = None
    """Frozen when the job starts; a job that is run again uses the same."""
    selection: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    format: str
    options: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    file_name: str
    path: str
    size_bytes: int | None = Field(default=None, sa_type=Big)
    sha256: str | None = None
    num_train: int = 0
    num_test: int = 0
    is_done: bool = False
    job_id: str | None = None
    created_at: datetime = Field(sa_type=Utc)


class JobRow(SQLModel, table=True):
    """One durable unit of background work; its id is also the workflow's."""

    __tablename__ = "job"
    __table_args__ = (
        Index(
            "uq_job_active",
            "kind",
            "dataset_id",
            unique=True,
            sqlite_where=text("status IN ('queued', 'running')"),
            postgresql_where=text("status IN ('queued', 'running')"),
        ),
    )

    id: str = Field(primary_key=True)
    kind: str
    dataset_id: str | None = Field(default=None, index=True)
    args: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    status: str = Field(index=True)
    """queued, running, done, failed or cancelled."""
    is_dispatched: bool = False
    """Whether a worker handed it to the workflow engine."""
    cancel_requested: bool = False
    progress_done: int = Field(default=0, sa_type=Big)
    progress_total: int | None = Field(default=None, sa_type=Big)
    progress_label: str = ""
    result: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    error: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    """`code` and `message`, as in the REST envelope."""
    created_at: datetime = Field(sa_type=Utc)
    started_at: datetime | None = Field(default=None, sa_type=Utc)
    finished_at: datetime | None = Field(default=None, sa_type=Utc)
    updated_at: datetime = Field(sa_type=Utc, index=True)
    worker_id: str | None = None
    attempt: int = 0
    """How often it was retried by hand; the workflow of a retry has an id of its own."""


class WorkerRow(SQLModel, table=True):
    """A process that executes jobs, alive while its heartbeat is young."""

    __tablename__ = "worker"

    id: str = Field(primary_key=True)
    pid: int
    host: str
    started_at: datetime = Field(sa_type=Utc)
    heartbeat_at: datetime = Field(sa_type=Utc)


class SequenceRow(SQLModel, table=True):
    """The next free key of a table whose rows are written in blocks; or how far its reader came."""

    __tablename__ = "sequence"

    name: str = Field(primary_key=True)
    next: int = Field(sa_type=Big)
