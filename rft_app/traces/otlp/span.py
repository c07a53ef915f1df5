"""Spans and log records, whatever they were written in; and as JSON, to be kept."""

from typing import Any

import msgspec

MS_IN_NS = 1_000_000
TRACE_ID_DIGITS = 32
SPAN_ID_DIGITS = 16

Attributes = dict[str, Any]
"""Values are those of JSON; bytes are texts in base64."""


class BrokenRequestError(ValueError):
    """A request is not OTLP; the message says where."""


class Event(msgspec.Struct, gc=False):
    """Something that happened during a span."""

    name: str
    time_ns: int
    attributes: Attributes


class Span(msgspec.Struct, gc=False):
    """One timed operation."""

    trace_id: str
    """32 hexadecimal digits."""
    span_id: str
    """16 hexadecimal digits."""
    parent_id: str
    """Empty for the root of a trace."""
    name: str
    kind: int
    start_ns: int
    end_ns: int
    status_code: int
    """0 unset, 1 ok, 2 error."""
    status_message: str
    attributes: Attributes
    events: list[Event]
    resource: Attributes
    """What is true of the process that sent it."""
    scope: str
    """The instrumentation that made it."""

    @property
    def key(self) -> tuple[str, str]:
        """What it is known by."""
        return self.trace_id, self.span_id

    @property
    def has_failed(self) -> bool:
        """Whether its operation ended in an error."""
        return self.status_code == 2  # STATUS_CODE_ERROR

    @property
    def latency_ms(self) -> float | None:
        """How long it took; `None` where the clocks cannot be right."""
        took_ns = self.end_ns - self.start_ns
        return took_ns / MS_IN_NS if self.start_ns and took_ns >= 0 else None


class Log(msgspec.Struct, gc=False):
    """One log record that was written during a span."""

    trace_id: str
    span_id: str
    name: str
    """The event it tells of."""
    time_ns: int
    body: Any
    attributes: Attributes

    @property
    def key(self) -> tuple[str, str]:
        """The span it belongs to."""
        return self.trace_id, self.span_id


def is_usable_id(text: str, num_digits: int) -> bool:
    """Whether an id has the right length, only hexadecimal digits and not zeros alone.

    Example:
        >>> is_usable_id("00f067aa0ba902b7", SPAN_ID_DIGITS), is_usable_id("0" * 16, SPAN_ID_DIGITS)
        (True, False)
    """
    return len(text) == num_digits and not text.strip("0123456789abcdef") and bool(text.strip("0"))


encode = msgspec.json.Encoder().encode
decode_span = msgspec.json.Decoder(Span).decode
decode_log = msgspec.json.Decoder(Log).decode
