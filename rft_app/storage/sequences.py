"""Blocks of keys for tables that are written thousands of rows at a time, and marks in them.

Whoever takes keys holds the sequence until its transaction ends, so that rows with smaller keys are
never committed later: a mark says how far a reader of a table came.
"""

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


def read_mark(session: Session, name: str) -> int:
    """The first key that a reader has not been at; 1 in the beginning."""
    statement = text("SELECT next FROM sequence WHERE name = :name")
    return session.connection().execute(statement, {"name": name}).scalar() or 1


def move_mark(session: Session, name: str, start: int, end: int) -> bool:
    """Move a mark on; false where it does not stand at `start` any more."""
    connection = session.connection()
    begin = "INSERT INTO sequence (name, next) VALUES (:name, 1) ON CONFLICT (name) DO NOTHING"
    connection.execute(text(begin), {"name": name})
    move = "UPDATE sequence SET next = :end WHERE name = :name AND next = :start RETURNING next"
    moved = connection.execute(text(move), {"name": name, "start": start, "end": end})
    return moved.first() is not None
