"""Blocks of keys for tables that are written thousands of rows at a time."""

from sqlalchemy import text
from sqlmodel import Session

_RESERVE = text(
    "INSERT INTO sequence (name, next) VALUES (:name, 1 + :count) "
    "ON CONFLICT (name) DO UPDATE SET next = sequence.next + :count RETURNING next"
)


def reserve(session: Session, name: str, count: int) -> int:
    """Take `count` consecutive keys of the table `name`; returns the first."""
    bound = _RESERVE.bindparams(name=name, count=count)
    return int(session.connection().execute(bound).scalar_one()) - count
