"""Requests of either encoding and signal, and their answers."""

from typing import NamedTuple

from rft_app.domain.intake import Encoding, Signal
from rft_app.traces.otlp import json_text, protobuf
from rft_app.traces.otlp.size import require_size
from rft_app.traces.otlp.span import SPAN_ID_DIGITS, TRACE_ID_DIGITS, Log, Span, is_usable_id

REFUSAL = "Spans without a usable trace id (16 bytes) or span id (8 bytes) were refused."


class Request(NamedTuple):
    """What a request carries that can be used."""

    spans: list[Span]
    logs: list[Log]


def read_request(signal: Signal, encoding: Encoding, body: bytes) -> Request:
    """Read a request; spans and log records that name no span are left out.

    Raises:
        BrokenRequestError: It is not OTLP.
    """
    codec = protobuf if encoding is Encoding.PROTOBUF else json_text
    if signal is Signal.LOGS:
        return Request([], [log for log in codec.read_logs(body) if _is_usable(log)])
    return Request([span for span in codec.read_spans(body) if _is_usable(span)], [])


class Checked(NamedTuple):
    """What a request holds."""

    num_taken: int
    """Spans with usable ids, and log records, which need none."""
    num_refused: int = 0
    """Spans without usable ids."""


def check_request(signal: Signal, encoding: Encoding, body: bytes, max_records: int) -> Checked:
    """Whether a request can be read, without reading it in full.

    Raises:
        BrokenRequestError: It is not OTLP.
        TooLargeError: It holds more spans or log records than may be.
    """
    require_size(signal, encoding, body, max_records)
    if encoding is Encoding.PROTOBUF:
        if signal is Signal.LOGS:
            return Checked(protobuf.count_logs(body))
        return Checked(*protobuf.count_spans(body))
    if signal is Signal.LOGS:
        return Checked(len(json_text.read_logs(body)))
    spans = json_text.read_spans(body)
    num_taken = sum(map(_is_usable, spans))
    return Checked(num_taken, len(spans) - num_taken)


def write_answer(signal: Signal, encoding: Encoding, num_refused: int) -> bytes:
    """What a request that was taken is answered with, refused spans named as partial success."""
    codec = protobuf if encoding is Encoding.PROTOBUF else json_text
    if signal is Signal.LOGS:
        return codec.write_log_answer()
    return codec.write_span_answer(num_refused, REFUSAL)


def write_status(encoding: Encoding, message: str) -> bytes:
    """What a request that was refused is answered with: a `google.rpc.Status`."""
    codec = protobuf if encoding is Encoding.PROTOBUF else json_text
    return codec.write_status(message)


def _is_usable(found: Span | Log) -> bool:
    return is_usable_id(found.trace_id, TRACE_ID_DIGITS) and is_usable_id(
        found.span_id, SPAN_ID_DIGITS
    )
