"""What files of traces bring beside the traces: what they are known by, and parts that wait."""

# pyright: reportAssignmentType=false
# SQLAlchemy declares `__tablename__` as a descriptor.

from sqlalchemy import Index, LargeBinary
from sqlmodel import Field, SQLModel

from rft_app.storage.tables.columns import Big


class TraceKeyRow(SQLModel, table=True):
    """What a trace of a file is known by, so that the same file again changes nothing."""

    __tablename__ = "trace_key"
    __table_args__ = (Index("ix_trace_key_seq", "seq"),)

    key: int = Field(primary_key=True, sa_type=Big)
    """Fingerprint of the source and its id of the row; without an id, of the source and the row."""
    seq: int = Field(sa_type=Big)
    """The trace."""
    digest: int = Field(sa_type=Big)
    """Fingerprint of what the trace says."""
    given: int = Field(sa_type=Big)
    """Fingerprint of what the model was given; 0 where the row did not say it."""
    import_id: str
    """The last import that brought it."""
    num_stored: int
    """How often a row without an id stands in one file; each time is a trace."""
    num_seen: int
    """How many of them the last import brought."""


class ImportPartRow(SQLModel, table=True):
    """A row that says only a part of a trace, until the file is read to its end."""

    __tablename__ = "import_part"

    import_id: str = Field(primary_key=True, foreign_key="import_run.id", ondelete="CASCADE")
    key: str = Field(primary_key=True)
    """What the parts of one trace have in common."""
    line_number: int = Field(primary_key=True, sa_type=Big)
    place: int = Field(primary_key=True)
    """Among the parts of its line."""
    role: str
    body: bytes = Field(sa_type=LargeBinary)
    """JSON, compressed with zstd."""
