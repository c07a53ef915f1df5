"""Parts of a row that several formats share."""

from collections.abc import Callable, Iterable, Sized

import msgspec
import orjson

from rft_app.domain.record import RecordBytes

_split_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode

REFERENCE = "reference_answer"
_IDS = frozenset({"record_id", "id", "trace_id"})
"""Fields of the source row one of which is our `trace_id`."""


class _Role(msgspec.Struct):
    role: str


_decode_role = msgspec.json.Decoder(_Role).decode


def ends_with_question(record: RecordBytes) -> bool:
    """Whether a model could answer now: the last turn is a user's or a tool's."""
    return bool(record.input) and _decode_role(record.input[-1]).role in {"user", "tool"}


def copy_whole(
    record: RecordBytes, decode: Callable[[bytes], Sized], *, with_answer: bool
) -> bytes | None:
    """The stored messages, where they are all that is asked for and need no change; else `None`.

    Args:
        record: The record.
        decode: Raises `msgspec.ValidationError` for messages that must be written again.
        with_answer: Whether the answer is asked for, too.
    """
    try:
        num_messages = len(decode(record.messages))
    except msgspec.ValidationError:
        return None
    return record.messages if num_messages == record.turn + with_answer else None


def array(items: Iterable[bytes]) -> bytes:
    """JSON values as one JSON array."""
    return b"[" + b",".join(items) + b"]"


def columns(record: RecordBytes, reserved: frozenset[str]) -> bytes:
    """Everything a grader may read, as `,"key":value` pairs to append to an object.

    First reference, topic, recorded reward and trace id, where known; then the source row's other
    fields.  One of those that has a taken or reserved name becomes `metadata_<name>`; one that
    only repeats a value under its own name is left out.
    """
    own = _own_columns(record)
    pairs = [_pair(name, value) for name, value in own.items()]
    if record.metadata is not None:
        taken = reserved | own.keys()
        for name, raw in _split_object(record.metadata).items():
            value = bytes(raw)
            if name in _IDS and _repeats(own.get("trace_id"), value):
                continue
            if name not in taken:
                pairs.append(_pair(name, value))
            elif not _repeats(own.get(name), value):
                pairs.append(_pair(f"metadata_{name}", value))
    return b"".join(pairs)


def _own_columns(record: RecordBytes) -> dict[str, bytes]:
    values = {
        REFERENCE: record.reference,
        "topic": record.topic,
        "reward": record.reward,
        "trace_id": record.trace_id,
    }
    return {name: orjson.dumps(value) for name, value in values.items() if value is not None}


def _repeats(own: bytes | None, other: bytes) -> bool:
    """Whether two JSON values say the same, be one of them text and the other a number."""
    return own is not None and own.strip(b'"') == other.strip(b'"')


def _pair(name: str, value: bytes) -> bytes:
    return b"," + orjson.dumps(name) + b":" + value
