"""What makes two records, or two traces, the same: what is said in them, not how it was written.

Space between JSON tokens, the order of keys and fields that say nothing (`null`, an empty list)
are ways of writing.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec

from rft_app.domain.hashing import content_hash
from rft_app.storage.bodies import TraceParts, present, split_body
from rft_app.storage.turns import PlainTurn, Turn, decode_all_turns

_encode = msgspec.json.Encoder(order="deterministic").encode


class Fingerprints:
    """Of the records that one stored body gives."""

    def __init__(self, parts: TraceParts, turns: Sequence[Turn]) -> None:
        """Take a body, cut and decoded."""
        tools = present(parts.tools)
        reference = b"" if parts.reference is None else b"=" + parts.reference.encode()
        self._common = (b"" if tools is None else _rewrite(tools), reference)
        is_plain = bool(turns) and isinstance(turns[0], PlainTurn)
        self._messages = turns if is_plain else list(map(_read, parts.messages))

    def of_record(self, turn: int) -> int:
        """Fingerprint of a record's content: input, answer, tools and reference.

        Args:
            turn: Index of the answer; the number of messages when the record has none.
        """
        return content_hash((*self._common, b"%d" % turn, _encode(self._messages[: turn + 1])))

    def of_conversation(self) -> int:
        """Fingerprint of all that the records are made of: without a name, their group."""
        return self.of_record(len(self._messages))


def hash_conversation(body: bytes) -> int:
    """As `Fingerprints.of_conversation`, for a body that is not cut yet."""
    return Fingerprints(split_body(body), decode_all_turns(body)).of_conversation()


def _read(message: msgspec.Raw) -> PlainTurn | dict[str, Any]:
    """A message with all that it says, as a plain turn where it is one."""
    fields = msgspec.json.decode(message, type=dict[str, Any])
    said = {name: value for name, value in fields.items() if value is not None and value != []}
    try:
        return msgspec.convert(said, PlainTurn)
    except msgspec.ValidationError:
        return said


@lru_cache(maxsize=256)
def _rewrite(tools: bytes) -> bytes:
    """Definitions repeat from record to record."""
    return _encode(msgspec.json.decode(tools))
