"""Use case: look at one trace in full."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlmodel import Session

from rft_app.domain.trace import parse_trace_id, trace_id
from rft_app.domain.trace_detail import TraceDetail, TraceSpan
from rft_app.errors import NotFoundError
from rft_app.storage import trace_detail as stored
from rft_app.storage.bodies import parse_message, split_body
from rft_app.storage.trace_pages import find_summary
from rft_app.storage.trace_senders import find_sender
from rft_app.traces.otlp.span import MS_IN_NS, Span, decode_span

MAX_SPANS: Final = 500
MAX_RECORDS: Final = 100
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def get_trace(session: Session, public_id: str) -> TraceDetail:
    """One trace with its messages, the spans around it and the records made of it.

    Raises:
        NotFoundError: There is no such trace.
    """
    seq = parse_trace_id(public_id)
    summary = None if seq is None else find_summary(session, seq)
    found = None if seq is None else stored.read_body(session, seq)
    if seq is None or summary is None or found is None:
        raise NotFoundError(f"There is no trace {public_id!r}. It may have been deleted.")
    parts = split_body(found.body)
    other = _decode(found.body)
    del other["messages"]
    spans, num_spans = _list_spans(session, found.otlp_trace_id)
    records, num_records = stored.list_records(session, seq, MAX_RECORDS)
    return TraceDetail(
        summary=summary,
        messages=tuple(parse_message(bytes(raw)) for raw in parts.messages),
        num_given=parts.num_given,
        other=other,
        spans=spans,
        num_spans=num_spans,
        records=tuple(records),
        num_records=num_records,
        sender=find_sender(session, seq),
    )


def _list_spans(session: Session, otlp_trace_id: str | None) -> tuple[tuple[TraceSpan, ...], int]:
    if otlp_trace_id is None:
        return (), 0
    packed, number = stored.read_spans(session, otlp_trace_id, MAX_SPANS)
    spans = sorted(
        ((decode_span(each.body), each) for each in packed),
        key=lambda pair: (pair[0].start_ns, pair[0].span_id),
    )
    begin = _find_begin([span for span, _ in spans])
    return tuple(_describe(span, each, begin) for span, each in spans), number


def _find_begin(spans: Sequence[Span]) -> int:
    """When the first span began; spans that do not say when are taken to begin with it."""
    return min((span.start_ns for span in spans if span.start_ns), default=0)


def _describe(span: Span, packed: stored.PackedSpan, begin_ns: int) -> TraceSpan:
    return TraceSpan(
        id=span.span_id,
        parent_id=span.parent_id or None,
        name=span.name,
        scope=span.scope,
        outcome=packed.outcome,
        trace_id=None if packed.trace_seq is None else trace_id(packed.trace_seq),
        offset_ms=max(0, span.start_ns - begin_ns) / MS_IN_NS,
        duration_ms=span.latency_ms,
        has_failed=span.has_failed,
        status_message=span.status_message,
        attributes=span.attributes,
    )
