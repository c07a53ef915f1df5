"""Rows of a file that say only parts of traces, kept until the file is read to its end."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import zstandard
from sqlalchemy import bindparam, text
from sqlmodel import Session

from rft_app.storage.copying import insert_rows
from rft_app.storage.intake import LEVEL


class StoredPart(NamedTuple):
    """A part, in the order of its file among those of its key."""

    key: str
    role: str
    line_number: int
    data: bytes


def add_parts(session: Session, import_id: str, parts: Sequence[StoredPart]) -> None:
    """Keep parts; those of one line follow each other."""
    pack = zstandard.ZstdCompressor(level=LEVEL).compress
    columns = ("import_id", "key", "line_number", "place", "role", "body")
    rows = [
        (import_id, part.key, part.line_number, place, part.role, pack(part.data))
        for place, part in enumerate(parts)
    ]
    insert_rows(session, "import_part", columns, rows)


def read_parts(session: Session, import_id: str, limit: int) -> list[list[StoredPart]]:
    """The parts of the next keys, all of each; as many keys as `limit` parts hold, and one."""
    keys = text(
        "SELECT key, COUNT(*) FROM import_part WHERE import_id = :id "
        "GROUP BY key ORDER BY key LIMIT :limit"
    )
    values = {"id": import_id, "limit": limit}
    chosen: list[str] = []
    left = limit
    for key, number in session.connection().execute(keys, values):
        left -= number
        if chosen and left < 0:
            break
        chosen.append(key)
    found: dict[str, list[StoredPart]] = {}
    statement = text(
        "SELECT key, role, line_number, body FROM import_part WHERE import_id = :id "
        "AND key IN :keys ORDER BY key, line_number, place"
    ).bindparams(bindparam("keys", expanding=True))
    unpack = zstandard.ZstdDecompressor().decompress
    if chosen:
        rows = session.connection().execute(statement, {"id": import_id, "keys": chosen})
        for key, role, line_number, body in rows:
            part = StoredPart(key, role, line_number, unpack(body))
            found.setdefault(key, []).append(part)
    return list(found.values())


def count_parts(session: Session, import_id: str) -> int:
    """How many parts wait."""
    statement = text("SELECT COUNT(*) FROM import_part WHERE import_id = :id")
    return session.connection().execute(statement, {"id": import_id}).scalar_one()


def delete_parts(session: Session, import_id: str, keys: Collection[str] | None = None) -> None:
    """Forget parts: of some keys, or all."""
    statement = "DELETE FROM import_part WHERE import_id = :id"
    if keys is None:
        session.connection().execute(text(statement), {"id": import_id})
        return
    named = text(f"{statement} AND key IN :keys").bindparams(bindparam("keys", expanding=True))
    session.connection().execute(named, {"id": import_id, "keys": list(keys)})
