"""Keys of those who may send, in the database."""

from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from rft_app.domain.intake_key import IntakeKey
from rft_app.storage.ids import new_id
from rft_app.storage.tables import IntakeKeyRow


def add_key(session: Session, name: str, beginning: str, digest: bytes, now: datetime) -> IntakeKey:
    """Add a key, of which only the digest is kept."""
    row = IntakeKeyRow(
        id=new_id("key"), name=name, beginning=beginning, digest=digest, created_at=now
    )
    session.add(row)
    session.flush()
    return _to_key(row)


def list_keys(session: Session) -> list[IntakeKey]:
    """All that were ever created, the newest first."""
    rows = session.exec(select(IntakeKeyRow).order_by(col(IntakeKeyRow.id).desc()))
    return [_to_key(row) for row in rows]


def list_digests(session: Session) -> dict[bytes, str]:
    """What keys that are not revoked are told by, each with its id."""
    query = select(IntakeKeyRow.digest, IntakeKeyRow.id).where(
        col(IntakeKeyRow.revoked_at).is_(None)
    )
    return {bytes(digest): key_id for digest, key_id in session.exec(query)}


def revoke_key(session: Session, key_id: str, now: datetime) -> IntakeKey | None:
    """Accept a key no longer; `None` where there is none. Once it is revoked, that stands."""
    row = session.get(IntakeKeyRow, key_id)
    if row is None:
        return None
    row.revoked_at = row.revoked_at or now
    session.add(row)
    return _to_key(row)


def note_use(session: Session, digest: bytes, now: datetime) -> None:
    """Say that a key was used."""
    used = update(IntakeKeyRow).where(col(IntakeKeyRow.digest) == digest)
    session.exec(used.values(last_used_at=now))


def _to_key(row: IntakeKeyRow) -> IntakeKey:
    return IntakeKey.model_validate(row.model_dump(exclude={"digest"}))
