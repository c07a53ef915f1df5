"""Exports on the wire."""

from datetime import datetime

from pydantic import Field

from rft_app.api.schemas._base import Wire, WireRequest
from rft_app.domain import export as domain
from rft_app.domain.example import Unit
from rft_app.domain.job import JobStatus
from rft_app.domain.record import RecordFilter, RecordId, Selection, SourceType
from rft_app.domain.validity import Reason
from rft_app.services import export_preview


class ExportFormat(Wire):
    """One format of the menu."""

    name: str
    label: str
    description: str
    suffix: str
    needs: list[domain.Need]
    family: str
    """Formats of one family share a card."""
    variant: str
    consumer: str
    """What reads it, with the version it was tried with."""
    unit: Unit
    """What a row stands for."""
    max_tokens: int | None
    """Longest row that the consumer takes unless it is told otherwise."""


class RecordFilters(WireRequest):
    """Which records; all conditions hold."""

    search: str = ""
    topic: str | None = None
    """Slash path; a branch includes its leaves. The empty text means "no topic"."""
    valid: bool | None = None
    reasons: list[Reason] = []
    source_types: list[SourceType] = []
    duplicate: bool | None = None
    has_tools: bool | None = None
    min_reward: float | None = None
    max_reward: float | None = None
    tags: list[str] = []
    """Tags that it must all have."""
    dry_run: str | None = None
    """The dry run whose mean grades are meant; the last finished one unless named."""
    min_grade: float | None = None
    max_grade: float | None = None
    deleted: bool = False
    """Deleted records instead of current ones; only `records/restore` can act on those."""

    def to_filter(self) -> RecordFilter:
        """Convert to the domain."""
        return RecordFilter(
            search=self.search,
            topic=self.topic,
            is_valid=self.valid,
            reasons=tuple(self.reasons),
            source_types=tuple(self.source_types),
            is_duplicate=self.duplicate,
            has_tools=self.has_tools,
            min_reward=self.min_reward,
            max_reward=self.max_reward,
            tags=tuple(self.tags),
            dry_run=self.dry_run,
            min_grade=self.min_grade,
            max_grade=self.max_grade,
            is_deleted=self.deleted,
        )


class RecordSelection(WireRequest):
    """All that match but for some, or those of just these that match."""

    filter: RecordFilters = RecordFilters()
    except_: list[str] = Field(default=[], alias="except")
    only: list[str] | None = None
    """None but these; `except` says nothing then."""

    def to_selection(self) -> Selection:
        """Convert to the domain."""
        only = self.only
        return Selection(
            filter=self.filter.to_filter(),
            excluded=tuple(map(RecordId, self.except_)),
            only=None if only is None else tuple(map(RecordId, only)),
        )


class ExportRequest(WireRequest):
    """What to export, and how."""

    dataset_id: str
    format: str
    include_test: bool = True
    """Put the test side into a file of its own; otherwise it is left out."""
    include_metadata: bool = True
    """Add `metadata.json` beside the data."""
    train_ratio: float = Field(default=0.8, gt=0.0, le=1.0)
    """1 puts every record on the training side."""
    seed: int = Field(default=0, ge=-(2**31), lt=2**31)
    test_generated: bool = False
    """Whether generated records may be on the test side."""
    snapshot_id: str | None = None
    """Export the records and sides of this snapshot instead of a selection."""
    dry_run_id: str | None = None
    """The dry run whose grades are scores and rewards; the last finished one unless named."""
    shuffle: bool = False
    """Write the rows in an order drawn with `seed`."""
    balance: bool = False
    """Leave out records of topics above their target share, drawn with `seed`."""
    tool_arguments: domain.ToolArguments = domain.ToolArguments.DEFAULT
    """TRL formats: a tool call's arguments as an object or as text."""
    as_completion: bool = False
    """`trl_sft`: prompt and completion instead of one list of messages."""
    margin: float = Field(default=0.1, gt=0.0, le=1.0)
    """Pairs from rewards: how much the best answer is above the worst at least."""
    threshold: float = Field(default=0.5, ge=0.0, le=1.0)
    """Labels from rewards: an answer is good from here."""
    template: str = Field(default="", max_length=20_000)
    """`custom`: the template; empty for the one it starts with."""
    is_array: bool = False
    """`custom`: one JSON array instead of lines."""
    compression_level: int = Field(default=1, ge=0, le=9)
    selection: RecordSelection = RecordSelection()

    def to_options(self) -> domain.ExportOptions:
        """Convert to the domain."""
        names = domain.ExportOptions.model_fields
        return domain.ExportOptions(**self.model_dump(by_alias=False, include=set(names)))


class ExportPreview(Wire):
    """What an export would hold."""

    rows: list[str]
    """The first lines of the file, each with its line end."""
    is_time_open: bool
    """Whether they hold the time of a snapshot that is only frozen when the export starts."""
    train: int
    test: int
    sampled: int
    """Records looked at for all that follows."""
    left_out: int
    """Of those, the ones that lack what the format needs."""
    lacks: dict[str, int]
    """The same by what they lack."""
    estimated_rows: int
    estimated_bytes: int
    """Of all data files, not compressed."""
    estimated_file_bytes: int
    """Of the file that is downloaded."""
    tokens_per_row: int
    """Mean, at 4 characters a token."""
    longest_row_tokens: int
    max_tokens: int | None
    too_long: int
    """Rows of the sample that are longer than `maxTokens`."""
    limit_option: str
    """What has the consumer take them, e.g. `SFTConfig(max_length=4096)`; empty without any."""
    zero_reward: int
    """Rows of the sample that teach an answer recorded with a reward of 0."""
    is_exact: bool
    """Whether every record was looked at."""
    files: list[str]

    @classmethod
    def of(cls, preview: export_preview.ExportPreview) -> "ExportPreview":
        """Convert from the use case."""
        return cls(
            rows=[row.decode() for row in preview.rows],
            is_time_open=preview.is_time_open,
            train=preview.num_train,
            test=preview.num_test,
            sampled=preview.num_sampled,
            left_out=preview.num_lacking,
            lacks={lack.value: number for lack, number in preview.lacks.items()},
            estimated_rows=preview.estimated_rows,
            estimated_bytes=preview.estimated_bytes,
            estimated_file_bytes=preview.estimated_file_bytes,
            tokens_per_row=preview.tokens_per_row,
            longest_row_tokens=preview.longest_row_tokens,
            max_tokens=preview.max_tokens,
            too_long=preview.num_too_long,
            limit_option=preview.limit_option,
            zero_reward=preview.num_zero_reward,
            is_exact=preview.is_exact,
            files=list(preview.file_names),
        )


class Export(Wire):
    """One export."""

    id: str
    dataset_id: str
    format: str
    file_name: str
    size_bytes: int | None
    """`null` until the file is complete."""
    sha256: str | None
    train: int
    test: int
    skipped: dict[str, int] | None
    """Selected records that are not in the file, by reason; `null` until it is complete."""
    zero_reward: int | None
    """Rows that teach an answer recorded with a reward of 0; `null` until it is complete."""
    status: JobStatus
    is_done: bool
    failure: str | None
    """Why there is no file; `null` where there is one, and while it may still come."""
    snapshot_id: str | None
    job_id: str | None
    created_at: datetime
    expires_at: datetime
    """When the file is removed: 30 days after it was written."""
    file_url: str
    """Where the finished file is."""

    @classmethod
    def of(cls, export: domain.Export) -> "Export":
        """Convert from the domain."""
        return cls(
            id=export.id,
            dataset_id=export.dataset_id,
            format=export.format,
            file_name=export.file_name,
            size_bytes=export.size_bytes,
            sha256=export.sha256,
            train=export.num_train,
            test=export.num_test,
            skipped=export.skipped,
            zero_reward=export.num_zero_reward,
            status=export.status,
            is_done=export.is_done,
            failure=export.failure,
            snapshot_id=export.snapshot_id,
            job_id=export.job_id,
            created_at=export.created_at,
            expires_at=export.expires_at,
            file_url=f"/api/training/exports/{export.id}/file",
        )
