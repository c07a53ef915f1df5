"""A record in fields: turns with their tool calls, tools, reference; and back to a draft."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from rft_app.domain.message import FunctionCall, Message, ToolCall
from rft_app.domain.record_draft import RecordDraft
from rft_app.errors import InvalidInputError

ASSISTANT, TOOL = "assistant", "tool"


@dataclass(frozen=True)
class CallForm:
    """One tool call."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class TurnForm:
    """One message."""

    key: str
    """Stays with it when turns move; new ones start with `new`."""
    role: str
    text: str
    """The content; where it is a list of parts, that as JSON."""
    is_parts: bool = False
    calls: list[CallForm] = field(default_factory=list[CallForm])
    call_id: str = ""
    """On a tool's turn: the call it answers."""


@dataclass(frozen=True)
class RecordForm:
    """All of a record that has a field."""

    turns: list[TurnForm] = field(default_factory=list[TurnForm])
    has_answer: bool = False
    """Whether the last turn, if it is the assistant's, is the answer."""
    tools: str = ""
    reference: str = ""
    topic: str = ""
    """Slash path; empty for none."""


def read_form(draft: RecordDraft, topic: str) -> RecordForm:
    """Put a draft into fields; the keys of its turns are their places.

    Example:
        >>> form = read_form(RecordDraft(messages=(Message(role="user", content="Hi"),)), "Bags")
        >>> form.turns[0].text, form.has_answer, form.topic
        ('Hi', False, 'Bags')
    """
    return RecordForm(
        turns=[_read_turn(str(at), message) for at, message in enumerate(draft.conversation)],
        has_answer=draft.output is not None,
        tools=_format(list(draft.tools)) if draft.tools else "",
        reference=draft.reference or "",
        topic=topic,
    )


def _read_turn(key: str, message: Message) -> TurnForm:
    is_parts = isinstance(message.content, list)
    return TurnForm(
        key=key,
        role=message.role,
        text=_format(message.content) if is_parts else message.text,
        is_parts=is_parts,
        calls=[
            CallForm(call.id, call.function.name, call.function.arguments)
            for call in message.tool_calls or ()
        ],
        call_id=message.tool_call_id or "",
    )


def write_form(form: RecordForm, seen: RecordDraft) -> RecordDraft:
    """The draft that the fields describe; all that has no field is as in `seen`.

    Raises:
        InvalidInputError: A field cannot be read; the message names its place.

    Example:
        >>> seen = RecordDraft(messages=(Message(role="user", content="Hi"),))
        >>> write_form(RecordForm(turns=[TurnForm("0", "user", "Hello")]), seen).messages[0].content
        'Hello'
    """
    known = {str(at): message for at, message in enumerate(seen.conversation)}
    turns = [_write_turn(at, turn, known) for at, turn in enumerate(form.turns, 1)]
    is_answered = form.has_answer and bool(turns) and turns[-1].role == ASSISTANT
    return seen.model_copy(
        update={
            "messages": tuple(turns[:-1] if is_answered else turns),
            "output": turns[-1] if is_answered else None,
            "tools": tuple(_read_list("Tools", form.tools)) if form.tools.strip() else (),
            "reference": form.reference or None,
        }
    )


def _write_turn(at: int, turn: TurnForm, known: Mapping[str, Message]) -> Message:
    place = f"Turn {at} ({turn.role})"
    base = known.get(turn.key, Message(role=turn.role))
    changes: dict[str, Any] = {} if turn.role == base.role else {"role": turn.role}
    if (was := _read_turn(turn.key, base)).text != turn.text or turn.key not in known:
        changes["content"] = _write_content(place, turn)
    calls = turn.calls if turn.role == ASSISTANT else []
    if calls != was.calls:
        changes["tool_calls"] = _write_calls(place, calls, base) or None
    call_id = turn.call_id if turn.role == TOOL else ""
    if call_id != was.call_id:
        changes["tool_call_id"] = call_id or None
    message = base.model_copy(update=changes)
    return Message.model_validate(message.model_dump(exclude_unset=True)) if changes else base


def _write_content(place: str, turn: TurnForm) -> str | list[dict[str, Any]] | None:
    if turn.is_parts:
        return _read_list(place, turn.text)
    has_calls = turn.role == ASSISTANT and bool(turn.calls)
    return turn.text or (None if has_calls else "")


def _write_calls(place: str, calls: Sequence[CallForm], base: Message) -> tuple[ToolCall, ...]:
    known = {call.id: call for call in base.tool_calls or ()}
    return tuple(_write_call(f"{place}, call {n}", call, known) for n, call in enumerate(calls, 1))


def _write_call(place: str, call: CallForm, known: Mapping[str, ToolCall]) -> ToolCall:
    if not call.name.strip():
        raise InvalidInputError(f"{place}: a call needs the name of a tool.")
    try:
        msgspec.json.decode(call.arguments or "{}", type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidInputError(
            f"{place}: the arguments must be a JSON object. {error}."
        ) from error
    base = known.get(call.id) or ToolCall(
        id=call.id, type="function", function=FunctionCall(name=call.name, arguments="{}")
    )
    function = base.function.model_copy(
        update={"name": call.name.strip(), "arguments": call.arguments or "{}"}
    )
    return base.model_copy(update={"function": function})


def _read_list(place: str, text: str) -> list[dict[str, Any]]:
    try:
        return msgspec.json.decode(text, type=list[dict[str, Any]])
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidInputError(
            f"{place}: this must be a JSON list of objects. {error}."
        ) from error


def _format(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
