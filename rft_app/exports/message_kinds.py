"""Find out of which kinds a record's messages are.

Decoding against shapes that forbid unknown fields answers three questions at once: the role,
whether every field is known, and whether anything is null.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec

from rft_app.domain.message_kind import MessageKind


class _Strict(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    pass


class _Named(msgspec.Struct, gc=False):
    id: str = ""


class _Link(msgspec.Struct, gc=False):
    """What ties results to calls."""

    tool_calls: list[_Named] | None = None
    tool_call_id: str | None = None


class _Function(_Strict):
    name: str
    arguments: str


class _Call(_Strict):
    id: str
    type: Literal["function"]
    function: _Function


class _System(_Strict, tag_field="role", tag="system"):
    content: str


class _Developer(_Strict, tag_field="role", tag="developer"):
    content: str


class _User(_Strict, tag_field="role", tag="user"):
    content: str


class _Turn(_Strict, tag_field="role", tag="assistant"):
    content: str | None
    tool_calls: list[_Call] | msgspec.UnsetType = msgspec.UNSET


class _Result(_Strict, tag_field="role", tag="tool"):
    content: str
    tool_call_id: str
    name: str | msgspec.UnsetType = msgspec.UNSET


_Message = _System | _Developer | _User | _Turn | _Result

_decode: Final = msgspec.json.Decoder(list[_Message]).decode
_decode_links: Final = msgspec.json.Decoder(list[_Link]).decode
_OF_SHAPE: Final[dict[type[_Message], MessageKind]] = {
    _System: MessageKind.SYSTEM,
    _Developer: MessageKind.DEVELOPER,
    _User: MessageKind.USER,
}
_INSTRUCTIONS: Final = MessageKind.SYSTEM | MessageKind.DEVELOPER
_ASKING: Final = MessageKind.USER | MessageKind.RESULT | MessageKind.NAMED_RESULT


def classify(messages: Iterable[bytes | msgspec.Raw]) -> Sequence[int]:
    """The kind of each message, one JSON object each; none or 0 where a message is of no kind.

    Example:
        >>> classify([b'{"role":"user","content":"2+2?"}', b'{"role":"assistant","content":"4"}'])
        [<MessageKind.USER: 4>, <MessageKind.ANSWER: 8>]
        >>> classify([b'{"role":"user","content":"2+2?","mood":"sour"}'])
        ()
    """
    raw = _array(messages)
    try:
        decoded = _decode(raw)
    except msgspec.ValidationError:
        return ()
    kinds = [_OF_SHAPE.get(type(message)) or _kind_of(message) for message in decoded]
    return _mark_left_open(kinds, raw) if MessageKind.CALLS in kinds else kinds


def classify_each(messages: Sequence[bytes]) -> Sequence[int]:
    """As `classify`, but a message of no kind leaves the others theirs."""
    if kinds := classify(messages):
        return kinds
    each = [sum(classify([message])) for message in messages]
    return _mark_left_open(each, _array(messages))


def _array(messages: Iterable[bytes | msgspec.Raw]) -> bytes:
    return b"[" + b",".join(messages) + b"]"


def _mark_left_open(kinds: Sequence[int], messages: bytes) -> Sequence[int]:
    """Add `LEFT_OPEN` to the message that stands where the result of a call should, if one does.

    Where results are missing at the end, it is the last message.
    """
    waiting: set[str] = set()
    links = _decode_links(messages)
    for index, link in enumerate(links):
        if link.tool_call_id is None:
            is_open, waiting = bool(waiting), {call.id for call in link.tool_calls or ()}
        else:
            waiting.discard(link.tool_call_id)
            is_open = bool(waiting) and index + 1 == len(links)
        if is_open:
            return [*kinds[:index], kinds[index] | MessageKind.LEFT_OPEN, *kinds[index + 1 :]]
    return kinds


def kinds_of(classified: Sequence[int], turn: int) -> int:
    """The bits of `MessageKind` of a record; 0 where they are not known.

    Args:
        classified: What `classify` says of the conversation, which may go on after the answer.
        turn: Index of the answer; the number of messages when there is none.
    """
    covered = classified[: turn + 1]
    if not covered or 0 in covered:
        return 0
    kinds = _join(covered)
    if _join(covered[1:]) & _INSTRUCTIONS:
        kinds |= MessageKind.LATE_INSTRUCTIONS
    if turn and covered[turn - 1] & _ASKING:
        kinds |= MessageKind.QUESTION
    if turn < len(classified):
        kinds |= MessageKind.ANSWERED
    return kinds | (MessageKind.WHOLE if turn + 1 >= len(classified) else 0)


def _join(kinds: Sequence[int]) -> int:
    bits = 0
    for kind in set(kinds):
        bits |= kind
    return bits


def _kind_of(message: _Message) -> int:
    if isinstance(message, _Turn):
        if message.tool_calls is not msgspec.UNSET:
            return MessageKind.CALLS
        return 0 if message.content is None else MessageKind.ANSWER
    if isinstance(message, _Result):
        is_named = message.name is not msgspec.UNSET
        return MessageKind.NAMED_RESULT if is_named else MessageKind.RESULT
    return _OF_SHAPE[type(message)]
