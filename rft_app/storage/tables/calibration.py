"""Grades made to compare a grader with people, outside any dry run."""

# pyright: reportAssignmentType=false
# SQLAlchemy declares `__tablename__` as a descriptor.

from sqlmodel import Field, SQLModel

from rft_app.storage.tables.columns import Big


class CalibrationGradeRow(SQLModel, table=True):
    """What one version of a grader says of a record's own recorded answer."""

    __tablename__ = "calibration_grade"

    grader_version_id: str = Field(
        primary_key=True, foreign_key="grader_version.id", ondelete="CASCADE"
    )
    record_seq: int = Field(primary_key=True, sa_type=Big)
    reward: float | None = None
    reason: str | None = None
    failure_kind: str | None = None
    failure_message: str | None = None
    is_abstention: bool = False
    created_at: int = Field(sa_type=Big)
    """Milliseconds since 1970, UTC."""
