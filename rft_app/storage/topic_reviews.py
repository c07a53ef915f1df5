"""The queue of unsure records in the database."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import text
from sqlmodel import Session, col, select

from rft_app.domain.topic import MANUAL, SURE
from rft_app.storage.extraction import FIRST_INVALID
from rft_app.storage.tables import TopicChoiceRow

_UNSURE = f"dataset_id = :dataset_id AND topic_confidence < {SURE} AND facet + 0 < {FIRST_INVALID}"
"""The sum, and a lowest key beside it, make SQLite read the index over unsure records alone."""
_NOT_MANUAL = f"topic_method <> '{MANUAL}'"


class UnsureRecord(NamedTuple):
    """One record of the queue."""

    seq: int
    title: str
    topic_id: int
    confidence: float
    method: str


def list_unsure(
    session: Session, dataset_id: str, *, topics: Sequence[int] | None, after: int, limit: int
) -> list[UnsureRecord]:
    """The next unsure records by key; of some topics or of all."""
    statement = text(
        "SELECT seq, title, topic_id, topic_confidence, topic_method FROM record "
        f"WHERE {_UNSURE} AND {_NOT_MANUAL} AND seq > :after {_within(topics)}"
        "ORDER BY seq LIMIT :limit"
    )
    values = {"dataset_id": dataset_id, "after": after, "limit": limit}
    return [UnsureRecord(*row) for row in session.connection().execute(statement, values)]


def count_unsure(session: Session, dataset_id: str, topics: Sequence[int] | None = None) -> int:
    """How many there are; a person's placements are always sure."""
    statement = text(f"SELECT COUNT(*) FROM record WHERE {_UNSURE} AND seq > 0 {_within(topics)}")
    values = {"dataset_id": dataset_id}
    return int(session.connection().execute(statement, values).scalar_one())


def read_choices(session: Session, seqs: Sequence[int]) -> Mapping[int, list[tuple[int, float]]]:
    """The stored choices of some records, as topic ids with confidences."""
    statement = select(TopicChoiceRow).where(col(TopicChoiceRow.seq).in_(list(seqs)))
    return {
        row.seq: [(int(topic_id), chance) for topic_id, chance in row.choices]
        for row in session.exec(statement)
    }


def _within(topics: Sequence[int] | None) -> str:
    if topics is None:
        return ""
    return f"AND topic_id IN ({', '.join(map(str, topics)) or 'NULL'}) "
