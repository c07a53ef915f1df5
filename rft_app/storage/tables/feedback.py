"""What people said of records."""

# pyright: reportAssignmentType=false
# SQLAlchemy declares `__tablename__` as a descriptor.

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from rft_app.storage.tables.columns import Big


class FeedbackRow(SQLModel, table=True):
    """What one person said of one record; its corrected answer is a record of its own."""

    __tablename__ = "feedback"
    __table_args__ = (
        UniqueConstraint("dataset_id", "reviewer", "record_seq", name="uq_feedback_reviewer"),
        Index("ix_feedback_record", "dataset_id", "record_seq"),
        Index("ix_feedback_newest", "dataset_id", "seq"),
        Index(
            "ix_feedback_correction",
            "dataset_id",
            "correction_seq",
            "reviewer",
            sqlite_where=text("correction_seq IS NOT NULL"),
            postgresql_where=text("correction_seq IS NOT NULL"),
        ),
    )

    seq: int = Field(primary_key=True, sa_type=Big)
    dataset_id: str = Field(foreign_key="dataset.id", ondelete="CASCADE")
    record_seq: int = Field(sa_type=Big)
    reviewer: str
    thumb: int | None = None
    """1 up, -1 down."""
    rating: int | None = None
    """1 to 5."""
    chosen_seq: int | None = Field(default=None, sa_type=Big)
    """Key of the rollout that is better; 0 for the record's own recorded answer."""
    rejected_seq: int | None = Field(default=None, sa_type=Big)
    """Key of the one that is worse."""
    note: str = ""
    correction_seq: int | None = Field(default=None, sa_type=Big)
    """The record that the corrected answer made."""
    source: str
    """`person` or `imported`."""
    created_at: int = Field(sa_type=Big)
    """Milliseconds since 1970, UTC."""
    updated_at: int = Field(sa_type=Big)
