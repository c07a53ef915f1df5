"""Records, their own bodies, and their counts by facet."""

# pyright: reportAssignmentType=false
# SQLAlchemy declares `__tablename__` as a descriptor.

from sqlalchemy import Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from rft_app.storage.tables.columns import Big


class RecordRow(SQLModel, table=True):
    """One record, without its body.

    A record made from a trace has no body of its own: it is the trace's body up to `turn`.
    Edited and generated records have a `record_body`.
    """

    __tablename__ = "record"
    __table_args__ = (
        Index("ix_record_facet", "dataset_id", "facet", "seq"),
        Index("ix_record_trace", "trace_seq"),
        Index(
            "ix_record_reward",
            "dataset_id",
            "facet",
            "reward",
            sqlite_where=text("reward IS NOT NULL"),
            postgresql_where=text("reward IS NOT NULL"),
        ),
        Index(
            "ix_record_topic",
            "dataset_id",
            "topic_id",
            "facet",
            "seq",
            "topic_confidence",
            sqlite_where=text("topic_id IS NOT NULL"),
            postgresql_where=text("topic_id IS NOT NULL"),
        ),
        Index(
            "ix_record_unsure",
            "dataset_id",
            "seq",
            "facet",
            "topic_id",
            sqlite_where=text("topic_confidence < 0.7"),
            postgresql_where=text("topic_confidence < 0.7"),
        ),
        Index("ix_record_content", "content_hash"),
        Index(
            "ix_record_deleted",
            "dataset_id",
            "facet",
            "topic_id",
            "seq",
            sqlite_where=text("is_archived AND NOT is_superseded AND NOT is_replaced"),
            postgresql_where=text("is_archived AND NOT is_superseded AND NOT is_replaced"),
        ),
    )

    seq: int = Field(primary_key=True, sa_type=Big)
    dataset_id: str = Field(foreign_key="dataset.id", ondelete="CASCADE")
    trace_seq: int | None = Field(default=None, sa_type=Big)
    turn: int
    """Index of the answer among the trace's messages; the number of messages when it has none."""
    facet: int
    """Everything low-cardinality a filter asks for, packed (`rft_app.domain.facet`)."""
    source_type: str
    reason: str | None = None
    is_archived: bool = False
    is_superseded: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    """Archived by Extract itself, which may make it again; what a person removed stays away."""
    is_replaced: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    """Archived because another version of it is current, or was when an edit was taken back."""
    duplicate_of: int | None = Field(default=None, sa_type=Big)
    group_key: int = Field(sa_type=Big)
    content_hash: int = Field(sa_type=Big)
    """First 8 bytes of BLAKE2b over input, output, tools and reference, signed."""
    question_hash: int = Field(sa_type=Big)
    """Same, over the text of the last user message: how rollouts find their record."""
    external_id: str | None = None
    title: str = ""
    num_messages: int
    num_tokens: int
    """Estimate, 4 characters a token."""
    message_kinds: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    """Bits of `rft_app.domain.message_kind`; 0 where they are not known."""
    reward: float | None = None
    parent_seq: int | None = Field(default=None, sa_type=Big)
    """The record it was edited or generated from."""
    topic_id: int | None = Field(default=None, sa_type=Big)
    topic_confidence: float | None = None
    topic_method: str | None = None
    created_at: int = Field(sa_type=Big)
    updated_at: int = Field(sa_type=Big)


class RecordBodyRow(SQLModel, table=True):
    """The body of a record that is not a cut of a trace, in the trace's canonical JSON."""

    __tablename__ = "record_body"

    seq: int = Field(primary_key=True, sa_type=Big)
    body: bytes = Field(sa_type=LargeBinary)


class FacetCountRow(SQLModel, table=True):
    """How many records share topic and facet: every exact count without a scan."""

    __tablename__ = "facet_count"

    dataset_id: str = Field(primary_key=True, foreign_key="dataset.id", ondelete="CASCADE")
    topic_id: int = Field(primary_key=True, sa_type=Big)
    """0 for records without a topic."""
    facet: int = Field(primary_key=True)
    num_records: int = Field(sa_type=Big)
    keys: int = Field(default=0, sa_type=Big, sa_column_kwargs={"server_default": text("0")})
    """Sum of the records' keys; 0 for records without a topic."""


class FacetSumRow(SQLModel, table=True):
    """Sums over the current records of a facet: the fingerprint of records without a scan."""

    __tablename__ = "facet_sum"

    dataset_id: str = Field(primary_key=True, foreign_key="dataset.id", ondelete="CASCADE")
    facet: int = Field(primary_key=True)
    num_records: int = Field(sa_type=Big)
    keys: int = Field(sa_type=Big)
    """Of their keys."""
    low: int = Field(sa_type=Big)
    """Of the lower halves of their content hashes."""
    high: int = Field(sa_type=Big)
    """Of the upper halves."""
