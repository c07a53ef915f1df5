"""Stored messages decoded only as far as checks, search and topics need."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import msgspec

from rft_app.domain.message import text_of

_UNSEARCHED = {"system", "developer"}
_FILLED = msgspec.Meta(min_length=1)


class CalledFunction(msgspec.Struct, frozen=True, gc=False):
    """Name and arguments of a call."""

    name: str
    arguments: str


class Call(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One tool call."""

    id: str
    function: CalledFunction


class Turn(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What the validity check reads of a message (`domain.validity_check.CheckedMessage`)."""

    role: str
    content: str | list[Any] | None = None
    tool_calls: Sequence[Call] | None = None
    tool_call_id: str | None = None

    @property
    def text(self) -> str:
        """All text of the turn."""
        return self.content if isinstance(self.content, str) else text_of(self.content)


class _PlainFunction(CalledFunction, frozen=True, forbid_unknown_fields=True, gc=False):
    pass


class _PlainCall(Call, frozen=True, forbid_unknown_fields=True, gc=False):
    function: _PlainFunction
    type: str = "function"


class PlainTurn(Turn, frozen=True, forbid_unknown_fields=True, gc=False):
    """A message that says nothing beside these fields: encoded, it is all that was said."""

    content: str | Annotated[list[Any], _FILLED] | None = None
    tool_calls: Annotated[Sequence[_PlainCall], _FILLED] | None = None
    name: str | None = None


class _Turns(msgspec.Struct):
    messages: list[Turn] = []


class _PlainTurns(msgspec.Struct):
    messages: list[PlainTurn] = []


_decode = msgspec.json.Decoder(Turn).decode
_decode_all = msgspec.json.Decoder(_Turns).decode
_decode_plain = msgspec.json.Decoder(_PlainTurns).decode


def decode_all_turns(body: bytes) -> Sequence[Turn]:
    """All messages of a stored body: plain turns where each of them is one."""
    try:
        return _decode_plain(body).messages
    except msgspec.ValidationError:
        return _decode_all(body).messages


def decode_turns(messages: Iterable[bytes | msgspec.Raw]) -> list[Turn]:
    """Decode messages; the import made sure that every stored one has this shape."""
    return [_decode(message) for message in messages]


def last_question(turns: Sequence[Turn]) -> str:
    """Text of the last user message; empty when there is none."""
    for turn in reversed(turns):
        if turn.role == "user":
            return turn.text
    return ""


def question_text(turns: Iterable[Turn]) -> str:
    """What the user said, one message a line: the text topics are found by."""
    return "\n".join(turn.text for turn in turns if turn.role == "user")


def searchable_text(
    turns: Iterable[Turn],
    reference: str | None,
    external_id: str | None,
    *,
    with_prompts: bool = False,
) -> str:
    """What search looks through: all but, usually, the system prompts."""
    pieces: list[str] = []
    for turn in turns:
        if with_prompts or turn.role not in _UNSEARCHED:
            pieces.append(turn.text)
            for call in turn.tool_calls or ():
                pieces += (call.function.name, call.function.arguments)
    pieces.extend(filter(None, (reference, external_id)))
    return "\n".join(pieces)
