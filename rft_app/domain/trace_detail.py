"""One trace in full: what was said, what the gateway's spans tell, what became of it."""

from typing import Any

from rft_app.domain.entity import Entity
from rft_app.domain.intake import Outcome
from rft_app.domain.message import Message
from rft_app.domain.record import RecordId
from rft_app.domain.trace import TraceId
from rft_app.domain.trace_page import TraceSummary


class TraceSpan(Entity):
    """One span of the OpenTelemetry trace that the call belongs to."""

    id: str
    """16 hexadecimal digits."""
    parent_id: str | None
    """Of the span above it, which may never have come; `None` at the root."""
    name: str
    scope: str
    """The instrumentation that made it; empty where it does not say."""
    outcome: Outcome
    trace_id: TraceId | None
    """The trace that was made of it; `None` where it is no model call that could be read."""
    offset_ms: float
    """Milliseconds after the first span began."""
    duration_ms: float | None
    """`None` where the clocks cannot be right."""
    has_failed: bool
    status_message: str
    attributes: dict[str, Any]
    """As they were sent."""


class TraceRecord(Entity):
    """A record that was made of the trace, or of a copy of it."""

    id: RecordId
    dataset_id: str
    dataset_name: str


class TraceSender(Entity):
    """The key that a trace came with; the key itself is kept nowhere."""

    id: str
    """`RFT_OTLP_KEYS` for those of the settings."""
    name: str


class TraceDetail(Entity):
    """One trace in full."""

    summary: TraceSummary
    messages: tuple[Message, ...]
    num_given: int
    """How many of the messages were given to the model."""
    other: dict[str, Any]
    """What else its JSON holds: `tools`, `usage`, `finish_reason`, `reference`, `metadata` …"""
    spans: tuple[TraceSpan, ...]
    """By their beginning; at most some hundred, of traces that arrived over OTLP."""
    num_spans: int
    records: tuple[TraceRecord, ...]
    """At most some hundred, the first first."""
    num_records: int
    sender: TraceSender | None = None
    """`None` where nobody asked for a key, and for what came with a file."""
