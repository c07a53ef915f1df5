"""Groups of records that ask nearly the same, waiting for a person's look."""

# pyright: reportAssignmentType=false
# SQLAlchemy declares `__tablename__` as a descriptor.

from datetime import datetime

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

from rft_app.storage.tables.columns import Utc


class NearSearchRow(SQLModel, table=True):
    """The last search of a dataset for near-duplicates."""

    __tablename__ = "near_search"

    dataset_id: str = Field(primary_key=True, foreign_key="dataset.id", ondelete="CASCADE")
    threshold: float
    num_compared: int
    records_hash: str
    """`dataset.records_hash` at the time; another one now means that records have changed."""
    finished_at: datetime = Field(sa_type=Utc)


class NearGroupRow(SQLModel, table=True):
    """One group of that search, by its place in the list."""

    __tablename__ = "near_group"

    dataset_id: str = Field(primary_key=True, foreign_key="dataset.id", ondelete="CASCADE")
    position: int = Field(primary_key=True)
    members: list[list[float]] = Field(sa_column=Column(JSON, nullable=False))
    """Record key and similarity to the first; the one to keep comes first."""
    state: str
    """`open`, `settled` or `dismissed`."""
    change_id: str | None = None
    """What took its records out, to be undone."""
