"""Keys of those who may send."""

# pyright: reportAssignmentType=false
# SQLAlchemy declares `__tablename__` as a descriptor.

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel

from rft_app.storage.tables.columns import Utc


class IntakeKeyRow(SQLModel, table=True):
    """One key that was created; the key itself is stored nowhere."""

    __tablename__ = "intake_key"

    id: str = Field(primary_key=True)
    name: str
    digest: bytes = Field(sa_type=LargeBinary)
    """SHA-256 of the key, which holds too much chance to be found by trying."""
    beginning: str
    """Its first characters."""
    created_at: datetime = Field(sa_type=Utc)
    last_used_at: datetime | None = Field(default=None, sa_type=Utc)
    revoked_at: datetime | None = Field(default=None, sa_type=Utc)
