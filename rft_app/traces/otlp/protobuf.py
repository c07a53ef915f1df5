"""OTLP requests in protobuf, as exporters send them unless told otherwise."""

import base64
from collections.abc import Iterable
from typing import Any, TypeVar

from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1 import trace_pb2

from rft_app.traces.otlp.span import (
    SPAN_ID_DIGITS,
    TRACE_ID_DIGITS,
    Attributes,
    BrokenRequestError,
    Event,
    Log,
    Span,
)

MessageT = TypeVar("MessageT", bound=Message)


def read_spans(body: bytes) -> list[Span]:
    """The spans of an `ExportTraceServiceRequest`.

    Raises:
        BrokenRequestError: The bytes are none, or a text in them is not UTF-8.
    """
    spans: list[Span] = []
    for group in _parse(ExportTraceServiceRequest, body).resource_spans:
        resource = _attributes(group.resource.attributes)
        for scoped in group.scope_spans:
            scope = scoped.scope.name
            spans += [_span(span, resource, scope) for span in scoped.spans]
    return spans


def read_logs(body: bytes) -> list[Log]:
    """The log records of an `ExportLogsServiceRequest`.

    Raises:
        BrokenRequestError: The bytes are none, or a text in them is not UTF-8.
    """
    return [
        _log(record)
        for group in _parse(ExportLogsServiceRequest, body).resource_logs
        for scoped in group.scope_logs
        for record in scoped.log_records
    ]


def count_spans(body: bytes) -> tuple[int, int]:
    """How many spans of a request have usable ids, and how many have none.

    Raises:
        BrokenRequestError: The bytes are no request.
    """
    num_usable = num_others = 0
    for group in _parse(ExportTraceServiceRequest, body).resource_spans:
        for scoped in group.scope_spans:
            num_found = sum(map(_is_usable, scoped.spans))
            num_usable += num_found
            num_others += len(scoped.spans) - num_found
    return num_usable, num_others


def count_logs(body: bytes) -> int:
    """How many log records a request has.

    Raises:
        BrokenRequestError: The bytes are no request.
    """
    return sum(
        len(scoped.log_records)
        for group in _parse(ExportLogsServiceRequest, body).resource_logs
        for scoped in group.scope_logs
    )


def write_span_answer(num_rejected: int, message: str) -> bytes:
    """The answer to a request of spans; empty when all were taken."""
    answer = ExportTraceServiceResponse()
    if num_rejected:
        answer.partial_success.rejected_spans = num_rejected
        answer.partial_success.error_message = message
    return answer.SerializeToString()


def write_log_answer() -> bytes:
    """The answer to a request of log records, which are never refused one by one."""
    return ExportLogsServiceResponse().SerializeToString()


def write_status(message: str) -> bytes:
    """A `google.rpc.Status` with a message: its field 2, a text."""
    text = message.encode()
    return b"\x12" + _varint(len(text)) + text


def _varint(number: int) -> bytes:
    digits = bytearray()
    while number > 0x7F:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    digits.append(number)
    return bytes(digits)


def _parse(kind: type[MessageT], body: bytes) -> MessageT:
    try:
        return kind.FromString(body)
    except DecodeError as error:
        raise BrokenRequestError(
            f"The body is not {kind.__name__} in protobuf: {error}."
        ) from error


def _is_usable(span: trace_pb2.Span) -> bool:
    ids = ((span.trace_id, TRACE_ID_DIGITS), (span.span_id, SPAN_ID_DIGITS))
    return all(2 * len(own) == digits and own.strip(b"\0") for own, digits in ids)


def _span(span: trace_pb2.Span, resource: Attributes, scope: str) -> Span:
    return Span(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        name=span.name,
        kind=span.kind,
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano,
        status_code=span.status.code,
        status_message=span.status.message,
        attributes=_attributes(span.attributes),
        events=[
            Event(event.name, event.time_unix_nano, _attributes(event.attributes))
            for event in span.events
        ],
        resource=resource,
        scope=scope,
    )


def _log(record: LogRecord) -> Log:
    attributes = _attributes(record.attributes)
    return Log(
        trace_id=record.trace_id.hex(),
        span_id=record.span_id.hex(),
        name=record.event_name or str(attributes.get("event.name", "")),
        time_ns=record.time_unix_nano or record.observed_time_unix_nano,
        body=_value(record.body),
        attributes=attributes,
    )


def _attributes(pairs: Iterable[KeyValue]) -> Attributes:
    """Most values are texts, which are read without asking for their kind."""
    return {pair.key: pair.value.string_value or _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Any:  # noqa: ANN401  # JSON
    kind = value.WhichOneof("value")
    if kind == "string_value":
        return value.string_value
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    if kind == "kvlist_value":
        return _attributes(value.kvlist_value.values)
    if kind == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    return None if kind is None else getattr(value, kind)
