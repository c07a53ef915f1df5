"""The shape of the database, and nothing else.

Bodies live apart from the columns that lists and aggregates read: one page of a fat table holds
two rows, one page of a lean one a hundred.  Rows never leave `storage`; repositories convert.
"""

# pyright: reportAssignmentType=false
# SQLAlchemy declares `__tablename__` as a descriptor.

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    TypeDecorator,
    text,
)
from sqlmodel import Field, SQLModel

Big = BigInteger().with_variant(Integer, "sqlite")
"""64 bits in both databases; on SQLite only `INTEGER PRIMARY KEY` is the row id itself."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment; comes back timezone-aware in UTC, also from SQLite, which stores none."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Say that it is UTC."""
        if value is None or value.tzinfo is None:
            return value and value.replace(tzinfo=UTC)
        return value.astimezone(UTC)


Utc = UtcDateTime()


class SequenceRow(SQLModel, table=True):
    """The next free key of a table whose rows are written in blocks."""

    __tablename__ = "sequence"

    name: str = Field(primary_key=True)
    next: int = Field(sa_type=Big)


class DatasetRow(SQLModel, table=True):
    """The named workspace."""

    __tablename__ = "dataset"

    id: str = Field(primary_key=True)
    name: str
    objective: str
    source: str
    """`gateway` or `upload`."""
    created_at: datetime = Field(sa_type=Utc)
    updated_at: datetime = Field(sa_type=Utc, index=True)
    records_hash: str = ""
    """Order-free fingerprint of the current records; changes when any of them does."""
    topics_hash: str = ""
    """Fingerprint of the topic tree and of who is in which leaf."""
    num_traces: int = 0
    num_records: int = 0
    num_invalid: int = 0
    num_generated: int = 0
    num_duplicates: int = 0


class StepRow(SQLModel, table=True):
    """The last result of one step."""

    __tablename__ = "step"

    dataset_id: str = Field(primary_key=True, foreign_key="dataset.id", ondelete="CASCADE")
    name: str = Field(primary_key=True)
    outcome: str | None = None
    summary: str = ""
    facts: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """Figures of the result, for modals and REST."""
    settings: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """The settings the result was made with."""
    input_hash: str | None = None
    job_id: str | None = None
    """The job that runs now, else the one that made the result."""
    is_processing: bool = False
    error: str | None = None
    started_at: datetime | None = Field(default=None, sa_type=Utc)
    finished_at: datetime | None = Field(default=None, sa_type=Utc)


class ImportRow(SQLModel, table=True):
    """One import of a file: where it is, and how far it got."""

    __tablename__ = "import_run"

    id: str = Field(primary_key=True)
    dataset_id: str | None = Field(
        default=None, foreign_key="dataset.id", ondelete="CASCADE", index=True
    )
    kind: str
    """`traces` or `rollouts`."""
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
    reasons: dict[str, int] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """How often each reason code occurred."""
    is_done: bool = False
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


class TraceRow(SQLModel, table=True):
    """One trace, without its body."""

    __tablename__ = "trace"

    seq: int = Field(primary_key=True, sa_type=Big)
    dataset_id: str = Field(foreign_key="dataset.id", ondelete="CASCADE", index=True)
    import_id: str
    line_number: int = Field(sa_type=Big)
    external_id: str | None = None
    group_key: int = Field(sa_type=Big)
    """First 8 bytes of BLAKE2b of the group, signed."""
    model: str | None = None
    title: str = ""
    num_messages: int
    num_turns: int
    reward: float | None = None
    reason: str | None = None
    created_at: int = Field(sa_type=Big)
    """Milliseconds since 1970, UTC."""


class TraceBodyRow(SQLModel, table=True):
    """The canonical JSON of one trace (`rft_app.domain.trace.ParsedTrace.body`)."""

    __tablename__ = "trace_body"

    seq: int = Field(primary_key=True, sa_type=Big)
    body: bytes = Field(sa_type=LargeBinary)


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
            "ix_record_topic",
            "dataset_id",
            "topic_id",
            "facet",
            "seq",
            sqlite_where=text("topic_id IS NOT NULL"),
            postgresql_where=text("topic_id IS NOT NULL"),
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
    reward: float | None = None
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


class TopicRow(SQLModel, table=True):
    """One node of a dataset's topic tree; leaves hold records."""

    __tablename__ = "topic"

    id: int = Field(primary_key=True, sa_type=Big)
    dataset_id: str = Field(foreign_key="dataset.id", ondelete="CASCADE", index=True)
    parent_id: int | None = Field(default=None, sa_type=Big)
    key: str
    """Slash path from the root, unique in the dataset, e.g. `Changes/Change a flight`."""
    description: str = ""
    keywords: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    target_share: float | None = None
    """Share of records this leaf should hold, in [0, 1]; `None` means an equal part of the rest."""
    position: int = 0


class GraderVersionRow(SQLModel, table=True):
    """One version of a dataset's grader; never changed, an edit adds the next."""

    __tablename__ = "grader_version"

    id: str = Field(primary_key=True)
    dataset_id: str = Field(foreign_key="dataset.id", ondelete="CASCADE", index=True)
    version: int
    kind: str
    spec: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    spec_hash: str
    created_at: datetime = Field(sa_type=Utc)


class SnapshotRow(SQLModel, table=True):
    """A frozen list of records with their splits."""

    __tablename__ = "snapshot"

    id: str = Field(primary_key=True)
    dataset_id: str = Field(foreign_key="dataset.id", ondelete="CASCADE", index=True)
    content_hash: str
    """SHA-256 over record keys, content hashes and splits, hexadecimal."""
    purpose: str
    """`dry_run`, `training` or `export`."""
    num_records: int
    num_train: int
    num_test: int
    seed: int
    train_ratio: float
    test_generated: bool = False
    filter: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    members: bytes = Field(sa_type=LargeBinary)
    """Packed record keys and split bits (`rft_app.storage.snapshots`)."""
    created_at: datetime = Field(sa_type=Utc)


class RolloutRow(SQLModel, table=True):
    """One answer of one model to one record, imported or sampled.

    A record's own recorded answer is its first rollout and has no row here.
    """

    __tablename__ = "rollout"
    __table_args__ = (Index("ix_rollout_record", "dataset_id", "record_seq", "seq"),)

    seq: int = Field(primary_key=True, sa_type=Big)
    dataset_id: str = Field(foreign_key="dataset.id", ondelete="CASCADE")
    record_seq: int = Field(sa_type=Big)
    import_id: str | None = None
    source: str
    """`imported` or `sampled`."""
    model: str | None = None
    reward: float | None = None
    """Reward recorded with it, in [0, 1]."""
    body: bytes = Field(sa_type=LargeBinary)
    """JSON array of the answer's messages."""
    created_at: int = Field(sa_type=Big)


class DryRunRow(SQLModel, table=True):
    """One dry run: its plan, then its report."""

    __tablename__ = "dry_run"

    id: str = Field(primary_key=True)
    dataset_id: str = Field(foreign_key="dataset.id", ondelete="CASCADE", index=True)
    number: int
    """Counts from 1 within the dataset."""
    snapshot_id: str
    grader_version_id: str
    settings: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    num_planned: int = 0
    """Rollouts to grade; fixed when the plan is made."""
    report: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    verdict: str | None = None
    job_id: str | None = None
    created_at: datetime = Field(sa_type=Utc)
    finished_at: datetime | None = Field(default=None, sa_type=Utc)


class DryRunPlanRow(SQLModel, table=True):
    """Which rollouts a dry run grades, in order; apart, because lists never need it."""

    __tablename__ = "dry_run_plan"

    dry_run_id: str = Field(primary_key=True, foreign_key="dry_run.id", ondelete="CASCADE")
    items: bytes = Field(sa_type=LargeBinary)
    """Packed keys (`rft_app.storage.dry_runs`)."""


class GradeRow(SQLModel, table=True):
    """The outcome for one planned rollout; its key is the ledger, so none is graded twice."""

    __tablename__ = "grade"
    __table_args__ = (Index("ix_grade_reward", "dry_run_id", "reward"),)

    dry_run_id: str = Field(primary_key=True, foreign_key="dry_run.id", ondelete="CASCADE")
    item: int = Field(primary_key=True)
    """Position in the plan, from 0."""
    record_seq: int = Field(sa_type=Big)
    rollout_seq: int | None = Field(default=None, sa_type=Big)
    """`None` for the record's own recorded answer."""
    topic_id: int | None = Field(default=None, sa_type=Big)
    reward: float | None = None
    reason: str | None = None
    failure_kind: str | None = None
    failure_message: str | None = None


class ExportRow(SQLModel, table=True):
    """One export: what was asked for, and the file."""

    __tablename__ = "export"

    id: str = Field(primary_key=True)
    dataset_id: str = Field(foreign_key="dataset.id", ondelete="CASCADE", index=True)
    snapshot_id: str | None = None
    """Frozen when the job starts; a job that is run again uses the same."""
    selection: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    format: str
    options: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    file_name: str
    path: str
    size_bytes: int | None = Field(default=None, sa_type=Big)
    sha256: str | None = None
    num_train: int = 0
    num_test: int = 0
    is_done: bool = False
    job_id: str | None = None
    created_at: datetime = Field(sa_type=Utc)


class JobRow(SQLModel, table=True):
    """One durable unit of background work; its id is also the workflow's."""

    __tablename__ = "job"
    __table_args__ = (
        Index(
            "uq_job_active",
            "kind",
            "dataset_id",
            unique=True,
            sqlite_where=text("status IN ('queued', 'running')"),
            postgresql_where=text("status IN ('queued', 'running')"),
        ),
    )

    id: str = Field(primary_key=True)
    kind: str
    dataset_id: str | None = Field(default=None, index=True)
    args: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    status: str = Field(index=True)
    """queued, running, done, failed or cancelled."""
    is_dispatched: bool = False
    """Whether a worker handed it to the workflow engine."""
    cancel_requested: bool = False
    progress_done: int = Field(default=0, sa_type=Big)
    progress_total: int | None = Field(default=None, sa_type=Big)
    progress_label: str = ""
    result: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    error: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    """`code` and `message`, as in the REST envelope."""
    created_at: datetime = Field(sa_type=Utc)
    started_at: datetime | None = Field(default=None, sa_type=Utc)
    finished_at: datetime | None = Field(default=None, sa_type=Utc)
    updated_at: datetime = Field(sa_type=Utc, index=True)
    worker_id: str | None = None
    attempt: int = 0
    """How often it was retried by hand; the workflow of a retry has an id of its own."""


class WorkerRow(SQLModel, table=True):
    """A process that executes jobs, alive while its heartbeat is young."""

    __tablename__ = "worker"

    id: str = Field(primary_key=True)
    pid: int
    host: str
    started_at: datetime = Field(sa_type=Utc)
    heartbeat_at: datetime = Field(sa_type=Utc)
