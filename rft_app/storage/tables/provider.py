"""Providers that people added."""

# pyright: reportAssignmentType=false
# SQLAlchemy declares `__tablename__` as a descriptor.

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, LargeBinary, true
from sqlmodel import Field, SQLModel

from rft_app.storage.tables.columns import Utc


class ProviderRow(SQLModel, table=True):
    """One provider; its models are an array, which is read and written as a whole."""

    __tablename__ = "provider"

    name: str = Field(primary_key=True)
    base_url: str
    key_variable: str = ""
    """The environment variable that holds its key; empty where none does."""
    key_locked: bytes | None = Field(default=None, sa_type=LargeBinary)
    """Its key, encrypted (`rft_app.storage.secrets`)."""
    models: list[dict[str, Any]] = Field(sa_type=JSON)
    prices_date: date | None = None
    timeout_s: float
    concurrency: int
    max_attempts: int
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    keeps_replies: bool = Field(default=True, sa_column_kwargs={"server_default": true()})
    created_at: datetime = Field(sa_type=Utc)
    changed_at: datetime = Field(sa_type=Utc)
