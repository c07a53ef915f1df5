"""One record in full, laid out for reading."""

from dataclasses import dataclass, field

import msgspec

from rft_app.domain.message import Message, ToolCall
from rft_app.domain.record import Record
from rft_app.ui.state.record_row import leaf
from rft_app.ui.words import count, reward, share, size

FOLD_ABOVE = 600
"""Longer texts are folded, so that a system prompt does not hide the conversation."""
FOLDED = 240
_ROLES = {
    "system": "System",
    "developer": "Developer",
    "user": "User",
    "assistant": "Assistant",
    "tool": "Tool",
}


@dataclass(frozen=True)
class CallView:
    """One tool call."""

    name: str
    rows: list[str]
    size: str


@dataclass(frozen=True)
class MessageView:
    """One turn."""

    role: str
    label: str
    text: str
    preview: str
    """The start of a folded text; empty when the text is short."""
    unfold: str
    """Words of the control that unfolds it."""
    is_result: bool
    result_name: str
    rows: list[str]
    """The result as JSON; empty when it is plain text."""
    size: str
    calls: list[CallView]
    is_answer: bool
    """Whether it is the recorded answer, not the input."""


@dataclass(frozen=True)
class RecordView:
    """Everything the detail shows."""

    id: str = ""
    is_archived: bool = False
    is_valid: bool = True
    reason: str = ""
    reason_text: str = ""
    topic: str = "–"
    topic_path: str = ""
    sure: str = ""
    source: str = ""
    reward: str = "–"
    num_messages: str = ""
    duplicate_of: str = ""
    trace_id: str = ""
    tools: str = ""
    tools_note: str = ""
    num_turns: int = 0
    messages: list[MessageView] = field(default_factory=list)
    has_answer: bool = False
    reference: str = ""
    reference_rows: list[str] = field(default_factory=list)
    metadata_rows: list[str] = field(default_factory=list)
    json_text: str = ""
    json_rows: list[str] = field(default_factory=list)
    json_size: str = ""


def json_rows(text: str) -> list[str]:
    """The text as one row of JSON, when it is an object or an array; else nothing.

    Example:
        >>> json_rows('{"a": 1}'), json_rows("Yes, please.")
        (['{"a": 1}'], [])
    """
    if text[:1] not in {"{", "["}:
        return []
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return []
    return [text]


def view_message(message: Message, call_names: dict[str, str], *, is_answer: bool) -> MessageView:
    """Lay out one turn; `call_names` maps the ids of earlier calls to their functions."""
    text = message.text
    is_result = message.role == "tool"
    is_folded = len(text) > FOLD_ABOVE and not is_result
    name = message.name or call_names.get(message.tool_call_id or "", "")
    return MessageView(
        role=message.role,
        label=_ROLES[message.role],
        text=text,
        preview=f"{text[:FOLDED].rstrip()} …" if is_folded else "",
        unfold=f"Show {len(text):,} characters" if is_folded else "",
        is_result=is_result,
        result_name=f"{name} result" if name else "result",
        rows=json_rows(text) if is_result else [],
        size=size(len(text.encode())),
        calls=[_view_call(call) for call in message.tool_calls or ()],
        is_answer=is_answer,
    )


def _view_call(call: ToolCall) -> CallView:
    arguments = call.function.arguments
    return CallView(
        name=call.function.name,
        rows=[arguments] if arguments else ["{}"],
        size=size(len(arguments.encode())),
    )


def view_conversation(record: Record) -> list[MessageView]:
    """All turns, the recorded answer last."""
    names: dict[str, str] = {}
    views: list[MessageView] = []
    turns = [(turn, False) for turn in record.input] + [(turn, True) for turn in record.output]
    for message, is_answer in turns:
        views.append(view_message(message, names, is_answer=is_answer))
        names |= {call.id: call.function.name for call in message.tool_calls or ()}
    return views


def _describe_tools(record: Record) -> tuple[str, str]:
    if not record.tools:
        return "", ""
    note = "definitions inferred from the calls" if record.tools_inferred else ""
    return count(len(record.tools), "tool"), note


def view_record(record: Record) -> RecordView:
    """Lay out one record."""
    raw = msgspec.json.encode(record.model_dump(mode="json", exclude_none=True)).decode()
    tools, tools_note = _describe_tools(record)
    confidence = record.topic_confidence
    return RecordView(
        id=record.id,
        is_archived=record.is_archived,
        is_valid=record.reason is None,
        reason=record.reason.value if record.reason else "",
        reason_text=record.reason.message if record.reason else "",
        topic=leaf(record.topic),
        topic_path=record.topic or "",
        sure="" if confidence is None else f"{share(round(confidence, 2))} sure",
        source=record.source_type.value,
        reward=reward(record.reward),
        num_messages=count(len(record.input) + len(record.output), "message"),
        duplicate_of=record.duplicate_of or "",
        trace_id=record.trace_id or "",
        tools=tools,
        tools_note=tools_note,
        num_turns=len(record.input) + len(record.output),
        messages=view_conversation(record),
        has_answer=bool(record.output),
        reference=record.reference or "",
        reference_rows=json_rows(record.reference or ""),
        metadata_rows=[msgspec.json.encode(record.metadata).decode()] if record.metadata else [],
        json_text=raw,
        json_rows=[raw],
        json_size=size(len(raw.encode())),
    )
