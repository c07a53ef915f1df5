"""What becomes smaller or goes once it is old: spans, log records, traces that arrived."""

from collections.abc import Sequence
from typing import NamedTuple

import zstandard
from sqlalchemy import text
from sqlmodel import Session

from rft_app.storage.intake import LEVEL, SpanKey
from rft_app.storage.sequences import move_mark, read_mark
from rft_app.storage.trace_copies import list_copies_instead
from rft_app.storage.trace_search import forget_traces

LATE_MS = 86_400_000
"""So long after a span was stored, what arrives late of its call still joins it."""
_TRIMMED = "span_trimmed"
_IS_OLD_HEAD = "dataset_id IS NULL AND continued_by IS NULL"


class OldSpan(NamedTuple):
    """A span whose call became a trace."""

    stored_at: int
    key: SpanKey
    body: bytes
    """The span as JSON."""


def find_days(session: Session) -> int | None:
    """Days that were chosen, 0 to keep everything; `None` where nobody chose."""
    statement = text("SELECT days FROM trace_retention")
    return session.connection().execute(statement).scalar()


def save_days(session: Session, days: int) -> None:
    """Choose days; 0 keeps everything."""
    statement = text(
        "INSERT INTO trace_retention (id, days) VALUES (1, :days) "
        "ON CONFLICT (id) DO UPDATE SET days = excluded.days"
    )
    session.connection().execute(statement, {"days": days})


def read_trimmed(session: Session) -> int:
    """The moment up to which spans are trimmed."""
    return read_mark(session, _TRIMMED)


def move_trimmed(session: Session, start: int, end: int) -> None:
    """Note that all spans up to a moment are trimmed."""
    move_mark(session, _TRIMMED, start, end)


def list_joined_spans(
    session: Session, after: tuple[int, str, str], before_ms: int, limit: int
) -> list[OldSpan]:
    """The next spans that became traces and were stored before a moment.

    Args:
        session: Any.
        after: Moment, trace id and span id of the last one that was listed.
        before_ms: Milliseconds since 1970.
        limit: Most spans.
    """
    statement = text(
        "SELECT stored_at, trace_id, span_id, body FROM span WHERE stored_at >= :at "
        "AND stored_at < :before AND (stored_at, trace_id, span_id) > (:at, :trace, :span) "
        "AND trace_seq IS NOT NULL ORDER BY stored_at, trace_id, span_id LIMIT :limit"
    )
    at, trace, span = after
    values = {"at": at, "trace": trace, "span": span, "before": before_ms, "limit": limit}
    unpack = zstandard.ZstdDecompressor().decompress
    rows = session.connection().execute(statement, values)
    return [OldSpan(row[0], (row[1], row[2]), unpack(row[3])) for row in rows]


def replace_bodies(session: Session, bodies: Sequence[tuple[SpanKey, bytes]]) -> None:
    """Store other JSON of spans."""
    pack = zstandard.ZstdCompressor(level=LEVEL).compress
    statement = text(
        "UPDATE span SET body = :body WHERE trace_id = :trace_id AND span_id = :span_id"
    )
    values = [{"trace_id": key[0], "span_id": key[1], "body": pack(body)} for key, body in bodies]
    if values:
        session.connection().execute(statement, values)


def delete_logs(session: Session, before_ms: int, limit: int) -> int:
    """Delete log records that were stored before a moment; returns how many."""
    statement = text(
        "DELETE FROM span_log WHERE (trace_id, span_id, digest) IN (SELECT trace_id, span_id, "
        "digest FROM span_log WHERE stored_at < :before LIMIT :limit)"
    )
    return session.connection().execute(statement, {"before": before_ms, "limit": limit}).rowcount


def delete_spans(session: Session, before_ms: int, limit: int) -> int:
    """Delete spans that were stored before a moment; returns how many."""
    statement = text(
        "DELETE FROM span WHERE (trace_id, span_id) IN (SELECT trace_id, span_id FROM span "
        "WHERE stored_at < :before ORDER BY stored_at LIMIT :limit)"
    )
    return session.connection().execute(statement, {"before": before_ms, "limit": limit}).rowcount


def delete_traces(session: Session, before_ms: int, limit: int) -> int:
    """Delete conversations that arrived by themselves, and ended before a moment.

    Returns:
        How many were deleted, each with all of its calls.
    """
    heads = _find_old(session, before_ms, limit)
    if not heads:
        return 0
    named = ", ".join(map(str, heads))
    connection = session.connection()
    of_heads = text(f"SELECT seq FROM trace WHERE seq IN ({named}) OR continued_by IN ({named})")
    seqs = list(connection.execute(of_heads).scalars())
    forget_traces(session, seqs)
    named = ", ".join(map(str, seqs))
    list_copies_instead(session, f"{{0}}.seq IN ({named})", {})
    for table in ("trace_body", "trace_prefix", "trace_key", "trace"):
        connection.execute(text(f"DELETE FROM {table} WHERE seq IN ({named})"))
    return len(heads)


def is_any_old(session: Session, before_ms: int) -> bool:
    """Whether a conversation that arrived by itself ended before a moment."""
    return bool(_find_old(session, before_ms, 1))


def is_any_joined(session: Session, after_ms: int, before_ms: int) -> bool:
    """Whether spans or log records were stored between two moments."""
    statement = text(
        "SELECT EXISTS (SELECT 1 FROM span WHERE stored_at >= :after AND stored_at < :before) "
        "OR EXISTS (SELECT 1 FROM span_log WHERE stored_at < :before)"
    )
    values = {"after": after_ms, "before": before_ms}
    return bool(session.connection().execute(statement, values).scalar_one())


def _find_old(session: Session, before_ms: int, limit: int) -> list[int]:
    """Traces are stored in the order of their keys, so that the first ones are the oldest."""
    statement = text(
        f"SELECT seq, created_at FROM trace WHERE {_IS_OLD_HEAD} ORDER BY seq LIMIT :limit"
    )
    rows = session.connection().execute(statement, {"limit": limit})
    return [seq for seq, created_at in rows if created_at < before_ms]
