"""One trace in full, on the wire."""

from typing import Any

from rft_app.api.schemas._base import Wire
from rft_app.api.schemas.record import Message
from rft_app.api.schemas.trace import Trace
from rft_app.domain import trace_detail as domain
from rft_app.domain.intake import Outcome


class TraceSpan(Wire):
    """One span of the OpenTelemetry trace that the call belongs to."""

    id: str
    parent_id: str | None
    """Of the span above it, which may never have come; `null` at the root."""
    name: str
    scope: str
    """The instrumentation that made it; empty where it does not say."""
    outcome: Outcome
    trace_id: str | None
    """The trace that was made of it; `null` where it is no model call that could be read."""
    offset_ms: float
    """Milliseconds after the first span began."""
    duration_ms: float | None
    """`null` where the clocks cannot be right."""
    has_failed: bool
    status_message: str
    attributes: dict[str, Any]
    """As they were sent."""


class TraceRecord(Wire):
    """A record that was made of the trace, or of a copy of it."""

    id: str
    dataset_id: str
    dataset_name: str


class TraceSender(Wire):
    """The key that a trace came with, without itself."""

    id: str
    """`RFT_OTLP_KEYS` for those of the settings."""
    name: str


class TraceDetail(Wire):
    """One trace in full."""

    trace: Trace
    messages: list[Message]
    given: int
    """How many of the messages were given to the model."""
    other: dict[str, Any]
    """What else is known: `tools`, `usage`, `finish_reason`, `reference`, `metadata` …"""
    spans: list[TraceSpan]
    """By their beginning; the first 500."""
    num_spans: int
    records: list[TraceRecord]
    """The first 100."""
    num_records: int
    sender: TraceSender | None
    """`null` where nobody asked for a key, and for what came with a file."""

    @classmethod
    def of(cls, detail: domain.TraceDetail) -> "TraceDetail":
        """Convert from the domain."""
        return cls(
            trace=Trace.of(detail.summary),
            messages=[Message.of(message) for message in detail.messages],
            given=detail.num_given,
            other=detail.other,
            spans=[TraceSpan(**span.model_dump()) for span in detail.spans],
            num_spans=detail.num_spans,
            records=[TraceRecord(**record.model_dump()) for record in detail.records],
            num_records=detail.num_records,
            sender=None if detail.sender is None else TraceSender(**detail.sender.model_dump()),
        )
