"""Parts of a row that several formats share."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache

import msgspec

from rft_app.domain.record import RecordBytes

_split_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode

_NOTHING = msgspec.Raw(b"")

REFERENCE = "reference_answer"
_IDS = ("record_id", "id", "trace_id")
"""Fields of the source row one of which is our `trace_id`."""


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
    begin = b"," + _encode(own)[1:-1] if own else b""
    metadata = record.metadata
    if metadata is None:
        return begin
    pick, nothing = _picker(tuple(own), reserved)
    if pick(metadata) != nothing:
        return _merge(own, _split_object(metadata), reserved)
    return b"%b,%b" % (begin, metadata[1:-1])


@cache
def _picker(
    own: tuple[str, ...], reserved: frozenset[str]
) -> tuple[Callable[[bytes], msgspec.Struct], msgspec.Struct]:
    """What finds the fields whose names are taken, and what it gives where there are none."""
    ids = _IDS if "trace_id" in own else ()
    names = [(name, msgspec.Raw, _NOTHING) for name in sorted({*own, *ids, *reserved})]
    taken = msgspec.defstruct("Taken", names)
    return msgspec.json.Decoder(taken).decode, taken()


def _merge(
    own: dict[str, str | float], fields: dict[str, msgspec.Raw], reserved: frozenset[str]
) -> bytes:
    for name in _IDS:
        if name in fields and _repeats(own.get("trace_id"), fields[name]):
            del fields[name]
    row = own | fields
    if len(row) < len(own) + len(fields) or not reserved.isdisjoint(fields):
        row = own | dict(_rename(fields, own, reserved))
    return b"," + _encode(row)[1:-1] if row else b""


def _own_columns(record: RecordBytes) -> dict[str, str | float]:
    own: dict[str, str | float] = {}
    if record.reference is not None:
        own[REFERENCE] = record.reference
    if record.topic is not None:
        own["topic"] = record.topic
    if record.reward is not None:
        own["reward"] = record.reward
    if record.trace_id is not None:
        own["trace_id"] = record.trace_id
    return own


def _rename(
    fields: dict[str, msgspec.Raw],
    own: Mapping[str, str | float],
    reserved: frozenset[str],
) -> Iterator[tuple[str, msgspec.Raw]]:
    for name, value in fields.items():
        if name not in own and name not in reserved:
            yield name, value
        elif not _repeats(own.get(name), value):
            yield f"metadata_{name}", value


def _repeats(own: str | float | None, other: msgspec.Raw) -> bool:
    """Whether a value and a JSON value say the same, be one of them text and the other a number."""
    return own is not None and _encode(own).strip(b'"') == bytes(other).strip(b'"')
