"""Answers that went through the gateway, and what was said of them."""

from collections.abc import Mapping

from sqlalchemy import text
from sqlmodel import Session

MAX_ID = 500
"""Characters of a name; an index of PostgreSQL takes 2,700 bytes."""


def add_responses(session: Session, traces: Mapping[str, int]) -> None:
    """Note which trace holds an answer, by the provider's name of the answer.

    Nothing is noted of a name that no feedback can give: too long, or with a NUL.
    """
    statement = text(
        "INSERT INTO gateway_response (id, trace_seq) VALUES (:id, :seq) "
        "ON CONFLICT (id) DO UPDATE SET trace_seq = excluded.trace_seq"
    )
    rows = [
        {"id": response_id, "seq": seq}
        for response_id, seq in traces.items()
        if _is_id(response_id)
    ]
    if rows:
        session.connection().execute(statement, rows)


def find_trace(session: Session, response_id: str) -> int | None:
    """The key of the trace that holds an answer."""
    if not _is_id(response_id):
        return None
    statement = text("SELECT trace_seq FROM gateway_response WHERE id = :id")
    return session.connection().execute(statement, {"id": response_id}).scalar()


def read_body(session: Session, seq: int) -> bytes:
    """The JSON of a trace that is there."""
    statement = text("SELECT body FROM trace_body WHERE seq = :seq")
    return bytes(session.connection().execute(statement, {"seq": seq}).scalar_one())


def replace_feedback(session: Session, seq: int, body: bytes, reward: float | None) -> None:
    """Store what was said of a trace's answer."""
    connection = session.connection()
    values = {"seq": seq, "body": body, "reward": reward}
    connection.execute(text("UPDATE trace_body SET body = :body WHERE seq = :seq"), values)
    connection.execute(text("UPDATE trace SET reward = :reward WHERE seq = :seq"), values)


def _is_id(response_id: str) -> bool:
    return len(response_id) <= MAX_ID and "\0" not in response_id
