"""What came in: imports, their bad lines, and traces."""

# pyright: reportAssignmentType=false
# SQLAlchemy declares `__tablename__` as a descriptor.

from datetime import datetime

from sqlalchemy import JSON, Column, Index, LargeBinary, false, text
from sqlmodel import Field, SQLModel

from rft_app.storage.tables.columns import Big, Utc


class ImportRow(SQLModel, table=True):
    """One import of a file: where it is, and how far it got."""

    __tablename__ = "import_run"

    id: str = Field(primary_key=True)
    dataset_id: str | None = Field(
        default=None, foreign_key="dataset.id", ondelete="CASCADE", index=True
    )
    kind: str
    """`traces`, `rollouts` or `feedback`."""
    file_name: str
    path: str
    size_bytes: int = Field(sa_type=Big)
    shape: str | None = None
    """Row shape found or chosen; `None` until detected."""
    mapping: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    offset_bytes: int = Field(default=0, sa_type=Big)
    """Decompressed bytes of the source that are stored; written with the rows they gave."""
    num_lines: int = 0
    """Lines of the source that are done."""
    num_parsed: int = 0
    num_valid: int = 0
    num_invalid: int = 0
    num_answered: int | None = None
    """Parsed traces with an answer; `None` where nobody counted."""
    reasons: dict[str, int] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """How often each reason code occurred."""
    is_done: bool = False
    is_replaced: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    """Whether its records were replaced: Extract passes over its traces."""
    created_at: datetime = Field(sa_type=Utc)
    job_id: str | None = None


class ImportErrorRow(SQLModel, table=True):
    """One bad line of an import."""

    __tablename__ = "import_error"

    import_id: str = Field(primary_key=True, foreign_key="import_run.id", ondelete="CASCADE")
    line_number: int = Field(primary_key=True, sa_type=Big)
    code: str
    message: str
    excerpt: str


LISTED = "NOT is_copy"
"""SQL on traces: lists may show them."""
_READ_BY_LISTS = (
    *("num_turns", "num_user_turns", "num_messages", "continued_by", "num_earlier"),
    *("status", "reward", "source", "model", "is_copy"),
)
"""All that filters and counts look at, so that they need no rows of the table."""


def _listing(name: str, *first: str, only: str | None = None) -> Index:
    """An index in the order of lists, within what is equal in the `first` columns."""
    columns = dict.fromkeys((*first, "recorded_at", "seq", *_READ_BY_LISTS))
    where = text(LISTED if only is None else f"{LISTED} AND {only}")
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


class TraceRow(SQLModel, table=True):
    """One trace, without its body."""

    __tablename__ = "trace"
    __table_args__ = (
        _listing("ix_trace_listed"),
        _listing("ix_trace_model", "model"),
        _listing("ix_trace_source", "source"),
        _listing("ix_trace_failed", "status", only="status = 'error'"),
        _listing("ix_trace_rated", "reward", only="reward IS NOT NULL"),
        Index(
            "ix_trace_origin",
            "origin_seq",
            "seq",
            sqlite_where=text("origin_seq IS NOT NULL"),
            postgresql_where=text("origin_seq IS NOT NULL"),
        ),
        Index(
            "ix_trace_conversation",
            "conversation",
            sqlite_where=text("conversation IS NOT NULL"),
            postgresql_where=text("conversation IS NOT NULL"),
        ),
        Index(
            "ix_trace_continued",
            "continued_by",
            sqlite_where=text("continued_by IS NOT NULL"),
            postgresql_where=text("continued_by IS NOT NULL"),
        ),
    )

    seq: int = Field(primary_key=True, sa_type=Big)
    dataset_id: str | None = Field(
        default=None, foreign_key="dataset.id", ondelete="CASCADE", index=True
    )
    """Whose trace it is; `None` where it arrived by itself."""
    import_id: str
    """What it came with; empty where it arrived by itself."""
    line_number: int = Field(sa_type=Big)
    external_id: str | None = None
    group_key: int = Field(sa_type=Big)
    """First 8 bytes of BLAKE2b of the group, signed."""
    model: str | None = None
    title: str = ""
    system_prompt: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Its beginning, one line."""
    num_messages: int
    num_turns: int
    """Answers of this row."""
    num_user_turns: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    num_tools: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Different tools it calls."""
    reward: float | None = None
    reason: str | None = None
    created_at: int = Field(sa_type=Big)
    """When it was stored, in milliseconds since 1970, UTC."""
    recorded_at: int = Field(default=0, sa_type=Big, sa_column_kwargs={"server_default": "0"})
    """When it happened, as far as the source says, else when it was stored."""
    origin_seq: int | None = Field(default=None, sa_type=Big)
    """The first trace this one is a copy of; `None` when it was imported."""
    is_copy: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether the trace that this one is a copy of, or an earlier copy of that, is still there."""
    conversation: int | None = Field(default=None, sa_type=Big)
    """Fingerprint of what one call and its answer said, and of what it came with."""
    continued_by: int | None = Field(default=None, sa_type=Big)
    """The last call of the conversation that this one is the beginning of."""
    num_earlier: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Answers of the calls that this one continues."""
    source: str = Field(default="file", sa_column_kwargs={"server_default": "file"})
    """`file`, or the dialect of OTLP it arrived in."""
    status: str = Field(default="ok", sa_column_kwargs={"server_default": "ok"})
    """`ok`, or `error` where the source says that the call failed."""
    input_tokens: int | None = Field(default=None, sa_type=Big)
    output_tokens: int | None = Field(default=None, sa_type=Big)
    latency_ms: float | None = None


class TraceTagRow(SQLModel, table=True):
    """A tag of a trace, as its source sent it."""

    __tablename__ = "trace_tag"

    tag: str = Field(primary_key=True)
    seq: int = Field(
        primary_key=True, sa_type=Big, foreign_key="trace.seq", ondelete="CASCADE", index=True
    )


class TraceBodyRow(SQLModel, table=True):
    """The canonical JSON of one trace (`rft_app.domain.trace.ParsedTrace.body`)."""

    __tablename__ = "trace_body"

    seq: int = Field(primary_key=True, sa_type=Big)
    body: bytes = Field(sa_type=LargeBinary)


class TracePrefixRow(SQLModel, table=True):
    """A beginning of a call's conversation that no call was known to have said."""

    __tablename__ = "trace_prefix"

    conversation: int = Field(primary_key=True, sa_type=Big)
    """As `TraceRow.conversation` of the call that is missing."""
    seq: int = Field(primary_key=True, sa_type=Big)
    """The call that has it."""
