"""Paid calls, generation runs, and the candidates they made."""

# pyright: reportAssignmentType=false
# SQLAlchemy declares `__tablename__` as a descriptor.

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, LargeBinary, false
from sqlmodel import Field, SQLModel

from rft_app.storage.tables.columns import Big, Utc


class LlmCallRow(SQLModel, table=True):
    """One reply of a provider, written before anything is made of it; never changed."""

    __tablename__ = "llm_call"

    scope: str = Field(primary_key=True)
    """The job that paid for it, or another piece of work."""
    key: str = Field(primary_key=True)
    """Which question of that work."""
    dataset_id: str | None = Field(
        default=None, foreign_key="dataset.id", ondelete="CASCADE", index=True
    )
    model: str
    text: str
    finish_reason: str | None = None
    refusal: str | None = None
    tool_calls: str | None = None
    """JSON array; `None` where the model called none."""
    num_prompt_tokens: int | None = Field(default=None, sa_type=Big)
    num_completion_tokens: int | None = Field(default=None, sa_type=Big)
    cost_usd: float | None = None
    """`None` where it is not known, which is not free."""
    is_cached: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether it was paid by earlier work and costs nothing here."""
    created_at: datetime = Field(sa_type=Utc)


class LostCallRow(SQLModel, table=True):
    """One call whose reply never came whole: the provider may have charged for it."""

    __tablename__ = "llm_lost"

    id: int | None = Field(default=None, primary_key=True, sa_type=Big)
    scope: str = Field(index=True)
    """As of `LlmCallRow`."""
    dataset_id: str | None = Field(
        default=None, foreign_key="dataset.id", ondelete="CASCADE", index=True
    )
    model: str
    message: str
    """What went wrong; never a key."""
    created_at: datetime = Field(sa_type=Utc)


class PaidWorkRow(SQLModel, table=True):
    """Work that asks models right now, or did so when its worker was killed."""

    __tablename__ = "llm_work"

    id: int | None = Field(default=None, primary_key=True, sa_type=Big)
    scope: str = Field(index=True)
    """As of `LlmCallRow`."""
    dataset_id: str | None = Field(
        default=None, foreign_key="dataset.id", ondelete="CASCADE", index=True
    )
    most_under_way: int
    """Calls at a time; of work that was killed, so many may have been charged for nothing."""
    is_open: bool
    """Whether it goes on, as far as is known; work that ended has no row."""
    created_at: datetime = Field(sa_type=Utc)


class LlmReplyRow(SQLModel, table=True):
    """One reply that serves again whoever asks the same."""

    __tablename__ = "llm_reply"

    key: str = Field(primary_key=True)
    """Of the whole request (`rft_app.llm.cache.cache_key`)."""
    reply: str
    """JSON of a `ChatReply`."""
    num_bytes: int = Field(sa_type=Big)
    created_at: int = Field(sa_type=Big, index=True)
    """Milliseconds; the oldest make room."""


class GenerationRunRow(SQLModel, table=True):
    """One run: what it set out to do, then what it came to."""

    __tablename__ = "generation_run"

    id: str = Field(primary_key=True)
    dataset_id: str = Field(foreign_key="dataset.id", ondelete="CASCADE", index=True)
    job_id: str = Field(index=True)
    settings: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    units: bytes = Field(sa_type=LargeBinary)
    """JSON array of `rft_app.domain.generation.Unit`; fixed when the run begins."""
    num_planned: int
    report: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    created_at: datetime = Field(sa_type=Utc)
    finished_at: datetime | None = Field(default=None, sa_type=Utc)


class CandidateRow(SQLModel, table=True):
    """One generated record before, and after, a person decided."""

    __tablename__ = "candidate"
    __table_args__ = (
        Index("ix_candidate_review", "dataset_id", "state", "passes", "seq"),
        Index("uq_candidate_place", "run_id", "unit", "place", unique=True),
    )

    seq: int = Field(primary_key=True, sa_type=Big)
    dataset_id: str = Field(foreign_key="dataset.id", ondelete="CASCADE")
    run_id: str
    unit: int
    """Which call of the run, from 0."""
    place: int
    """Which record of its reply, from 0."""
    state: str
    strategy: str
    model: str
    topic_id: int | None = Field(default=None, sa_type=Big)
    topic_key: str = ""
    """Path at the time; the id leads while that topic exists."""
    source_seq: int | None = Field(default=None, sa_type=Big)
    body: bytes = Field(sa_type=LargeBinary)
    """Canonical JSON, as in `record_body`."""
    turn: int
    title: str
    num_tokens: int
    reason: str | None = None
    near_seq: int | None = Field(default=None, sa_type=Big)
    near_candidate_seq: int | None = Field(default=None, sa_type=Big)
    similarity: float | None = None
    nearest_topic: str | None = None
    is_topic_kept: bool | None = None
    passes: bool
    is_edited: bool = False
    record_seq: int | None = Field(default=None, sa_type=Big)
    created_at: int = Field(sa_type=Big)
    settled_at: int | None = Field(default=None, sa_type=Big)
