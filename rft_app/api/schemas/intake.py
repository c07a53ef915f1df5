"""Traces in one list, and what arrived, on the wire."""

from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import Field

from rft_app.api.schemas._base import Wire, WireRequest
from rft_app.api.schemas.trace import Trace, TraceFilters
from rft_app.domain import intake as domain
from rft_app.domain import intake_overview as overview
from rft_app.domain.retention import MAX_DAYS
from rft_app.domain.trace import TraceId
from rft_app.domain.trace_page import TraceFilter, TracePage
from rft_app.services.traces import MAX_PAGE


class TraceQuery(TraceFilters):
    """Which page of which traces."""

    cursor: str | None = None
    """`nextCursor` of the page before."""
    limit: int = Field(default=50, ge=1, le=MAX_PAGE)
    conversation: str | None = None
    """Id of a conversation's last call: only it and the calls that it continues."""

    def to_filter(self) -> TraceFilter:
        """Convert to the domain."""
        last = None if self.conversation is None else TraceId(self.conversation)
        return super().to_filter().model_copy(update={"conversation": last})


class TraceList(Wire):
    """One page of traces."""

    traces: list[Trace]
    next_cursor: str | None
    """`null` on the last page."""

    @classmethod
    def of(cls, page: TracePage) -> "TraceList":
        """Convert from the domain."""
        return cls(traces=[Trace.of(row) for row in page.rows], next_cursor=page.next_cursor)


class IntakeCount(Wire):
    """How often something became of what a source sent."""

    source: str
    """The dialect, or `otlp` where none was looked for."""
    outcome: domain.Outcome
    number: int
    meaning: str
    """What happened and, where something can be done, what."""

    @classmethod
    def of(cls, count: domain.IntakeCount) -> "IntakeCount":
        """Convert from the domain."""
        return cls(
            source=count.source,
            outcome=count.outcome,
            number=count.number,
            meaning=count.outcome.meaning,
        )


class IntakeMinute(Wire):
    """Traces that were made of what a source sent within a minute."""

    begins_at: datetime
    source: str
    traces: int

    @classmethod
    def of(cls, arrived: overview.IntakeMinute) -> "IntakeMinute":
        """Convert from the domain."""
        begins_at = datetime.fromtimestamp(arrived.minute * 60, UTC)
        return cls(begins_at=begins_at, source=arrived.source, traces=arrived.number)


class Intake(Wire):
    """What became of what arrived."""

    days: int
    counts: list[IntakeCount]
    """Of those days."""
    minutes: list[IntakeMinute]
    """Of the last hour."""

    @classmethod
    def of(
        cls,
        days: int,
        counts: Sequence[domain.IntakeCount],
        minutes: Sequence[overview.IntakeMinute],
    ) -> "Intake":
        """Convert from the domain."""
        return cls(
            days=days,
            counts=[IntakeCount.of(each) for each in counts],
            minutes=[IntakeMinute.of(each) for each in minutes],
        )


class Retention(WireRequest):
    """How long traces that arrive by themselves are kept, and their spans."""

    days: int = Field(ge=0, le=MAX_DAYS)
    """0 keeps them. A dataset keeps its copies of the traces that it was made of."""
