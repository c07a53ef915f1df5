"""Trainings: runs, what their steps report, checkpoints, answers with grades."""

# pyright: reportAssignmentType=false
# SQLAlchemy declares `__tablename__` as a descriptor.

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, false
from sqlmodel import Field, SQLModel

from rft_app.storage.tables.columns import Big, Utc


class TrainingRunRow(SQLModel, table=True):
    """One training: what was ordered, then its outcome; its state is its job's."""

    __tablename__ = "training_run"

    id: str = Field(primary_key=True)
    dataset_id: str = Field(foreign_key="dataset.id", ondelete="CASCADE", index=True)
    number: int
    """Counts from 1 within the dataset."""
    job_id: str = Field(index=True)
    trainer: str
    base_model: str
    settings: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    num_epochs: int
    total_steps: int
    snapshot_id: str
    grader_version_id: str
    dry_run_id: str | None = None
    verdict: str | None = None
    reason: str = ""
    """Why it was started against the verdict."""
    estimate: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    outcome: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    place: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    """What its trainer computes on; none before it began."""
    remote: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    """What is known of it at a service."""
    created_at: datetime = Field(sa_type=Utc)


class TrainingMetricRow(SQLModel, table=True):
    """What one training step reported."""

    __tablename__ = "training_metric"

    run_id: str = Field(primary_key=True, foreign_key="training_run.id", ondelete="CASCADE")
    step: int = Field(primary_key=True)
    figures: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class TrainingCheckpointRow(SQLModel, table=True):
    """One saved state of a training."""

    __tablename__ = "training_checkpoint"

    run_id: str = Field(primary_key=True, foreign_key="training_run.id", ondelete="CASCADE")
    step: int = Field(primary_key=True)
    validation_reward: float | None = None
    num_graded: int | None = None
    """`None` where a service does not say."""
    is_best: bool
    created_at: datetime = Field(sa_type=Utc)
    model: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """What a service named it."""


class TrainingRolloutRow(SQLModel, table=True):
    """One answer with its outcome; a step that is done again replaces its own."""

    __tablename__ = "training_rollout"

    run_id: str = Field(primary_key=True, foreign_key="training_run.id", ondelete="CASCADE")
    phase: str = Field(primary_key=True)
    step: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    record_seq: int = Field(sa_type=Big)
    text: str
    reward: float | None = None
    reason: str | None = None
    failure_kind: str | None = None
    failure_message: str | None = None
    is_abstention: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
