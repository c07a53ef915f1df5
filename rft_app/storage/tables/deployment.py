"""Deployments, what people did with them, and the calls they answered."""

# pyright: reportAssignmentType=false
# SQLAlchemy declares `__tablename__` as a descriptor.

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, text
from sqlmodel import Field, SQLModel

from rft_app.storage.tables.columns import Big, Utc


class DeploymentRow(SQLModel, table=True):
    """One alias and the models behind it."""

    __tablename__ = "deployment"
    __table_args__ = (
        Index(
            "uq_deployment_active",
            "alias",
            unique=True,
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
    )

    id: str = Field(primary_key=True)
    dataset_id: str = Field(foreign_key="dataset.id", ondelete="CASCADE", index=True)
    alias: str
    mode: str
    base_model: str | None = None
    tuned_model: str
    tuned_share: float
    graded_share: float
    max_graded_per_day: int
    state: str
    created_at: datetime = Field(sa_type=Utc)
    changed_at: datetime = Field(sa_type=Utc)


class DeploymentEventRow(SQLModel, table=True):
    """Something that somebody did with a deployment."""

    __tablename__ = "deployment_event"

    id: str = Field(primary_key=True)
    deployment_id: str = Field(foreign_key="deployment.id", ondelete="CASCADE", index=True)
    at: datetime = Field(sa_type=Utc)
    actor: str
    action: str
    reason: str
    settings: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class DeploymentCallRow(SQLModel, table=True):
    """One call of a model behind an alias; it holds nothing that was said."""

    __tablename__ = "deployment_call"
    __table_args__ = (
        Index("ix_deployment_call_took", "deployment_id", "variant", "took_ms"),
        Index("ix_deployment_call_pair", "deployment_id", "request_id"),
        Index(
            "ix_deployment_call_trace",
            "trace_seq",
            sqlite_where=text("trace_seq IS NOT NULL"),
            postgresql_where=text("trace_seq IS NOT NULL"),
        ),
        Index(
            "ix_deployment_call_waiting",
            "seq",
            sqlite_where=text("grade_state = 'waiting'"),
            postgresql_where=text("grade_state = 'waiting'"),
        ),
        Index(
            "ix_deployment_call_graded",
            "deployment_id",
            "graded_seq",
            sqlite_where=text("graded_seq IS NOT NULL"),
            postgresql_where=text("graded_seq IS NOT NULL"),
        ),
    )

    seq: int = Field(primary_key=True, sa_type=Big)
    deployment_id: str = Field(foreign_key="deployment.id", ondelete="CASCADE")
    variant: str
    """Who was asked."""
    assigned: str
    """Who should have answered; another where that one could not."""
    is_shadow: bool
    request_id: str
    """The same for all calls that one request of a client made."""
    outcome: str
    """`ok`, `error` or `cancelled`."""
    started_ms: int = Field(sa_type=Big)
    """Milliseconds since 1970, UTC."""
    took_ms: float
    first_token_ms: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    error: str | None = None
    """Kind of what went wrong."""
    trace_seq: int | None = Field(default=None, sa_type=Big)
    feedback: float | None = None
    """What was said of the answer, as a reward."""
    grade_state: str | None = None
    """`waiting, graded, abstained, failed, skipped`; `None` where it is not in the sample."""
    claimed_until_ms: int = Field(default=0, sa_type=Big)
    """A worker grades it until then."""
    graded_seq: int | None = Field(default=None, sa_type=Big)
    """Counts up in the order in which outcomes became known."""
    graded_ms: int | None = Field(default=None, sa_type=Big)
    grader_version: int | None = None
    reward: float | None = None
    grade_note: str = ""
    """Why there is no reward, or the grader's reason."""
