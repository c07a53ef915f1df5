"""What came over OTLP: batches that wait, spans and their log records, counts."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import zstandard
from sqlalchemy import bindparam, text
from sqlmodel import Session

from rft_app.domain.intake import Batch, Encoding, IntakeCount, Outcome, Signal
from rft_app.storage.copying import insert_rows
from rft_app.storage.keys import split_keys
from rft_app.storage.sequences import reserve

SpanKey = tuple[str, str]
"""Trace id and span id."""

LEVEL = 1
"""Of zstd."""
_MINUTE_MS = 60_000
_TURN = "intake_turn"


class NewSpan(NamedTuple):
    """A span to be stored."""

    key: SpanKey
    outcome: Outcome
    trace_seq: int | None
    session: bytes | None
    """JSON of what it says of its whole trace."""
    body: bytes
    """The span as JSON."""


class StoredSpan(NamedTuple):
    """A span that is there, without its body."""

    key: SpanKey
    outcome: Outcome
    trace_seq: int | None
    session: bytes | None
    stored_at: int


def add_batch(  # a row
    session: Session,
    signal: Signal,
    encoding: Encoding,
    body: bytes,
    received_at: int,
    key_id: str = "",
) -> None:
    """Keep a request until it is read; once the transaction is over, a crash loses nothing."""
    seq = reserve(session, "intake_batch", 1)
    packed = zstandard.ZstdCompressor(level=LEVEL).compress(body)
    columns = ("seq", "signal", "encoding", "size_bytes", "received_at", "body", "key_id")
    row = (seq, signal.value, encoding.value, len(body), received_at, packed, key_id)
    insert_rows(session, "intake_batch", columns, [row])


def measure_backlog(session: Session) -> int:
    """Bytes that wait to be read."""
    statement = text("SELECT COALESCE(SUM(size_bytes), 0) FROM intake_batch")
    return int(session.connection().execute(statement).scalar_one())


def list_batches(session: Session, max_bytes: int) -> list[Batch]:
    """The oldest requests that wait, as many as `max_bytes` hold, and one at least."""
    sizes = text("SELECT seq, size_bytes FROM intake_batch ORDER BY seq LIMIT 64")
    chosen: list[int] = []
    left = max_bytes
    for seq, size in session.connection().execute(sizes):
        left -= size
        if chosen and left < 0:
            break
        chosen.append(seq)
    if not chosen:
        return []
    statement = text(
        "SELECT seq, signal, encoding, body, key_id FROM intake_batch WHERE seq IN :seqs "
        "ORDER BY seq"
    ).bindparams(bindparam("seqs", expanding=True))
    unpack = zstandard.ZstdDecompressor().decompress
    return [
        Batch(seq, Signal(signal), Encoding(encoding), unpack(body), key_id)
        for seq, signal, encoding, body, key_id in session.connection().execute(
            statement, {"seqs": chosen}
        )
    ]


def read_turn(session: Session) -> int:
    """How often batches were stored so far; read it before all that a storing rests on."""
    statement = text("SELECT next FROM sequence WHERE name = :name")
    return session.connection().execute(statement, {"name": _TURN}).scalar() or 0


def take_turn(session: Session, turn: int) -> bool:
    """Be the only one who stores what was read at this turn.

    Returns:
        `False` when another process was faster: what was read is old, nothing may be stored.
    """
    connection = session.connection()
    begin = text("INSERT INTO sequence (name, next) VALUES (:name, 0) ON CONFLICT DO NOTHING")
    connection.execute(begin, {"name": _TURN})
    statement = text("UPDATE sequence SET next = next + 1 WHERE name = :name AND next = :turn")
    return connection.execute(statement, {"name": _TURN, "turn": turn}).rowcount == 1


def delete_batches(session: Session, batches: Sequence[Batch]) -> None:
    """Remove batches that are read."""
    statement = text("DELETE FROM intake_batch WHERE seq IN :seqs").bindparams(
        bindparam("seqs", expanding=True)
    )
    session.connection().execute(statement, {"seqs": [batch.seq for batch in batches]})


def find_spans(session: Session, trace_ids: Collection[str]) -> list[StoredSpan]:
    """All spans of some traces that are there."""
    statement = text(
        "SELECT trace_id, span_id, outcome, trace_seq, session, stored_at FROM span "
        "WHERE trace_id IN :ids"
    ).bindparams(bindparam("ids", expanding=True))
    return [
        StoredSpan((row[0], row[1]), Outcome(row[2]), row[3], _encoded(row[4]), row[5])
        for part in split_keys(trace_ids)
        for row in session.connection().execute(statement, {"ids": part})
    ]


def read_span(session: Session, key: SpanKey) -> bytes:
    """The JSON of a span that is there."""
    statement = text("SELECT body FROM span WHERE trace_id = :trace_id AND span_id = :span_id")
    values = {"trace_id": key[0], "span_id": key[1]}
    body = session.connection().execute(statement, values).scalar_one()
    return zstandard.ZstdDecompressor().decompress(body)


def find_logs(session: Session, keys: Collection[SpanKey]) -> dict[SpanKey, list[bytes]]:
    """The log records of some spans, in the order of their arrival."""
    statement = text(
        "SELECT trace_id, span_id, body FROM span_log WHERE trace_id IN :ids ORDER BY seq"
    ).bindparams(bindparam("ids", expanding=True))
    unpack = zstandard.ZstdDecompressor().decompress
    found: dict[SpanKey, list[bytes]] = {}
    for part in split_keys({trace_id for trace_id, _ in keys}):
        for trace_id, span_id, body in session.connection().execute(statement, {"ids": part}):
            if (trace_id, span_id) in keys:
                found.setdefault((trace_id, span_id), []).append(unpack(body))
    return found


def add_spans(session: Session, spans: Sequence[NewSpan], stored_at: int) -> None:
    """Add spans that are not there."""
    pack = zstandard.ZstdCompressor(level=LEVEL).compress
    columns = ("trace_id", "span_id", "outcome", "trace_seq", "session", "stored_at", "body")
    rows = [
        (
            *span.key,
            span.outcome.value,
            span.trace_seq,
            None if span.session is None else span.session.decode(),
            stored_at,
            pack(span.body),
        )
        for span in spans
    ]
    insert_rows(session, "span", columns, rows)


def mark_span(session: Session, key: SpanKey, outcome: Outcome, trace_seq: int) -> None:
    """Say that a span that was there became a trace."""
    statement = text(
        "UPDATE span SET outcome = :outcome, trace_seq = :seq "
        "WHERE trace_id = :trace_id AND span_id = :span_id"
    )
    values = {"outcome": outcome.value, "seq": trace_seq}
    keys = {"trace_id": key[0], "span_id": key[1]}
    session.connection().execute(statement, values | keys)


def add_logs(session: Session, logs: Sequence[tuple[SpanKey, int, bytes]], stored_at: int) -> None:
    """Add log records of spans by key, fingerprint and JSON; those that are there stay."""
    if not logs:
        return
    first = reserve(session, "span_log", len(logs))
    pack = zstandard.ZstdCompressor(level=LEVEL).compress
    statement = text(
        "INSERT INTO span_log (trace_id, span_id, digest, seq, stored_at, body) "
        "VALUES (:trace_id, :span_id, :digest, :seq, :stored_at, :body) ON CONFLICT DO NOTHING"
    )
    rows = [
        {
            "trace_id": key[0],
            "span_id": key[1],
            "digest": digest,
            "seq": seq,
            "stored_at": stored_at,
            "body": pack(body),
        }
        for seq, (key, digest, body) in enumerate(logs, first)
    ]
    session.connection().execute(statement, rows)


def add_counts(session: Session, counts: Mapping[tuple[str, Outcome], int], at_ms: int) -> None:
    """Count what became of spans and requests."""
    statement = text(
        "INSERT INTO intake_count (minute, source, outcome, number) "
        "VALUES (:minute, :source, :outcome, :number) ON CONFLICT (minute, source, outcome) "
        "DO UPDATE SET number = intake_count.number + excluded.number"
    )
    rows = [
        {
            "minute": at_ms // _MINUTE_MS,
            "source": source,
            "outcome": outcome.value,
            "number": number,
        }
        for (source, outcome), number in sorted(counts.items())
        if number
    ]
    if rows:
        session.connection().execute(statement, rows)


def list_counts(session: Session, since_ms: int) -> list[IntakeCount]:
    """What became of everything since a moment, the commonest first."""
    statement = text(
        "SELECT source, outcome, SUM(number) FROM intake_count WHERE minute >= :minute "
        "GROUP BY source, outcome HAVING SUM(number) <> 0 ORDER BY 3 DESC, 1, 2"
    )
    rows = session.connection().execute(statement, {"minute": since_ms // _MINUTE_MS})
    return [
        IntakeCount(source=source, outcome=Outcome(outcome), number=int(number))
        for source, outcome, number in rows
    ]


def _encoded(value: str | None) -> bytes | None:
    return None if value is None else value.encode()
