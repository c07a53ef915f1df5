"""Runs of Auto-Improve."""

# pyright: reportAssignmentType=false
# SQLAlchemy declares `__tablename__` as a descriptor.

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, text
from sqlmodel import Field, SQLModel

from rft_app.storage.tables.columns import Utc


class AutoRunRow(SQLModel, table=True):
    """One run of a dataset through the steps by itself."""

    __tablename__ = "auto_run"
    __table_args__ = (
        Index(
            "uq_auto_run_running",
            "dataset_id",
            unique=True,
            sqlite_where=text("state = 'running'"),
            postgresql_where=text("state = 'running'"),
        ),
    )

    id: str = Field(primary_key=True)
    dataset_id: str = Field(foreign_key="dataset.id", ondelete="CASCADE", index=True)
    state: str
    step: str | None = None
    decisions: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False)
    )
    outcome: str = ""
    verdict: str | None = None
    started_at: datetime = Field(sa_type=Utc)
    finished_at: datetime | None = Field(default=None, sa_type=Utc)
