"""What is shown of a file before it is imported."""

from dataclasses import dataclass, field
from typing import Any

from rft_app.domain.imports import FilePreview, ImportFault, PreviewMessage, PreviewRow
from rft_app.domain.validity import Reason
from rft_app.ui.state.next_panel import Fact
from rft_app.ui.words import count, size

NUM_MESSAGES = 4
TEXT_LENGTH = 240
NUM_TOOLS = 12


@dataclass(frozen=True)
class Line:
    """One message of a previewed conversation."""

    role: str
    text: str
    calls: list[str]
    """Names of the tools it calls."""


@dataclass(frozen=True)
class Conversation:
    """One of the first rows."""

    title: str
    note: str
    fault: str
    lines: list[Line]
    more: str
    reference: str


@dataclass(frozen=True)
class FaultLine:
    """One bad line of the file."""

    place: str
    code: str
    message: str
    excerpt: str


@dataclass(frozen=True)
class Column:
    """One column of rows without a known shape."""

    name: str
    example: str


@dataclass(frozen=True)
class UploadView:
    """A looked-at file."""

    shape: str = ""
    is_known: bool = False
    is_readable: bool = False
    num_parsed: str = ""
    num_valid: str = ""
    num_invalid: str = ""
    has_faults: bool = False
    witness: str = ""
    """What the counts are of: the whole file or its head."""
    facts: list[Fact] = field(default_factory=list)
    tools: list[str] = field(default_factory=list)
    rows: list[Conversation] = field(default_factory=list)
    faults: list[FaultLine] = field(default_factory=list)
    faults_note: str = ""
    columns: list[Column] = field(default_factory=list)

    @classmethod
    def of(cls, preview: FilePreview) -> "UploadView":
        """Describe a preview."""
        seen = preview.num_lines
        whole = count(seen, "row read", "rows read")
        head = f"first {count(seen, 'row')} read, the rest is checked during the import"
        return cls(
            shape=preview.shape_label or "Unknown shape",
            is_known=preview.shape is not None,
            is_readable=preview.num_parsed > 0,
            num_parsed=f"{preview.num_parsed:,}",
            num_valid=f"{preview.num_valid:,}",
            num_invalid=f"{preview.num_invalid:,}",
            has_faults=bool(preview.faults),
            witness=whole if preview.is_whole_file else head,
            facts=_facts(preview),
            tools=_tools(preview)[:NUM_TOOLS],
            rows=[_conversation(row) for row in preview.rows],
            faults=[describe_fault(fault) for fault in preview.faults],
            faults_note=_faults_note(preview),
            columns=[Column(column.name, column.example) for column in preview.columns],
        )


def _facts(preview: FilePreview) -> list[Fact]:
    facts = [Fact("File size", size(preview.size_bytes))]
    if not preview.rows:
        return facts
    low, high = preview.fewest_messages, preview.most_messages
    facts.append(Fact("Messages a row", f"{low}" if low == high else f"{low}–{high}"))
    if any(row.reference for row in preview.rows):
        facts.append(Fact("Reference answers", "yes"))
    if preview.mean_reward is not None:
        rewarded = count(preview.num_rewarded, "row")
        facts.append(Fact("Recorded rewards", f"{rewarded} · mean {preview.mean_reward:.2f}"))
    return facts


def _tools(preview: FilePreview) -> list[str]:
    names = (
        call.partition("(")[0]
        for row in preview.rows
        for message in row.messages
        for call in message.tool_calls
    )
    return list(dict.fromkeys(names))


def _conversation(row: PreviewRow) -> Conversation:
    shown = row.messages[:NUM_MESSAGES]
    hidden = len(row.messages) - len(shown)
    parts = [count(len(row.messages), "message")]
    if row.reward is not None:
        parts.append(f"reward {row.reward:.2f}")
    return Conversation(
        title=f"Row {row.line_number:,}",
        note=" · ".join(parts),
        fault=Reason(row.reason).message if row.reason else "",
        lines=[_line(message) for message in shown],
        more=f"{count(hidden, 'more message')}" if hidden else "",
        reference=_cut(row.reference or ""),
    )


def _line(message: PreviewMessage) -> Line:
    calls = [call.partition("(")[0] for call in message.tool_calls]
    return Line(message.role, _cut(message.text), calls)


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= TEXT_LENGTH else flat[: TEXT_LENGTH - 1] + "…"


def describe_fault(fault: ImportFault) -> FaultLine:
    """One bad line."""
    return FaultLine(
        place=f"Line {fault.line_number:,}",
        code=fault.code.replace("_", " "),
        message=fault.message,
        excerpt=_cut(fault.excerpt),
    )


def _faults_note(preview: FilePreview) -> str:
    shown = len(preview.faults)
    if preview.num_invalid > shown:
        return f"First {shown} of {preview.num_invalid:,}. The import lists all of them."
    return ""


def suggest_name(file_name: str) -> str:
    """A dataset name from a file's.

    Example:
        >>> suggest_name("tau_airline traces.v2.jsonl.gz")
        'tau-airline-traces-v2'
    """
    stem = file_name
    for ending in (".gz", ".zst", ".jsonl", ".json", ".ndjson", ".txt"):
        stem = stem.removesuffix(ending)
    words = "".join(char if char.isalnum() else " " for char in stem).split()
    return "-".join(words).lower()[:120]


def mapping_of(choices: dict[str, Any]) -> dict[str, str]:
    """The chosen columns, without targets that were left out."""
    return {target: str(column) for target, column in choices.items() if column}
