"""Parts of a row that several formats share."""

from collections.abc import Callable, Iterable, Sequence, Sized

import msgspec
import orjson

from rft_app.domain.record import RecordBytes

_split_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode

Decode = Callable[[bytes], Sized]
"""Reads a JSON array of messages; raises `msgspec.ValidationError` for a shape it does not know."""

REFERENCE = "reference_answer"
_IDS = frozenset({"record_id", "id", "trace_id"})
"""Fields of the source row one of which is our `trace_id`."""


class _Role(msgspec.Struct):
    role: str


_decode_role = msgspec.json.Decoder(_Role).decode


def ends_with_question(given: Sequence[bytes]) -> bool:
    """Whether a model could answer now: the last turn is a user's or a tool's."""
    return bool(given) and _decode_role(given[-1]).role in {"user", "tool"}


def copy_conversation(record: RecordBytes, decode: Decode) -> bytes | None:
    """The stored messages up to the answer, where there is one and none needs a change.

    Args:
        record: The record.
        decode: Raises `msgspec.ValidationError` for messages that must be written again.
    """
    messages, wanted = record.messages, record.turn + 1
    try:
        num_messages = len(decode(messages))
    except msgspec.ValidationError:
        return None
    if num_messages <= wanted:
        return messages if num_messages == wanted else None
    return array(record.split(messages)[:wanted])


def convert_messages(
    messages: Sequence[bytes], decode: Decode, rewrite: Callable[[bytes], bytes | None]
) -> bytes | None:
    """Messages as one JSON array, written again where needed; `None` when one cannot be.

    Args:
        messages: One JSON object each.
        decode: Raises `msgspec.ValidationError` for an array with a message to write again.
        rewrite: Writes one message; `None` when the format cannot hold it.
    """
    if _is_fit(whole := array(messages), decode):
        return whole
    if _is_fit(array(messages[1:]), decode):  # mostly, only the instructions are to be written
        written = [rewrite(messages[0]), *messages[1:]]
    else:
        written = [raw if _is_fit(array((raw,)), decode) else rewrite(raw) for raw in messages]
    return array(raw for raw in written if raw is not None) if all(written) else None


def _is_fit(messages: bytes, decode: Decode) -> bool:
    try:
        decode(messages)
    except msgspec.ValidationError:
        return False
    return True


def tools_pair(record: RecordBytes) -> bytes:
    """The tools as `,"tools":[…]` to append to an object; nothing where there are none."""
    return b"" if record.tools is None else b',"tools":' + record.tools


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
