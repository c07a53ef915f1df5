"""Tags of records, and the log of what people did to many records at once."""

# pyright: reportAssignmentType=false
# SQLAlchemy declares `__tablename__` as a descriptor.

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from rft_app.storage.tables.columns import Big, Utc


class TagRow(SQLModel, table=True):
    """A word that people put on records."""

    __tablename__ = "tag"
    __table_args__ = (UniqueConstraint("dataset_id", "name", name="uq_tag_name"),)

    id: int = Field(primary_key=True, sa_type=Big)
    dataset_id: str = Field(foreign_key="dataset.id", ondelete="CASCADE")
    name: str
    num_records: int = Field(default=0, sa_type=Big)
    """Current records that have it."""


class RecordTagRow(SQLModel, table=True):
    """One record has one tag; archived records keep theirs.

    What filters ask for is repeated here, so that a page of a tag reads no records.
    """

    __tablename__ = "record_tag"
    __table_args__ = {"sqlite_with_rowid": False}

    tag_id: int = Field(
        sa_column=Column(Big, ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True)
    )
    seq: int = Field(primary_key=True, sa_type=Big, index=True)
    facet: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    topic_id: int | None = Field(default=None, sa_type=Big)
    reward: float | None = None


class RecordChangeRow(SQLModel, table=True):
    """One thing a person did to records; it can be taken back."""

    __tablename__ = "record_change"

    id: int = Field(primary_key=True, sa_type=Big)
    dataset_id: str = Field(foreign_key="dataset.id", ondelete="CASCADE", index=True)
    kind: str
    """A `rft_app.domain.record_change.ChangeKind`."""
    label: str
    target: str = ""
    """Path of the topic, or the tag."""
    selection: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    num_records: int = Field(default=0, sa_type=Big)
    state: str
    """`collecting`, `applying`, `done` or `undone`."""
    job_id: str | None = None
    created_at: datetime = Field(sa_type=Utc)


class RecordChangeItemRow(SQLModel, table=True):
    """A record that a change is about, as it was before."""

    __tablename__ = "record_change_item"
    __table_args__ = {"sqlite_with_rowid": False}

    change_id: int = Field(
        sa_column=Column(Big, ForeignKey("record_change.id", ondelete="CASCADE"), primary_key=True)
    )
    seq: int = Field(primary_key=True, sa_type=Big)
    topic_id: int | None = Field(default=None, sa_type=Big)
    confidence: float | None = None
    method: str | None = None
