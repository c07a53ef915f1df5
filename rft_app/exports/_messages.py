"""Messages as a format writes them: copied byte for byte wherever it takes them as they are."""

import re
from collections.abc import Callable, Sequence
from typing import Final, Literal

import msgspec
import orjson

from rft_app.domain.export import Lack
from rft_app.domain.message_kind import MessageKind
from rft_app.domain.record import RecordBytes
from rft_app.exports._rows import array
from rft_app.exports.message_kinds import classify, classify_each, kinds_of

_ANSWERED_WHOLE: Final = MessageKind.ANSWERED | MessageKind.WHOLE
_QUESTION: Final = int(MessageKind.QUESTION)
_ASKED_WHOLE: Final = _ANSWERED_WHOLE | MessageKind.QUESTION
_INSTRUCTIONS: Final = {"system": MessageKind.SYSTEM, "developer": MessageKind.DEVELOPER}
_is_canonical_text: Final = re.compile(rb'[^"\\]*+(?:\\[^u/][^"\\]*+)*+"').match
"""Whether a text, from after its first quote, has no escape that JSON could do without."""
_BEGIN: Final = b'{"role":"'
_HEADS: Final = {role: b'[{"role":"%b","content":"' % role.encode() for role in _INSTRUCTIONS}


class _Role(msgspec.Struct):
    role: str


_decode_role = msgspec.json.Decoder(_Role).decode


def ends_with_question(given: Sequence[bytes]) -> bool:
    """Whether a model could answer now: the last turn is a user's or a tool's."""
    return bool(given) and _decode_role(given[-1]).role in {"user", "tool"}


class MessageStyle:
    """How one format writes messages."""

    def __init__(
        self,
        instructions: Literal["system", "developer"],
        rewritten: MessageKind,
        rewrite: Callable[[bytes], bytes | None],
        mark: bytes = b"",
        has_strict_calls: bool = False,
    ) -> None:
        """Say what is not copied.

        Args:
            instructions: The role of instructions.
            rewritten: A kind of other messages to write anew.
            rewrite: Writes one message; `None` when the format cannot hold it.
            mark: Bytes in each message of the kind `rewritten` and, but by chance, in no other.
            has_strict_calls: Whether every call needs its result, and a turn that only calls tools
                `null` for content.
        """
        other = "developer" if instructions == "system" else "system"
        self._heads = _HEADS[other], _HEADS[instructions]
        self._renamed = int(_INSTRUCTIONS[other])
        self._rewritten = int(rewritten)
        self._not_copied = rewritten | self._renamed
        self._rewrite = rewrite
        self._mark = mark
        self._has_strict_calls = has_strict_calls
        self._refused = int(MessageKind.LEFT_OPEN) if has_strict_calls else 0

    def conversation(self, record: RecordBytes) -> bytes | Lack:
        """The messages up to and with the answer, as one JSON array."""
        kinds = record.message_kinds or _find_kinds(record)
        if kinds & self._refused:
            return Lack.CALLS_LEFT_OPEN
        if kinds & _ANSWERED_WHOLE == _ANSWERED_WHOLE and (
            copied := self._copy(record.messages, kinds)
        ):
            return copied
        messages = record.split(record.messages)[: record.turn + 1]
        if len(messages) <= record.turn:
            return Lack.NO_OUTPUT
        return self.convert(messages)

    def question(self, record: RecordBytes) -> bytes | Lack:
        """The messages before the answer, as one JSON array."""
        kinds = record.message_kinds
        if kinds & self._refused:
            return Lack.CALLS_LEFT_OPEN
        if kinds & _ASKED_WHOLE == _ASKED_WHOLE and (given := _cut_answer(record.messages)):
            copied = self._copy(given, kinds)
            if copied is not None:
                return copied
        given = record.given
        if not (kinds & _QUESTION if kinds else ends_with_question(given)):
            return Lack.NO_QUESTION
        return self.convert(given)

    def convert(self, messages: Sequence[bytes]) -> bytes | Lack:
        """Messages, one JSON object each, as one JSON array."""
        kinds = classify_each(messages)
        if any(kind & self._refused for kind in kinds):
            return Lack.CALLS_LEFT_OPEN
        written = list(messages)
        for index, kind in enumerate(kinds):
            raw = bytes(messages[index])
            if not kind or kind & self._not_copied or self._may_be_empty(raw, kind):
                rewritten = self._rewrite(raw)
                if rewritten is None:
                    return Lack.UNSUPPORTED_CONTENT
                written[index] = rewritten
        return array(written)

    def _copy(self, messages: bytes, kinds: int) -> bytes | None:
        """An array of messages of these kinds in this style; `None` where that takes parsing."""
        if self._may_be_empty(messages, kinds):
            return None
        if not kinds & self._not_copied:
            return messages
        copied = self._rename(messages, kinds) if kinds & self._renamed else messages
        return self._splice(copied) if copied and kinds & self._rewritten else copied

    def _may_be_empty(self, messages: bytes, kinds: int) -> bool:
        """Whether empty text may stand beside calls that take none; never false when it does."""
        return self._has_strict_calls and bool(kinds & MessageKind.CALLS) and b'""' in messages

    def _rename(self, messages: bytes, kinds: int) -> bytes | None:
        """Give instructions at the beginning their role in this style."""
        old, new = self._heads
        can_rename = (
            not kinds & MessageKind.LATE_INSTRUCTIONS
            and messages.startswith(old)
            and (b"\\" not in messages or _is_canonical_text(messages, len(old)))
        )
        return new + messages[len(old) :] if can_rename else None

    def _splice(self, messages: bytes) -> bytes | None:
        """Write the messages with the mark anew, and copy what is between them."""
        pieces: list[bytes] = []
        done = 0
        while self._mark and (mark := messages.find(self._mark, done)) >= 0:
            start, end = messages.rfind(_BEGIN, done, mark), messages.find(b"," + _BEGIN, mark)
            end = end if end >= 0 else len(messages) - 1
            try:
                written = self._rewrite(messages[start:end])
            except orjson.JSONDecodeError:  # another message begins in another way
                return None
            if written is None:
                return None
            pieces += (messages[done:start], written)
            done = end
        return b"".join((*pieces, messages[done:])) if pieces else None


def _find_kinds(record: RecordBytes) -> int:
    return kinds_of(classify(record.split(record.messages)), record.turn)


def _cut_answer(messages: bytes) -> bytes | None:
    """A JSON array of messages of known kinds without the last; `None` where that takes parsing.

    Inside text every quote is escaped, so a message begins wherever the mark stands; and it is the
    last one if only one role follows.
    """
    start = messages.rfind(b',{"role":"assistant",')
    is_last = start >= 0 and messages.count(b'"role"', start) == 1
    return messages[:start] + b"]" if is_last else None
