"""What is taken out of traces that arrive, and how often that happened."""

# pyright: reportAssignmentType=false
# SQLAlchemy declares `__tablename__` as a descriptor.

from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

from rft_app.storage.tables.columns import Big


class ScrubRulesRow(SQLModel, table=True):
    """What is replaced; one row, once somebody chose."""

    __tablename__ = "scrub_rules"

    id: int = Field(primary_key=True)
    rules: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """`rft_app.domain.scrubbing.ScrubRules`."""


class ScrubCountRow(SQLModel, table=True):
    """How many values of a day were replaced."""

    __tablename__ = "scrub_count"

    day: int = Field(primary_key=True, sa_type=Big)
    """Days since 1970, UTC."""
    kind: str = Field(primary_key=True)
    """In small letters."""
    number: int = Field(sa_type=Big)
