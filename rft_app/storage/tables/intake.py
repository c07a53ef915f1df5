"""What came over OTLP and through the gateway: batches as they were sent, spans, logs, counts."""

# pyright: reportAssignmentType=false
# SQLAlchemy declares `__tablename__` as a descriptor.

from sqlalchemy import Index, LargeBinary
from sqlmodel import Field, SQLModel

from rft_app.storage.tables.columns import Big


class IntakeBatchRow(SQLModel, table=True):
    """One request that was acknowledged and is not read yet; the row is gone once it is."""

    __tablename__ = "intake_batch"
    __table_args__ = (Index("ix_intake_batch_size", "size_bytes"),)

    seq: int = Field(primary_key=True, sa_type=Big)
    signal: str
    """`traces` or `logs`."""
    encoding: str
    """`protobuf` or `json`."""
    size_bytes: int = Field(sa_type=Big)
    """Of the body before it was compressed."""
    received_at: int = Field(sa_type=Big)
    """Milliseconds since 1970, UTC."""
    body: bytes = Field(sa_type=LargeBinary)
    """The request's body, compressed with zstd."""
    key_id: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Of the key it came with; empty where nobody asked for one."""


class SpanRow(SQLModel, table=True):
    """One span, once, however often it was sent."""

    __tablename__ = "span"
    __table_args__ = (Index("ix_span_stored", "stored_at"),)

    trace_id: str = Field(primary_key=True)
    """32 hexadecimal digits."""
    span_id: str = Field(primary_key=True)
    """16 hexadecimal digits."""
    outcome: str
    """A `rft_app.domain.intake.Outcome`: what became of it."""
    trace_seq: int | None = Field(default=None, sa_type=Big)
    """The trace made of this call."""
    session: str | None = None
    """JSON of what the span says of the whole trace: session, user, tags; `None` mostly."""
    stored_at: int = Field(sa_type=Big)
    """Milliseconds since 1970, UTC."""
    body: bytes = Field(sa_type=LargeBinary)
    """The whole span as JSON (`rft_app.domain.intake.Span`), compressed with zstd."""


class SpanLogRow(SQLModel, table=True):
    """One log record that tells what a span's call said, whichever of the two came first."""

    __tablename__ = "span_log"
    __table_args__ = (Index("ix_span_log_stored", "stored_at"),)

    trace_id: str = Field(primary_key=True)
    span_id: str = Field(primary_key=True)
    digest: int = Field(primary_key=True, sa_type=Big)
    """Fingerprint of the body: what is delivered twice is stored once."""
    seq: int = Field(sa_type=Big)
    """Order of arrival."""
    stored_at: int = Field(sa_type=Big)
    body: bytes = Field(sa_type=LargeBinary)
    """The log record as JSON (`rft_app.domain.intake.Log`), compressed with zstd."""


class IntakeCountRow(SQLModel, table=True):
    """How many spans or requests of a minute had an outcome."""

    __tablename__ = "intake_count"

    minute: int = Field(primary_key=True, sa_type=Big)
    """Minutes since 1970, UTC."""
    source: str = Field(primary_key=True)
    """The dialect, or `otlp` where none was looked for."""
    outcome: str = Field(primary_key=True)
    number: int = Field(sa_type=Big)


class TraceRetentionRow(SQLModel, table=True):
    """How long traces that arrive are kept; one row, once somebody chose."""

    __tablename__ = "trace_retention"

    id: int = Field(primary_key=True)
    days: int
    """0 keeps them."""


class GatewayResponseRow(SQLModel, table=True):
    """Which trace holds an answer, so that feedback on it finds the trace."""

    __tablename__ = "gateway_response"

    id: str = Field(primary_key=True)
    """As the provider named it; where it names several alike, the last one counts."""
    trace_seq: int = Field(sa_type=Big, foreign_key="trace.seq", ondelete="CASCADE", index=True)


class TraceSenderRow(SQLModel, table=True):
    """Which key a trace came with."""

    __tablename__ = "trace_sender"
    __table_args__ = (Index("ix_trace_sender_key", "key_id", "trace_seq"),)

    trace_seq: int = Field(
        primary_key=True, sa_type=Big, foreign_key="trace.seq", ondelete="CASCADE"
    )
    key_id: str
    """An `intake_key.id`, or `RFT_OTLP_KEYS` for those of the settings."""
