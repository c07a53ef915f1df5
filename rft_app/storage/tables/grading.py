"""Graders, rollouts, dry runs and grades."""

# pyright: reportAssignmentType=false
# SQLAlchemy declares `__tablename__` as a descriptor.

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, LargeBinary, false
from sqlmodel import Field, SQLModel

from rft_app.storage.tables.columns import Big, Utc


class GraderVersionRow(SQLModel, table=True):
    """One version of a dataset's grader; never changed, an edit adds the next."""

    __tablename__ = "grader_version"

    id: str = Field(primary_key=True)
    dataset_id: str = Field(foreign_key="dataset.id", ondelete="CASCADE", index=True)
    version: int
    kind: str
    spec: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    spec_hash: str
    created_at: datetime = Field(sa_type=Utc)


class GraderAttackRow(SQLModel, table=True):
    """What the last attack on a dataset's grader found, by the settings that were attacked."""

    __tablename__ = "grader_attack"

    dataset_id: str = Field(foreign_key="dataset.id", ondelete="CASCADE", primary_key=True)
    spec_hash: str = Field(primary_key=True)
    num_records: int
    num_attacks: int
    """Attacks that were graded at all."""
    suspicious: list[str] = Field(sa_column=Column(JSON, nullable=False))
    """Labels of those whose rewards are suspicious."""
    created_at: datetime = Field(sa_type=Utc)


class RolloutRow(SQLModel, table=True):
    """One answer of one model to one record, imported or sampled.

    A record's own recorded answer is its first rollout and has no row here.
    """

    __tablename__ = "rollout"
    __table_args__ = (
        Index("ix_rollout_record", "dataset_id", "record_seq", "seq"),
        Index("ix_rollout_source", "dataset_id", "source", "seq"),
    )

    seq: int = Field(primary_key=True, sa_type=Big)
    dataset_id: str = Field(foreign_key="dataset.id", ondelete="CASCADE")
    record_seq: int = Field(sa_type=Big)
    import_id: str | None = None
    source: str
    """`imported` or `sampled`."""
    model: str | None = None
    reward: float | None = None
    """Reward recorded with it, in [0, 1]."""
    body: bytes = Field(sa_type=LargeBinary)
    """JSON array of the answer's messages."""
    created_at: int = Field(sa_type=Big)


class DryRunRow(SQLModel, table=True):
    """One dry run: its plan, then its report."""

    __tablename__ = "dry_run"

    id: str = Field(primary_key=True)
    dataset_id: str = Field(foreign_key="dataset.id", ondelete="CASCADE", index=True)
    number: int
    """Counts from 1 within the dataset."""
    snapshot_id: str
    grader_version_id: str
    settings: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    input_hash: str | None = None
    """Fingerprint of what the plan was made from."""
    num_planned: int = 0
    """Rollouts to grade; fixed when the plan is made."""
    report: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    verdict: str | None = None
    job_id: str | None = None
    created_at: datetime = Field(sa_type=Utc)
    finished_at: datetime | None = Field(default=None, sa_type=Utc)


class DryRunPlanRow(SQLModel, table=True):
    """Which rollouts a dry run grades, in order; apart, because lists never need it."""

    __tablename__ = "dry_run_plan"

    dry_run_id: str = Field(primary_key=True, foreign_key="dry_run.id", ondelete="CASCADE")
    items: bytes = Field(sa_type=LargeBinary)
    """Packed keys (`rft_app.storage.dry_runs`)."""


class GradeRow(SQLModel, table=True):
    """The outcome for one planned rollout; its key is the ledger, so none is graded twice."""

    __tablename__ = "grade"
    __table_args__ = (
        Index("ix_grade_reward", "dry_run_id", "reward"),
        Index("ix_grade_record", "dry_run_id", "record_seq", "reward"),
    )

    dry_run_id: str = Field(primary_key=True, foreign_key="dry_run.id", ondelete="CASCADE")
    item: int = Field(primary_key=True)
    """Position in the plan, from 0."""
    record_seq: int = Field(sa_type=Big)
    rollout_seq: int | None = Field(default=None, sa_type=Big)
    """`None` for the record's own recorded answer."""
    topic_id: int | None = Field(default=None, sa_type=Big)
    reward: float | None = None
    reason: str | None = None
    failure_kind: str | None = None
    failure_message: str | None = None
    is_abstention: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """The grader would not judge: no reward and no failure; `reason` says why."""
    details: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    """What a verdict holds beside reward and reason; `None` where that is nothing."""
