"""Messages as a format writes them: copied byte for byte wherever it takes them as they are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from rft_app.domain.export import Lack
from rft_app.domain.message_kind import ANY_MESSAGE, MessageKind
from rft_app.domain.record import RecordBytes
from rft_app.exports._rows import array
from rft_app.exports.message_kinds import classify, kinds_of

_ANSWERED_WHOLE: Final = MessageKind.ANSWERED | MessageKind.WHOLE
_QUESTION: Final = int(MessageKind.QUESTION)
_NOT_FIRST_ONLY: Final = (
    ANY_MESSAGE & ~(MessageKind.SYSTEM | MessageKind.DEVELOPER) | MessageKind.LATE_INSTRUCTIONS
)


class _Role(msgspec.Struct):
    role: str


_decode_role = msgspec.json.Decoder(_Role).decode


def ends_with_question(given: Sequence[bytes]) -> bool:
    """Whether a model could answer now: the last turn is a user's or a tool's."""
    return bool(given) and _decode_role(given[-1]).role in {"user", "tool"}


@dataclass(frozen=True, slots=True)
class MessageStyle:
    """How one format writes messages."""

    rewritten: int
    """Bits of `MessageKind` that are written anew; other kinds are copied."""
    rewrite: Callable[[bytes], bytes | None]
    """Writes one message; `None` when the format cannot hold it."""

    def conversation(self, record: RecordBytes) -> bytes | Lack:
        """The messages up to and with the answer, as one JSON array."""
        kinds = record.message_kinds or _find_kinds(record)
        if kinds & (self.rewritten | _ANSWERED_WHOLE) == _ANSWERED_WHOLE:
            return record.messages
        output = record.output
        if not output:
            return Lack.NO_OUTPUT
        messages = self._convert(record.input + output, kinds)
        return Lack.UNSUPPORTED_CONTENT if messages is None else messages

    def question(self, record: RecordBytes) -> bytes | Lack:
        """The messages before the answer, as one JSON array."""
        given, kinds = record.given, record.message_kinds
        if not (kinds & _QUESTION if kinds else ends_with_question(given)):
            return Lack.NO_QUESTION
        messages = self._convert(given, kinds)
        return Lack.UNSUPPORTED_CONTENT if messages is None else messages

    def convert(self, messages: Sequence[bytes]) -> bytes | None:
        """Messages, one JSON object each, as one JSON array; `None` when one cannot be written."""
        kinds = classify(messages) or [sum(classify([message])) for message in messages]
        written = [
            raw if kind and not kind & self.rewritten else self.rewrite(bytes(raw))
            for raw, kind in zip(messages, kinds, strict=True)
        ]
        return array(raw for raw in written if raw is not None) if all(written) else None

    def _convert(self, messages: Sequence[bytes], kinds: int) -> bytes | None:
        """As `convert`, of messages that together have these kinds."""
        if not kinds:
            return self.convert(messages)
        rewritten = kinds & self.rewritten
        if not rewritten:
            return array(messages)
        if rewritten & _NOT_FIRST_ONLY or kinds & MessageKind.LATE_INSTRUCTIONS:
            return self.convert(messages)
        first = self.rewrite(bytes(messages[0]))
        return None if first is None else array((first, *messages[1:]))


def _find_kinds(record: RecordBytes) -> int:
    return kinds_of(classify(record.split(record.messages)), record.turn)
