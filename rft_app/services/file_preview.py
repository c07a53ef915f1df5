"""Look at the head of a file before it is imported."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

import msgspec

from rft_app.domain.imports import (
    FilePreview,
    ImportFault,
    ImportTally,
    PreviewColumn,
    PreviewMessage,
    PreviewRow,
)
from rft_app.domain.message import text_of
from rft_app.domain.trace import ParsedTrace
from rft_app.domain.validity import Reason
from rft_app.errors import InvalidInputError
from rft_app.settings import Settings, get_settings
from rft_app.traces import SHAPES
from rft_app.traces.line import LineFault, Row, decode_row
from rft_app.traces.mapped import Mapped
from rft_app.traces.reading import choose_shape, fault_of, read_row
from rft_app.traces.rows import SourceRow
from rft_app.traces.shape import TraceShape
from rft_app.traces.source import Limits, Source

MAX_ROWS = 1_000
MAX_BYTES = 4 * 1024**2
NUM_SHOWN = 5
NUM_FAULTS = 20
TEXT_LENGTH = 2_000
EXAMPLE_LENGTH = 120

_SUGGESTIONS = {
    "messages": ("messages", "conversation", "conversations", "dialog", "chat", "turns"),
    "input": ("question", "input", "prompt", "instruction", "query", "user", "text", "problem"),
    "output": ("output", "completion", "response", "generation", "assistant"),
    "reference": ("answer", "reference", "target", "label", "expected", "solution", "gold"),
    "reward": ("reward", "score", "rating", "feedback"),
    "id": ("id", "record_id", "uid", "uuid"),
    "group": ("group", "session_id", "conversation_id", "thread_id"),
    "tools": ("tools", "functions"),
    "model": ("model",),
}


@dataclass(slots=True)
class _Head:
    """What was seen so far."""

    tally: ImportTally = field(default_factory=ImportTally)
    rows: list[PreviewRow] = field(default_factory=list[PreviewRow])
    faults: list[ImportFault] = field(default_factory=list[ImportFault])
    shape: str | None = None
    fields: Row | None = None
    """The first object."""
    num_messages: list[int] = field(default_factory=list[int])
    """Of each parsed row."""
    rewards: list[float] = field(default_factory=list[float])
    is_whole_file: bool = False


def preview_file(
    path: Path | str,
    *,
    file_name: str,
    shape: str | None = None,
    mapping: Mapping[str, str] | None = None,
) -> FilePreview:
    """Read the head of a file: its shape, its first rows, what is wrong with others.

    Raises:
        InvalidInputError: The file is empty, binary or damaged, or shape or mapping are unknown.
    """
    settings = get_settings()
    chosen = choose_shape(shape, mapping or {})
    limits = Limits(settings.max_file_bytes, settings.max_line_bytes)
    with Source(Path(path), limits, name=file_name) as source:
        head = _read_head(source, chosen, settings)
        columns = _describe_columns(head.fields or {})
        return FilePreview(
            file_name=file_name,
            size_bytes=source.size_bytes,
            shape=head.shape,
            shape_label=_label(head.shape),
            rows=tuple(head.rows),
            columns=columns,
            suggested_mapping=_suggest(columns),
            num_lines=head.tally.num_lines,
            num_parsed=head.tally.num_parsed,
            num_valid=head.tally.num_valid,
            num_invalid=head.tally.num_invalid,
            reasons=head.tally.reasons,
            faults=tuple(head.faults),
            fewest_messages=min(head.num_messages, default=None),
            most_messages=max(head.num_messages, default=None),
            num_rewarded=len(head.rewards),
            mean_reward=fmean(head.rewards) if head.rewards else None,
            is_whole_file=head.is_whole_file,
        )


def _read_head(source: Source, chosen: TraceShape | None, settings: Settings) -> _Head:
    head = _Head()
    num_bytes = 0
    for row in source.rows():
        if head.tally.num_lines == MAX_ROWS or num_bytes > MAX_BYTES:
            return head
        num_bytes += len(row.data)
        head.tally.num_lines += 1
        _look_at(head, row, read_row(row, chosen, settings.max_record_tokens))
    head.is_whole_file = True
    return head


def _look_at(head: _Head, row: SourceRow, found: tuple[ParsedTrace, str] | ImportFault) -> None:
    if head.fields is None:
        fields = decode_row(row.data)
        head.fields = None if isinstance(fields, LineFault) else fields
    fault = found if isinstance(found, ImportFault) else None
    if not isinstance(found, ImportFault):
        trace, shape = found
        head.shape = head.shape or shape
        head.tally.num_parsed += 1
        head.num_messages.append(trace.num_messages)
        if trace.reward is not None:
            head.rewards.append(trace.reward)
        if trace.reason is not None:
            fault = fault_of(row, trace.reason, trace.reason.message)
        if len(head.rows) < NUM_SHOWN:
            head.rows.append(_show(row.number, trace))
    if fault is None:
        head.tally.num_valid += 1
        return
    head.tally.num_invalid += 1
    head.tally.count_fault(fault.code)
    if len(head.faults) < NUM_FAULTS:
        head.faults.append(fault)


def _show(number: int, trace: ParsedTrace) -> PreviewRow:
    body = msgspec.json.decode(trace.body)
    return PreviewRow(
        line_number=number,
        messages=tuple(_show_message(message) for message in body["messages"]),
        reference=body.get("reference"),
        reward=trace.reward,
        reason=trace.reason,
    )


def _show_message(message: dict[str, Any]) -> PreviewMessage:
    functions = (call["function"] for call in message.get("tool_calls") or ())
    return PreviewMessage(
        role=message["role"],
        text=text_of(message.get("content"))[:TEXT_LENGTH],
        tool_calls=tuple(f"{f['name']}({f['arguments']})"[:TEXT_LENGTH] for f in functions),
    )


def _label(shape: str | None) -> str | None:
    if shape is None:
        return None
    return Mapped.label if shape == Mapped.name else SHAPES.get(shape).label


def _describe_columns(fields: Row) -> tuple[PreviewColumn, ...]:
    taken: set[str] = set()
    columns: list[PreviewColumn] = []
    for name, raw in fields.items():
        target = _suggest_target(name, taken)
        if target is not None:
            taken.add(target)
        example = bytes(memoryview(raw)[: 4 * EXAMPLE_LENGTH]).decode(errors="replace")
        columns.append(
            PreviewColumn(name=name, example=example[:EXAMPLE_LENGTH], suggested_target=target)
        )
    return tuple(columns)


def _suggest_target(name: str, taken: set[str]) -> str | None:
    wanted = name.lower()
    for target, names in _SUGGESTIONS.items():
        clashes = {"messages", "input"} if target in {"messages", "input"} else {target}
        if wanted in names and not clashes & taken:
            return target
    return None


def _suggest(columns: tuple[PreviewColumn, ...]) -> dict[str, str]:
    """The mapping made of the suggestions; empty when no column holds the question."""
    mapping = {c.suggested_target: c.name for c in columns if c.suggested_target is not None}
    return mapping if mapping.keys() & {"input", "messages"} else {}


def require_readable(preview: FilePreview) -> None:
    """Check that a file is worth importing.

    Raises:
        InvalidInputError: None of the rows looked at can be read; the message says what to do.
    """
    if preview.num_parsed:
        return
    if not preview.num_lines:
        raise InvalidInputError(f"{preview.file_name} holds no rows.")
    if preview.columns and Reason.WRONG_SHAPE in preview.reasons:
        raise InvalidInputError(
            _ask_for_mapping(preview), columns=[c.name for c in preview.columns]
        )
    if preview.is_whole_file:
        first = preview.faults[0]
        raise InvalidInputError(
            f"No row of {preview.file_name} can be read. Line {first.line_number}: {first.message}"
            f" Expected is one JSON object per line, or one JSON array of objects.{_hint(first)}",
            line=first.line_number,
        )


def _hint(fault: ImportFault) -> str:
    """What a first line that is not JSON probably is."""
    line = fault.excerpt
    is_table = fault.code == Reason.NOT_JSON and not line.startswith(("{", "["))
    if not is_table or not any(mark in line for mark in ",;\t"):
        return ""
    return " This looks like CSV: make each row a JSON object with the column names as keys."


def _ask_for_mapping(preview: FilePreview) -> str:
    first = preview.faults[0]
    names = ", ".join(column.name for column in preview.columns[:12])
    suggested = ",".join(f"{k}={v}" for k, v in preview.suggested_mapping.items())
    example = suggested or "input=<column>,reference=<column>"
    return (
        f"The rows of {preview.file_name} have no known shape. Line {first.line_number}: "
        f"{first.message} Its columns are: {names}. Say what they mean, e.g. {example}."
    )
