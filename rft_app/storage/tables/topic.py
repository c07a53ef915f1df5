"""The version of a topic tree, its undo log, and where unsure records could be instead."""

# pyright: reportAssignmentType=false
# SQLAlchemy declares `__tablename__` as a descriptor.

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey
from sqlmodel import Field, SQLModel

from rft_app.storage.tables.columns import Big, Utc


class TopicTreeRow(SQLModel, table=True):
    """What is true of a dataset's tree as a whole; missing until its first change."""

    __tablename__ = "topic_tree"

    dataset_id: str = Field(primary_key=True, foreign_key="dataset.id", ondelete="CASCADE")
    version: int = 0
    is_edited: bool = False


class TopicChangeRow(SQLModel, table=True):
    """One change of a tree or of many assignments that can be undone."""

    __tablename__ = "topic_change"

    id: int = Field(primary_key=True, sa_type=Big)
    dataset_id: str = Field(foreign_key="dataset.id", ondelete="CASCADE", index=True)
    version: int
    """The tree's version right after it, or after it was undone or done again."""
    label: str
    tree: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    """The topics on the other side: before the change, or after it once it is undone."""
    side: int = 0
    """Which rows of `topic_change_record` belong to the other side."""
    is_undone: bool = False
    num_records: int = 0
    job_id: str | None = None
    """The job that makes the change; it finds it again when it is run again."""
    notes: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """Where that job stands."""
    created_at: datetime = Field(sa_type=Utc)


class TopicChangeRecordRow(SQLModel, table=True):
    """Where a record was on the other side of a change."""

    __tablename__ = "topic_change_record"
    __table_args__ = {"sqlite_with_rowid": False}

    change_id: int = Field(
        sa_column=Column(Big, ForeignKey("topic_change.id", ondelete="CASCADE"), primary_key=True)
    )
    side: int = Field(primary_key=True)
    seq: int = Field(primary_key=True, sa_type=Big)
    topic_id: int | None = Field(default=None, sa_type=Big)
    confidence: float | None = None
    method: str | None = None
    placed_topic_id: int | None = Field(default=None, sa_type=Big)
    """Where this side of the change put it; a record that is elsewhere by now stays there."""


class TopicChoiceRow(SQLModel, table=True):
    """The best topics of a record that was not sure of its own."""

    __tablename__ = "topic_choice"

    seq: int = Field(
        sa_column=Column(Big, ForeignKey("record.seq", ondelete="CASCADE"), primary_key=True)
    )
    choices: list[list[float]] = Field(sa_column=Column(JSON, nullable=False))
    """Pairs of topic id and confidence, best first."""
