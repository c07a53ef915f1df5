"""Imports on the wire."""

from datetime import datetime

from rft_app.api.schemas._base import Wire
from rft_app.api.schemas.dataset import OptimizationDataset
from rft_app.domain import imports as domain


class ImportReport(Wire):
    """How an import stands."""

    id: str
    dataset_id: str | None
    kind: str
    file_name: str
    size_bytes: int
    shape: str | None
    mapping: dict[str, str]
    lines: int
    parsed: int
    valid: int
    invalid: int
    answered: int | None
    """Of the traces, those with an answer; `null` for other kinds of imports."""
    without_answers: str
    """What it means that rows hold no answer, and what to do; empty where all hold one."""
    missing_half: str
    """Which file of a batch is missing, and what to do; empty where both are there."""
    reasons: dict[str, int]
    """How often each reason code occurred: `damaged` first, then the most frequent."""
    damage: str | None
    """Why the file is not whole, where reading stopped, and what to do; `null` for a whole one."""
    is_done: bool
    is_complete: bool
    """Whether the file was read to its end and is whole."""
    created_at: datetime
    job_id: str | None

    @classmethod
    def of(cls, report: domain.ImportReport) -> "ImportReport":
        """Convert from the domain."""
        counts = {"num_lines", "num_parsed", "num_valid", "num_invalid", "num_answered"}
        return cls(
            **report.model_dump(exclude=counts),
            lines=report.num_lines,
            parsed=report.num_parsed,
            valid=report.num_valid,
            invalid=report.num_invalid,
            answered=report.num_answered,
            without_answers=report.without_answers,
            missing_half=report.missing_half,
            is_complete=report.is_complete,
        )


class ImportFault(Wire):
    """One bad line."""

    line_number: int
    code: str
    message: str
    excerpt: str

    @classmethod
    def of(cls, fault: domain.ImportFault) -> "ImportFault":
        """Convert from the domain."""
        return cls(**fault.model_dump())


class ImportedDataset(OptimizationDataset):
    """The dataset after an import, with what the import did."""

    imported: int
    errors: int
    """Bad lines; see the import's errors."""
    extract_job_id: str | None = None
    """The job that makes records of the traces; `stats` count them once it is done."""


class RolloutImport(Wire):
    """What an import of rollouts did."""

    imported: int
    errors: int
