"""What the database holds about one trace."""

from typing import NamedTuple

import zstandard
from sqlalchemy import text
from sqlmodel import Session

from rft_app.domain.intake import Outcome
from rft_app.domain.record import record_id
from rft_app.domain.trace_detail import TraceRecord

_OF_TRACE = (
    "FROM record r JOIN dataset d ON d.id = r.dataset_id WHERE r.trace_seq IN "
    "(SELECT t.seq FROM trace t WHERE t.seq = :seq OR t.origin_seq = :seq) AND NOT r.is_archived"
)


class StoredBody(NamedTuple):
    """A trace's JSON, and where its spans are."""

    body: bytes
    otlp_trace_id: str | None
    """`None` where it did not arrive over OTLP."""


class PackedSpan(NamedTuple):
    """A span as it is kept."""

    body: bytes
    """JSON of `rft_app.traces.otlp.span.Span`."""
    outcome: Outcome
    trace_seq: int | None


def read_body(session: Session, seq: int) -> StoredBody | None:
    """The body of a trace; `None` where there is no such trace."""
    statement = text(
        "SELECT b.body, t.source, t.external_id FROM trace t JOIN trace_body b ON b.seq = t.seq "
        "WHERE t.seq = :seq"
    )
    row = session.connection().execute(statement, {"seq": seq}).one_or_none()
    if row is None:
        return None
    is_from_otlp = row[1] != "file" and row[2] is not None
    return StoredBody(bytes(row[0]), row[2].partition("-")[0] if is_from_otlp else None)


def read_spans(session: Session, otlp_trace_id: str, limit: int) -> tuple[list[PackedSpan], int]:
    """Spans of an OpenTelemetry trace, and how many there are."""
    values = {"id": otlp_trace_id, "limit": limit}
    statement = text(
        "SELECT body, outcome, trace_seq FROM span WHERE trace_id = :id "
        "ORDER BY stored_at, span_id LIMIT :limit"
    )
    rows = session.connection().execute(statement, values).all()
    count = text("SELECT COUNT(*) FROM span WHERE trace_id = :id")
    number = session.connection().execute(count, {"id": otlp_trace_id}).scalar_one()
    unpack = zstandard.ZstdDecompressor().decompress
    return [PackedSpan(unpack(row[0]), Outcome(row[1]), row[2]) for row in rows], number


def list_records(session: Session, seq: int, limit: int) -> tuple[list[TraceRecord], int]:
    """Records that are made of a trace or of copies of it, and how many there are."""
    statement = text(f"SELECT r.seq, r.dataset_id, d.name {_OF_TRACE} ORDER BY r.seq LIMIT :limit")
    rows = session.connection().execute(statement, {"seq": seq, "limit": limit})
    found = [
        TraceRecord(id=record_id(row[0]), dataset_id=row[1], dataset_name=row[2]) for row in rows
    ]
    count = text(f"SELECT COUNT(*) {_OF_TRACE}")
    return found, session.connection().execute(count, {"seq": seq}).scalar_one()
