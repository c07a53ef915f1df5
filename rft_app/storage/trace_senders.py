"""Which key a trace came with."""

from collections.abc import Mapping

from sqlalchemy import text
from sqlmodel import Session

from rft_app.domain.intake_key import SETTING
from rft_app.domain.trace_detail import TraceSender
from rft_app.storage.copying import insert_rows

_NAMED = "FROM trace_sender s LEFT JOIN intake_key k ON k.id = s.key_id"


def add_senders(session: Session, keys: Mapping[int, str]) -> None:
    """Note the keys of new traces by the keys of their rows."""
    rows = [(seq, key_id) for seq, key_id in keys.items() if key_id]
    if rows:
        insert_rows(session, "trace_sender", ("trace_seq", "key_id"), rows)


def find_sender(session: Session, seq: int) -> TraceSender | None:
    """The key a trace, or the one that it is a copy of, came with; `None` without one."""
    origin = "(SELECT COALESCE(t.origin_seq, t.seq) FROM trace t WHERE t.seq = :seq)"
    statement = text(f"SELECT s.key_id, k.name {_NAMED} WHERE s.trace_seq = {origin}")
    row = session.connection().execute(statement, {"seq": seq}).one_or_none()
    return None if row is None else _to_sender(*row)


def list_senders(session: Session) -> list[TraceSender]:
    """Every key that some trace came with, by name."""
    used = "EXISTS (SELECT 1 FROM trace_sender s WHERE s.key_id = :setting)"
    named = (
        "SELECT k.id, k.name FROM intake_key k WHERE EXISTS ("
        "SELECT 1 FROM trace_sender s WHERE s.key_id = k.id)"
    )
    statement = text(f"{named} UNION ALL SELECT :setting, :setting WHERE {used}")
    rows = session.connection().execute(statement, {"setting": SETTING})
    return sorted((_to_sender(*row) for row in rows), key=lambda each: (each.name, each.id))


def _to_sender(key_id: str, name: str | None) -> TraceSender:
    return TraceSender(id=key_id, name=name or key_id)
