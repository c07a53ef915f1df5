"""One trace in full, laid out for reading."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from rft_app.domain.intake import Outcome
from rft_app.domain.message import Message
from rft_app.domain.trace import TraceStatus
from rft_app.domain.trace_detail import TraceDetail, TraceSpan
from rft_app.ui.state.record_detail import MessageView, view_message
from rft_app.ui.state.trace_line import UNKNOWN, TraceLine
from rft_app.ui.words import count, latency

DEEPEST = 6
"""Levels of spans that are told apart by their indent."""
LEAST_WIDTH = 0.6
"""Of a bar, in per cent: shorter ones could not be seen."""
_TRIMMED = (
    "What it said is in the trace: a day after a call arrived, its span keeps names and times only."
)
_OUTCOMES = {
    Outcome.CALL: "model call",
    Outcome.NO_CONTENT: "model call without messages",
    Outcome.NO_CALL: "",
    Outcome.UNREADABLE: "unreadable",
}


@dataclass(frozen=True)
class Fact:
    """A name and what it is."""

    name: str
    value: str


@dataclass(frozen=True)
class SpanBar:
    """One line of the waterfall."""

    id: str
    name: str
    indent: str
    """Padding, in CSS."""
    left: str
    """Where the bar begins, in per cent of the whole."""
    width: str
    took: str
    outcome: str
    is_this: bool
    """Whether it is the call that this trace was made of."""
    has_failed: bool
    fault: str
    note: str
    """Why it says nothing itself; empty where it does."""


@dataclass(frozen=True)
class RecordLink:
    """A record that was made of the trace."""

    id: str
    dataset: str
    href: str


@dataclass(frozen=True)
class TraceView:
    """Everything the detail shows."""

    id: str = ""
    outcome: str = ""
    facts: list[Fact] = field(default_factory=list)
    messages: list[MessageView] = field(default_factory=list)
    num_messages: int = 0
    has_answer: bool = False
    fault: str = ""
    """Why the call failed, as its span says it."""
    spans: list[SpanBar] = field(default_factory=list)
    num_spans: int = 0
    more_spans: str = ""
    """How many are not shown; empty when all are."""
    rows: list[str] = field(default_factory=list)
    """What else it holds, as JSON."""
    records: list[RecordLink] = field(default_factory=list)
    num_records: int = 0
    more_records: str = ""


def view_trace(detail: TraceDetail) -> TraceView:
    """Lay out one trace."""
    summary = detail.summary
    line = TraceLine.of(summary)
    moment = datetime.fromtimestamp(summary.recorded_at / 1000, UTC)
    spans = view_spans(detail.spans, summary.id)
    return TraceView(
        id=summary.id,
        outcome=line.outcome,
        facts=[
            Fact("When", f"{moment:%Y-%m-%d %H:%M:%S} UTC"),
            Fact("Source", summary.source),
            Fact("Model", line.model),
            Fact("Tokens", line.tokens),
            Fact("Latency", line.latency),
            Fact("Tools called", line.tools),
            *([Fact("Calls", f"{line.calls}, this is the last")] if line.calls else []),
            *([Fact("Rating", f"{summary.reward:.2g}")] if line.rating else []),
            *([] if detail.sender is None else [Fact("Key", detail.sender.name)]),
            Fact("Dataset", summary.dataset_name or "none"),
        ],
        messages=_view_messages(detail.messages, detail.num_given),
        num_messages=len(detail.messages),
        has_answer=summary.has_response,
        fault=_find_fault(detail, spans) if summary.status is TraceStatus.ERROR else "",
        spans=spans,
        num_spans=detail.num_spans,
        more_spans=_count_more(detail.num_spans - len(detail.spans), "span"),
        rows=[msgspec.json.encode(detail.other).decode()] if detail.other else [],
        records=[
            RecordLink(
                id=record.id,
                dataset=record.dataset_name,
                href=f"/optimization/{record.dataset_id}?records=all&record={record.id}",
            )
            for record in detail.records
        ],
        num_records=detail.num_records,
        more_records=_count_more(detail.num_records - len(detail.records), "record"),
    )


def _find_fault(detail: TraceDetail, spans: Sequence[SpanBar]) -> str:
    """What the provider said of a call that failed; empty where it said nothing in words."""
    told = (span.fault for span in spans if span.is_this)
    metadata = _mapping(detail.other.get("metadata"))
    kept = (holder.get("error") for holder in (metadata, _mapping(metadata.get("response"))))
    texts = (_mapping(error).get("message", error) for error in kept)
    return next((text for text in (*told, *texts) if text and isinstance(text, str)), "")


def _mapping(value: Any) -> dict[str, Any]:  # noqa: ANN401  # any JSON
    return value if isinstance(value, dict) else {}


def _count_more(number: int, noun: str) -> str:
    return f"and {count(number, noun)} more" if number > 0 else ""


def _view_messages(messages: Sequence[Message], num_given: int) -> list[MessageView]:
    names: dict[str, str] = {}
    views: list[MessageView] = []
    for place, message in enumerate(messages):
        is_answer = message.role == "assistant" and place >= num_given
        views.append(view_message(message, names, is_answer=is_answer))
        names |= {call.id: call.function.name for call in message.tool_calls or ()}
    return views


def view_spans(spans: Sequence[TraceSpan], trace_id: str) -> list[SpanBar]:
    """A waterfall: bars over the time from the first beginning to the last end."""
    whole_ms = max((span.offset_ms + (span.duration_ms or 0) for span in spans), default=0) or 1
    parents = {span.id: span.parent_id for span in spans}
    return [
        SpanBar(
            id=span.id,
            name=span.name or "(no name)",
            indent=f"{14 * _depth(span.id, parents)}px",
            left=f"{min(100 * span.offset_ms / whole_ms, 100 - LEAST_WIDTH):.2f}%",
            width=f"{max(100 * (span.duration_ms or 0) / whole_ms, LEAST_WIDTH):.2f}%",
            took=UNKNOWN if span.duration_ms is None else latency(span.duration_ms),
            outcome=_OUTCOMES.get(span.outcome, span.outcome.value),
            is_this=span.trace_id == trace_id,
            has_failed=span.has_failed,
            fault=span.status_message if span.has_failed else "",
            note=_TRIMMED if span.outcome is Outcome.CALL and not span.attributes else "",
        )
        for span in spans
    ]


def _depth(span_id: str, parents: Mapping[str, str | None]) -> int:
    """How many of the spans above it arrived; parents that never came do not count."""
    depth, above = 0, parents[span_id]
    while above is not None and above in parents and depth < DEEPEST:
        depth, above = depth + 1, parents[above]
    return depth
