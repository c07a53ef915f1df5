"""OTLP requests in JSON: ids in hexadecimal, 64-bit integers as texts or numbers.

Unknown fields are ignored, as the specification wants.
"""

from typing import Any, TypeVar

import msgspec

from rft_app.traces.otlp.span import Attributes, BrokenRequestError, Event, Log, Span

Number = int | str | float
T = TypeVar("T")


class _Array(msgspec.Struct):
    values: list["_Value"] = []


class _KeyValues(msgspec.Struct):
    values: list["_Pair"] = []


class _Value(msgspec.Struct, rename="camel"):
    string_value: str | None = None
    bool_value: bool | None = None
    int_value: int | str | None = None
    double_value: float | str | None = None
    array_value: _Array | None = None
    kvlist_value: _KeyValues | None = None
    bytes_value: str | None = None


class _Pair(msgspec.Struct):
    key: str = ""
    value: _Value | None = None


class _Resource(msgspec.Struct):
    attributes: list[_Pair] = []


class _Scope(msgspec.Struct):
    name: str = ""


class _Status(msgspec.Struct):
    code: int | str = 0
    message: str = ""


class _Event(msgspec.Struct, rename="camel"):
    name: str = ""
    time_unix_nano: Number = 0
    attributes: list[_Pair] = []


class _Span(msgspec.Struct, rename="camel"):
    trace_id: str = ""
    span_id: str = ""
    parent_span_id: str | None = None
    name: str = ""
    kind: int | str = 0
    start_time_unix_nano: Number = 0
    end_time_unix_nano: Number = 0
    attributes: list[_Pair] = []
    events: list[_Event] = []
    status: _Status | None = None


class _ScopeSpans(msgspec.Struct):
    spans: list[_Span] = []
    scope: _Scope | None = None


class _ResourceSpans(msgspec.Struct, rename="camel"):
    scope_spans: list[_ScopeSpans] = []
    resource: _Resource | None = None


class _TraceRequest(msgspec.Struct, rename="camel"):
    resource_spans: list[_ResourceSpans] = []


class _LogRecord(msgspec.Struct, rename="camel"):
    trace_id: str = ""
    span_id: str = ""
    event_name: str = ""
    time_unix_nano: Number = 0
    observed_time_unix_nano: Number = 0
    body: _Value | None = None
    attributes: list[_Pair] = []


class _ScopeLogs(msgspec.Struct, rename="camel"):
    log_records: list[_LogRecord] = []


class _ResourceLogs(msgspec.Struct, rename="camel"):
    scope_logs: list[_ScopeLogs] = []


class _LogRequest(msgspec.Struct, rename="camel"):
    resource_logs: list[_ResourceLogs] = []


_traces = msgspec.json.Decoder(_TraceRequest)
_logs = msgspec.json.Decoder(_LogRequest)
_KINDS = {
    "SPAN_KIND_INTERNAL": 1,
    "SPAN_KIND_SERVER": 2,
    "SPAN_KIND_CLIENT": 3,
    "SPAN_KIND_PRODUCER": 4,
    "SPAN_KIND_CONSUMER": 5,
}
_STATUSES = {"STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": 2}


def read_spans(body: bytes) -> list[Span]:
    """The spans of an `ExportTraceServiceRequest`.

    Raises:
        BrokenRequestError: The bytes are none; the message says where.
    """
    spans: list[Span] = []
    for group in _parse(_traces, body).resource_spans:
        resource = _attributes(group.resource.attributes) if group.resource else {}
        for scoped in group.scope_spans:
            scope = scoped.scope.name if scoped.scope else ""
            spans += [_span(span, resource, scope) for span in scoped.spans]
    return spans


def read_logs(body: bytes) -> list[Log]:
    """The log records of an `ExportLogsServiceRequest`.

    Raises:
        BrokenRequestError: The bytes are none; the message says where.
    """
    return [
        _log(record)
        for group in _parse(_logs, body).resource_logs
        for scoped in group.scope_logs
        for record in scoped.log_records
    ]


def write_span_answer(num_rejected: int, message: str) -> bytes:
    """The answer to a request of spans."""
    if not num_rejected:
        return b"{}"
    told = {"rejectedSpans": str(num_rejected), "errorMessage": message}
    return msgspec.json.encode({"partialSuccess": told})


def write_log_answer() -> bytes:
    """The answer to a request of log records, which are never refused one by one."""
    return b"{}"


def write_status(message: str) -> bytes:
    """A `google.rpc.Status` with a message."""
    return msgspec.json.encode({"message": message})


def _parse(decoder: "msgspec.json.Decoder[T]", body: bytes) -> T:
    try:
        if not body.isascii():
            body.decode()  # the decoder does not look at fields that it does not know
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BrokenRequestError(f"The body is not OTLP in JSON: {error}.") from error


def _span(span: _Span, resource: Attributes, scope: str) -> Span:
    status = span.status or _Status()
    return Span(
        trace_id=span.trace_id.lower(),
        span_id=span.span_id.lower(),
        parent_id=(span.parent_span_id or "").lower(),
        name=span.name,
        kind=_enum(span.kind, _KINDS),
        start_ns=_integer(span.start_time_unix_nano),
        end_ns=_integer(span.end_time_unix_nano),
        status_code=_enum(status.code, _STATUSES),
        status_message=status.message,
        attributes=_attributes(span.attributes),
        events=[
            Event(event.name, _integer(event.time_unix_nano), _attributes(event.attributes))
            for event in span.events
        ],
        resource=resource,
        scope=scope,
    )


def _log(record: _LogRecord) -> Log:
    attributes = _attributes(record.attributes)
    time_ns = _integer(record.time_unix_nano) or _integer(record.observed_time_unix_nano)
    return Log(
        trace_id=record.trace_id.lower(),
        span_id=record.span_id.lower(),
        name=record.event_name or str(attributes.get("event.name", "")),
        time_ns=time_ns,
        body=_value(record.body),
        attributes=attributes,
    )


def _attributes(pairs: list[_Pair]) -> Attributes:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: _Value | None) -> Any:  # noqa: ANN401  # JSON
    if value is None or value.string_value is not None:
        return value and value.string_value
    if value.array_value is not None:
        return [_value(each) for each in value.array_value.values]
    if value.kvlist_value is not None:
        return _attributes(value.kvlist_value.values)
    return _scalar(value)


def _scalar(value: _Value) -> bool | float | str | None:
    if value.int_value is not None:
        return _integer(value.int_value)
    if value.double_value is not None:
        return _float(value.double_value)
    return value.bool_value if value.bytes_value is None else value.bytes_value


def _enum(value: int | str, names: dict[str, int]) -> int:
    return names.get(value, 0) if isinstance(value, str) else value


def _integer(value: Number) -> int:
    try:
        number = int(value)
    except (ValueError, OverflowError) as error:
        raise BrokenRequestError(f"{str(value)[:40]!r} is not a 64-bit integer.") from error
    if not -(1 << 63) <= number < 1 << 64:
        raise BrokenRequestError(f"{str(value)[:40]!r} is more than 64 bits hold.")
    return number


def _float(value: float | str) -> float:
    try:
        return float(value)
    except ValueError as error:
        raise BrokenRequestError(f"{str(value)[:40]!r} is not a number.") from error
