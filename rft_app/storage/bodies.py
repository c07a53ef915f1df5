"""Stored bodies: cut at the joints, rendered as bytes for exports or as a record for people.

A body is the canonical JSON of `rft_app.domain.trace.ParsedTrace.body`.  Cutting finds where each
message begins and ends and parses none of them.
"""

from typing import NamedTuple

import msgspec

from rft_app.domain.message import Message
from rft_app.storage.tool_inference import infer_tools

_ABSENT = msgspec.Raw(b"")
_NO_MESSAGES = msgspec.Raw(b"[]")
_CALLS = b'"tool_calls"'
_UNDERSCORE = ord("_")
_NOTHING = frozenset({b"", b"null", b"[]", b"{}"})
_NOTHING_LENGTH = max(map(len, _NOTHING))


class TraceParts(msgspec.Struct, frozen=True):
    """A body, cut; every `Raw` is a view into it."""

    messages: list[msgspec.Raw] = []
    num_prompt_messages: int | None = None
    tools: msgspec.Raw = _ABSENT
    tool_choice: msgspec.Raw = _ABSENT
    parallel_tool_calls: msgspec.Raw = _ABSENT
    reference: str | None = None
    rejected: msgspec.Raw = _ABSENT
    metadata: msgspec.Raw = _ABSENT

    @property
    def num_given(self) -> int:
        """Messages that were given; assistant turns from here on are answers of this row."""
        return self.num_prompt_messages or 0


class _Envelope(msgspec.Struct, gc=False):
    messages: msgspec.Raw = _NO_MESSAGES
    tools: msgspec.Raw = _ABSENT
    tool_choice: msgspec.Raw = _ABSENT
    parallel_tool_calls: msgspec.Raw = _ABSENT
    reference: str | None = None
    metadata: msgspec.Raw = _ABSENT


class Cut(NamedTuple):
    """One record's part of a body, as JSON."""

    input: tuple[bytes, ...]
    output: tuple[bytes, ...]
    tools: bytes | None
    tools_inferred: bool
    tool_choice: bytes | None
    parallel_tool_calls: bytes | None
    reference: str | None
    metadata: bytes | None


WholeBody = tuple[bytes, bytes | None, bool, bytes | None, bytes | None, str | None, bytes | None]
"""The fields of a `RecordBytes` from `messages` to `metadata`: a plain tuple, because one is made
for every record of an export."""

_split = msgspec.json.Decoder(TraceParts).decode
view_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
"""The elements of a JSON array as views of its bytes."""
_open = msgspec.json.Decoder(_Envelope).decode


def split_array(array: bytes) -> list[bytes]:
    """The elements of a JSON array."""
    return list(map(bytes, view_array(array)))


def split_body(body: bytes) -> TraceParts:
    """Cut a stored body at its joints."""
    return _split(body)


def open_body(body: bytes) -> WholeBody:
    """Cut a stored body, but leave its messages in one piece; tools as in `render`."""
    parts = _open(body)
    messages = bytes(parts.messages)
    tools = present(parts.tools)
    inferred = None
    if tools is None and calls_tools(messages):
        inferred = infer_tools(split_array(messages))
    choice, parallel = parts.tool_choice, parts.parallel_tool_calls
    return (
        messages,
        tools or inferred,
        inferred is not None,
        None if choice is _ABSENT else present(choice),
        None if parallel is _ABSENT else present(parallel),
        parts.reference,
        present(parts.metadata),
    )


def present(raw: msgspec.Raw) -> bytes | None:
    """The bytes of a part; `None` where it is absent, `null` or an empty array or object."""
    if raw is _ABSENT:
        return None
    value = bytes(raw)
    return None if len(value) <= _NOTHING_LENGTH and value in _NOTHING else value


def calls_tools(message: bytes | msgspec.Raw) -> bool:
    """Whether a message may carry tool calls; never false when it does.

    Inside JSON text a quote is escaped, so the quoted key cannot come from content.  Most text
    holds no underscore, and one character is found ten times as fast as a word.
    """
    raw = bytes(message)
    return _UNDERSCORE in raw and _CALLS in raw


def render(parts: TraceParts, turn: int) -> Cut:
    """The record whose answer is message `turn`.

    Tools that the trace does not define are inferred from all calls of the trace, so that a
    record's definitions do not depend on how much of the conversation it covers.

    Args:
        parts: The cut body.
        turn: Index of the answer; the number of messages when the record has none.
    """
    messages = tuple(map(bytes, parts.messages))
    tools = present(parts.tools)
    inferred = None
    has_calls = calls_tools(b"".join(messages))
    if has_calls and tools is None:
        inferred = infer_tools(messages)
    return Cut(
        input=messages[:turn],
        output=messages[turn : turn + 1],
        tools=tools or inferred,
        tools_inferred=inferred is not None,
        tool_choice=present(parts.tool_choice),
        parallel_tool_calls=present(parts.parallel_tool_calls),
        reference=parts.reference,
        metadata=present(parts.metadata),
    )


def parse_message(raw: bytes) -> Message:
    """A message as a value; one of an impossible shape is shown as its JSON text.

    Invalid records hold such messages, and a person has to see what is wrong with them.
    """
    try:
        return Message.model_validate_json(raw)
    except ValueError:
        return Message(role=_find_role(raw) or "unknown", content=raw.decode())


class _Roled(msgspec.Struct):
    role: str | None = None


def _find_role(raw: bytes) -> str | None:
    try:
        return msgspec.json.decode(raw, type=_Roled).role
    except msgspec.ValidationError:
        return None
