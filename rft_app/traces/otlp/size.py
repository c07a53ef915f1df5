"""How much a request would take to read, found out before anything is made of it.

The shortest span has two bytes in protobuf and three in JSON, and takes some hundred once it is
read.  Bodies are therefore bounded by what they hold, too: spans and log records, and what those
consist of.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final, NoReturn, TypeAlias

import msgspec

from rft_app.domain.intake import Encoding, Signal
from rft_app.errors import TooLargeError
from rft_app.traces.otlp.span import BrokenRequestError

_OBJECTS_PER_RECORD: Final = 100
"""On the average; an attribute in JSON has two."""
_FIELDS_PER_RECORD: Final = 200
"""On the average; an attribute in protobuf has four."""
_OBJECT: Final = re.compile(rb'\{[ \t\r\n]*["}]')
"""The beginning of an object in JSON; inside of texts a quote is escaped."""

_VARINT: Final = 0
_BYTES: Final = 2
_WIDTHS: Final = {1: 8, 3: 0, 4: 0, 5: 4}
"""Bytes of a value by wire type; a group's are fields that follow."""

_Shape: TypeAlias = "dict[int, _Shape]"
"""The fields of a message that are messages themselves, by number."""
_VALUE: Final[_Shape] = {}
_PAIR: Final[_Shape] = {2: _VALUE}
_VALUE.update({5: {1: _VALUE}, 6: {1: _PAIR}})
_RECORDS: Final[dict[Signal, _Shape]] = {
    Signal.TRACES: {9: _PAIR, 11: {3: _PAIR}, 13: {4: _PAIR}},
    Signal.LOGS: {5: _VALUE, 6: _PAIR},
}


class _Scope(msgspec.Struct, rename="camel"):
    spans: list[msgspec.Raw] = []
    log_records: list[msgspec.Raw] = []


class _Resource(msgspec.Struct, rename="camel"):
    scope_spans: list[_Scope] = []
    scope_logs: list[_Scope] = []


class _Request(msgspec.Struct, rename="camel"):
    resource_spans: list[_Resource] = []
    resource_logs: list[_Resource] = []


_decode = msgspec.json.Decoder(_Request).decode


def require_size(signal: Signal, encoding: Encoding, body: bytes, max_records: int) -> None:
    """Check that a request holds no more spans or log records than may be.

    Raises:
        BrokenRequestError: It cannot be told, because the body is not OTLP.
        TooLargeError: It holds more, or these consist of more parts than real ones do.
    """
    if encoding is Encoding.JSON:
        _require_json(body, max_records)
    else:
        _require_protobuf(signal, body, max_records)


def _require_json(body: bytes, max_records: int) -> None:
    limit = max_records * _OBJECTS_PER_RECORD
    if body.count(b"{") > limit and any(islice(_OBJECT.finditer(body), limit, None)):
        _refuse(max_records)
    try:
        request = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BrokenRequestError(f"The body is not OTLP in JSON: {error}.") from error
    scopes = [scope for group in request.resource_spans for scope in group.scope_spans]
    scopes += [scope for group in request.resource_logs for scope in group.scope_logs]
    if sum(len(scope.spans) + len(scope.log_records) for scope in scopes) > max_records:
        _refuse(max_records)


def _require_protobuf(signal: Signal, body: bytes, max_records: int) -> None:
    limit = max_records * _FIELDS_PER_RECORD
    is_small = len(body) <= 2 * limit  # it cannot hold more fields than may be
    record: _Shape = {} if is_small else _RECORDS[signal]
    about: _Shape = {} if is_small else {1: {1: _PAIR, 3: _PAIR}}
    request: _Shape = {1: {**about, 2: {**about, 2: record}}}
    num_records = 0
    try:
        for number, shape in enumerate(_walk(body, request), 1):
            num_records += shape is record
            if num_records > max_records or number > limit:
                _refuse(max_records)
    except IndexError as error:
        raise BrokenRequestError("The body is not OTLP in protobuf: it is cut off.") from error


def _walk(body: bytes, request: _Shape) -> "Iterator[_Shape | None]":
    """The shape of each field, in the order of the bytes; `None` where there is no need to look."""
    at = 0
    inside = [(request, len(body))]
    while inside:
        shape, end = inside[-1]
        if at == end:
            inside.pop()
            continue
        tag, at = _read_varint(body, at)
        child = shape.get(tag >> 3) if tag & 7 == _BYTES else None
        start, at = _find_value(body, at, tag & 7)
        if at > end:
            raise IndexError
        if child is not None:
            inside.append((child, at))
            at = start
        yield child


def _find_value(body: bytes, at: int, kind: int) -> tuple[int, int]:
    """Where a value begins and where it ends."""
    if kind == _BYTES:
        length, at = _read_varint(body, at)
        return at, at + length
    if kind == _VARINT:
        return at, _read_varint(body, at)[1]
    if kind not in _WIDTHS:
        raise BrokenRequestError(f"The body is not OTLP in protobuf: it has wire type {kind}.")
    return at, at + _WIDTHS[kind]


def _read_varint(body: bytes, at: int) -> tuple[int, int]:
    """A number, and where it ends."""
    number = 0
    for shift in range(0, 70, 7):
        digit = body[at]
        at += 1
        number |= (digit & 0x7F) << shift
        if digit < 0x80:
            return number, at
    raise BrokenRequestError("The body is not OTLP in protobuf: a number has no end.")


def _refuse(max_records: int) -> NoReturn:
    raise TooLargeError(
        f"The request holds more than {max_records:,} spans or log records, the limit of "
        "RFT_MAX_OTLP_RECORDS, or these have far more parts than real ones. "
        "Send smaller batches or raise the limit."
    )
