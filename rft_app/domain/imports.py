"""What is known of a file that was, or may be, imported."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from rft_app.domain import words
from rft_app.domain.entity import Entity
from rft_app.domain.pipeline import StepName
from rft_app.domain.record import SourceType
from rft_app.domain.validity import Reason

EXCERPT_LENGTH = 200
DAMAGED = "damaged"
"""Code of the one fault that is the file's and not a line's: it is not whole."""
REPLACED = "replaced_"
"""Beginning of codes that count values with placeholders, e.g. `replaced_email`."""
NO_REQUEST = "no_request"
"""Code that counts answers of a batch without their requests."""
NO_REPLY = "no_reply"
"""Code that counts requests of a batch without their answers."""
COPIES = "stored_traces"
"""The shape of what was copied from traces that were stored already."""
STEP_OF_IMPORT: Mapping[str, StepName] = {
    "import_traces": StepName.EXTRACT,
    "copy_traces": StepName.EXTRACT,
    "import_rollouts": StepName.DRY_RUN,
}
"""The step that reads what a kind of job brings."""
TRACE_SHAPES = frozenset(
    {
        *("gateway_call", "litellm", "litellm_spend", "langfuse", "helicone", "openai_stored"),
        *("openai_batch", "anthropic", "tensorzero", "trajectory"),
    }
)
"""Shapes of rows that an application's calls leave; the others are plain data."""


def source_type_of(shape: str | None, mapping: Mapping[str, str]) -> SourceType:
    """Whether rows of this shape are traces of a running application or plain data.

    Example:
        >>> source_type_of("trajectory", {}), source_type_of("question_answer", {})
        (<SourceType.TRACE: 'trace'>, <SourceType.UPLOAD: 'upload'>)
    """
    is_trace = shape in {*TRACE_SHAPES, COPIES} or "group" in mapping
    return SourceType.TRACE if is_trace else SourceType.UPLOAD


def describe_unanswered(num_rows: int, num_answered: int) -> str:
    """What it means that some rows hold no answer, and what to do; empty where each holds one.

    Example:
        >>> describe_unanswered(3, 3)
        ''
        >>> describe_unanswered(1_319, 0).partition(".")[0]
        'None of the 1,319 rows holds an answer'
        >>> describe_unanswered(10, 9).partition(".")[0]
        '1 of 10 rows holds no answer'
    """
    missing = num_rows - num_answered
    if not missing:
        return ""
    lack = f"{missing:,} of {num_rows:,} rows {'holds' if missing == 1 else 'hold'} no answer"
    if not num_answered:
        lack = f"None of the {num_rows:,} rows holds an answer"
    return (
        f"{lack}. A dry run cannot grade such records and an SFT export leaves them out. Import "
        "answers to them as rollouts: Data menu, Import records; or rft import-rollouts."
    )


class GivenFile(NamedTuple):
    """A file that is to be imported."""

    path: Path
    name: str
    """What a person calls it."""


class ImportMode(StrEnum):
    """What becomes of the records that are there."""

    APPEND = "append"
    """They stay, with every edit."""
    REPLACE = "replace"
    """They are archived once the file is read, and kept as a snapshot."""


class ImportFault(Entity):
    """One bad line of a file."""

    line_number: int
    """Line of the file, or place in the array, from 1."""
    code: str
    """A validity reason, or why a rollout could not be used."""
    message: str
    excerpt: str
    """The beginning of the line, at most 200 characters."""


class ImportReport(Entity):
    """How an import stands."""

    id: str
    dataset_id: str | None
    kind: str
    """`traces`, `rollouts`, `feedback`, or `arrivals`: traces that belong to no dataset."""
    file_name: str
    size_bytes: int
    shape: str | None
    """The row shape chosen or first found; `None` before."""
    mapping: dict[str, str]
    num_lines: int
    """Lines of the file that are done."""
    num_parsed: int
    """Traces, rollouts or feedback stored."""
    num_valid: int
    num_invalid: int
    """Bad lines: stored with a fault, or not readable at all."""
    num_answered: int | None = None
    """Of the traces, those with an answer; `None` for other kinds of imports."""
    reasons: dict[str, int]
    """How often each reason code occurred: `damaged` first, then the most frequent."""
    damage: str | None
    """Why the file is not whole, where reading stopped, and what to do; `None` for a whole one."""
    is_done: bool
    created_at: datetime
    job_id: str | None

    @property
    def num_unreadable(self) -> int:
        """Lines that are not among the records, not even as invalid ones."""
        return sum(self.reasons.get(each.value, 0) for each in Reason if each.is_line_fault)

    @property
    def is_complete(self) -> bool:
        """Whether the file was read to its end and is whole."""
        return self.is_done and self.damage is None

    @property
    def missing_half(self) -> str:
        """Which file of a batch is missing, and what to do; empty where both are there."""
        lacks = (
            (NO_REQUEST, "Requests", "answer", "input"),
            (NO_REPLY, "Answers", "request", "output and, where it has one, its error file"),
        )
        return " ".join(
            f"{what} are missing for {words.count(number, to)} of a batch. Import this file "
            f"together with the batch's {file}."
            for code, what, to, file in lacks
            if (number := self.reasons.get(code))
        )

    @property
    def without_answers(self) -> str:
        """What it means that rows hold no answer, and what to do; empty where all hold one."""
        if self.num_answered is None or self.missing_half:
            return ""
        return describe_unanswered(self.num_parsed, self.num_answered)


class PreviewMessage(Entity):
    """One message of a previewed row."""

    role: str
    text: str
    """At most 2,000 characters."""
    tool_calls: tuple[str, ...] = ()
    """`name(arguments)`."""


class PreviewRow(Entity):
    """One of the first rows of a file, read as a conversation."""

    line_number: int
    messages: tuple[PreviewMessage, ...]
    reference: str | None
    reward: float | None
    reason: str | None
    """Code of the fault; `None` for a valid row."""


class PreviewColumn(Entity):
    """A field of the rows whose shape is unknown."""

    name: str
    example: str
    """Beginning of its first value."""
    suggested_target: str | None
    """`input`, `output`, `messages`, `reference` …; `None` keeps it as metadata."""


class FilePreview(Entity):
    """The head of a file before it is imported."""

    file_name: str
    size_bytes: int
    shape: str | None
    """Name of the row shape; `None` when it is unknown and columns must be mapped."""
    shape_label: str | None
    rows: tuple[PreviewRow, ...]
    """The first five readable rows."""
    columns: tuple[PreviewColumn, ...]
    """Of the first object; for the mapping."""
    suggested_mapping: dict[str, str]
    num_lines: int
    """Rows looked at."""
    num_parsed: int
    num_valid: int
    num_invalid: int
    reasons: dict[str, int]
    faults: tuple[ImportFault, ...]
    """The first twenty."""
    fewest_messages: int | None = None
    """Of one parsed row; `None` when no row was parsed."""
    most_messages: int | None = None
    num_rewarded: int = 0
    """Parsed rows with a recorded reward."""
    mean_reward: float | None = None
    """Of those; `None` when there are none."""
    is_whole_file: bool
    """Whether the counts are of the whole file, not only of its head."""


@dataclass(slots=True)
class ImportTally:
    """Running counts of an import, stored together with the rows they count."""

    offset_bytes: int = 0
    """Decompressed bytes that are done."""
    num_lines: int = 0
    num_parsed: int = 0
    num_valid: int = 0
    num_invalid: int = 0
    num_answered: int = 0
    """Parsed traces with an answer."""
    reasons: dict[str, int] = field(default_factory=dict[str, int])

    def count_fault(self, code: str, count: int = 1) -> None:
        """Count a reason."""
        self.reasons[code] = self.reasons.get(code, 0) + count

    def add(self, later: "ImportTally") -> None:
        """Take up the counts of further lines, and the place after them."""
        self.offset_bytes, self.num_lines = later.offset_bytes, later.num_lines
        self.num_parsed += later.num_parsed
        self.num_valid += later.num_valid
        self.num_invalid += later.num_invalid
        self.num_answered += later.num_answered
        for code, count in later.reasons.items():
            self.count_fault(code, count)


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import process needs to know."""

    import_id: str
    dataset_id: str
    """Empty where the traces belong to none."""
    path: str
    file_name: str
    shape: str | None
    mapping: Mapping[str, str]
    tally: ImportTally
