"""Put records into topics: where they go, where else they could, and which are still to go."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray
from sqlalchemy import text
from sqlmodel import Session

from rft_app.domain.topic import MANUAL, SURE
from rft_app.storage.copying import insert_rows
from rft_app.storage.extraction import FIRST_INVALID
from rft_app.storage.tables import TopicChangeRow
from rft_app.storage.topic_changes import note_places, save_records

_BUFFERED = 10_000
_CHUNK = 5000
_NOT_MANUAL = f"(topic_method IS NULL OR topic_method <> '{MANUAL}')"
_KEPT = (
    f"COALESCE(topic_method, '') = '{MANUAL}' AND topic_id IN "
    "(SELECT t.id FROM topic t WHERE t.dataset_id = :dataset_id)"
)
Choices = tuple[tuple[int, float], ...]
"""Topic ids with confidences, best first."""


class Placement(NamedTuple):
    """Which leaf a record belongs to, how sure that is, and who said so."""

    seq: int
    topic_id: int
    confidence: float
    method: str
    choices: Choices = ()
    """Kept where the record is unsure."""


def place_records(
    session: Session,
    change: TopicChangeRow,
    placements: Sequence[Placement],
    *,
    keeps_manual: bool = True,
) -> None:
    """Put records into topics as a part of a change; counts are stale until they are refreshed.

    Args:
        session: A unit of work.
        change: Takes what was there before.
        placements: By ascending key.
        keeps_manual: Leave records alone that a person put into a topic that is still there.
    """
    for start in range(0, len(placements), _CHUNK):
        part = placements[start : start + _CHUNK]
        guard = f"AND NOT ({_KEPT})" if keeps_manual else ""
        seqs = ", ".join(str(placement.seq) for placement in part)
        save_records(session, change, f"r.seq IN ({seqs})", None)
        statement = text(
            "UPDATE record SET topic_id = :topic, topic_confidence = :confidence, "
            f"topic_method = :method WHERE seq = :seq AND dataset_id = :dataset_id {guard}"
        )
        values = [
            {
                "seq": placement.seq,
                "topic": placement.topic_id,
                "confidence": placement.confidence,
                "method": placement.method,
                "dataset_id": change.dataset_id,
            }
            for placement in part
        ]
        session.connection().execute(statement, values)
        note_places(session, change, part[0].seq, part[-1].seq)
    save_choices(session, placements)


def copy_to_duplicates(session: Session, change: TopicChangeRow, *, only_empty: bool) -> None:
    """Give every duplicate the topic of the record it repeats, but for those a person placed."""
    wanted = (
        f"{_NOT_MANUAL} AND facet < {FIRST_INVALID} AND duplicate_of IS NOT NULL AND EXISTS ("
        "SELECT 1 FROM record o WHERE o.seq = {r}duplicate_of AND o.topic_id IS NOT NULL "
        "AND (o.topic_id IS DISTINCT FROM {r}topic_id "
        "OR o.topic_confidence IS DISTINCT FROM {r}topic_confidence))"
    )
    if only_empty:
        wanted += " AND {r}topic_id IS NULL"
    save_records(session, change, wanted.format(r="r."), None)
    statement = text(
        "UPDATE record SET topic_id = o.topic_id, topic_confidence = o.topic_confidence, "
        "topic_method = o.topic_method FROM record o WHERE o.seq = record.duplicate_of "
        "AND record.dataset_id = :dataset_id AND o.topic_id IS NOT NULL "
        f"AND record.facet < {FIRST_INVALID} AND record.duplicate_of IS NOT NULL "
        f"AND COALESCE(record.topic_method, '') <> '{MANUAL}' "
        "AND (o.topic_id IS DISTINCT FROM record.topic_id "
        "OR o.topic_confidence IS DISTINCT FROM record.topic_confidence)"
        + (" AND record.topic_id IS NULL" if only_empty else "")
    )
    session.connection().execute(statement, {"dataset_id": change.dataset_id})
    note_places(session, change, 0, 2**62)


def save_choices(session: Session, placements: Sequence[Placement]) -> None:
    """Keep the best topics of those that are unsure, in the place of older ones."""
    for start in range(0, len(placements), _CHUNK):
        part = placements[start : start + _CHUNK]
        seqs = ", ".join(str(placement.seq) for placement in part)
        session.connection().execute(text(f"DELETE FROM topic_choice WHERE seq IN ({seqs})"))
        rows = [
            (placement.seq, orjson.dumps(placement.choices).decode())
            for placement in part
            if placement.choices and placement.confidence < SURE
        ]
        insert_rows(session, "topic_choice", ("seq", "choices"), rows)


def read_waiting(
    session: Session, dataset_id: str, *, condition: str, after: int, limit: int
) -> list[int]:
    """The next valid, current records that repeat no other, by key.

    Args:
        session: Any.
        dataset_id: Whose.
        condition: Trusted SQL on `record`, one of the constants below.
        after: The key they come behind.
        limit: At most so many.
    """
    statement = text(
        f"SELECT seq FROM record WHERE dataset_id || '' = :dataset_id AND seq > :after "
        f"AND facet + 0 < {FIRST_INVALID} AND {condition} ORDER BY seq LIMIT :limit"
    )
    values = {"dataset_id": dataset_id, "after": after, "limit": limit}
    return list(session.connection().execute(statement, values).scalars())


def count_waiting(session: Session, dataset_id: str, condition: str, after: int) -> int:
    """How many records `read_waiting` still gives."""
    statement = text(
        "SELECT COUNT(*) FROM record WHERE dataset_id = :dataset_id "
        f"AND facet < {FIRST_INVALID} AND seq > :after AND {condition}"
    )
    values = {"dataset_id": dataset_id, "after": after}
    return int(session.connection().execute(statement, values).scalar_one())


def count_manual(session: Session, dataset_id: str) -> int:
    """Valid, current records that a person placed."""
    statement = text(
        "SELECT COUNT(*) FROM record WHERE dataset_id = :dataset_id AND topic_id IS NOT NULL "
        f"AND topic_confidence >= 1 AND topic_method = '{MANUAL}' AND facet + 0 < {FIRST_INVALID}"
    )
    values = {"dataset_id": dataset_id}
    return int(session.connection().execute(statement, values).scalar_one())


def read_methods(session: Session, dataset_id: str) -> dict[str, int]:
    """Valid, current records with a topic, by how they came to it."""
    statement = text(
        "SELECT topic_method, COUNT(*) FROM record WHERE dataset_id = :dataset_id "
        f"AND topic_id IS NOT NULL AND facet < {FIRST_INVALID} GROUP BY topic_method"
    )
    rows = session.connection().execute(statement, {"dataset_id": dataset_id})
    return {str(method): int(number) for method, number in rows}


def waiting(*, is_everything: bool, takes_manual: bool, topic_id: int | None = None) -> str:
    """The condition for `read_waiting`: records without a topic, all, or those of one topic."""
    parts = ["duplicate_of IS NULL"]
    if topic_id is not None:
        parts = [f"topic_id = {int(topic_id)}"]
    elif not is_everything:
        parts.append("topic_id IS NULL")
    elif not takes_manual:
        parts.append(_NOT_MANUAL)
    return " AND ".join(parts)


def read_examples(session: Session, dataset_id: str, topic_id: int, limit: int) -> list[int]:
    """Records that stand for a topic: those a person placed, then the surest; by key."""
    statement = text(
        "SELECT seq FROM record WHERE dataset_id = :dataset_id AND topic_id = :topic "
        f"AND facet < {FIRST_INVALID} AND duplicate_of IS NULL AND topic_confidence >= {SURE} "
        f"ORDER BY (CASE WHEN topic_method = '{MANUAL}' THEN 0 ELSE 1 END), "
        "topic_confidence DESC, seq LIMIT :limit"
    )
    values = {"dataset_id": dataset_id, "topic": topic_id, "limit": limit}
    return sorted(session.connection().execute(statement, values).scalars())


def read_unplaced(session: Session, dataset_id: str, seqs: Sequence[int]) -> list[int]:
    """Those of some records that are valid, current and without a topic, by key."""
    found: list[int] = []
    for start in range(0, len(seqs), _CHUNK):
        part = ", ".join(map(str, seqs[start : start + _CHUNK]))
        statement = text(
            f"SELECT seq FROM record WHERE seq IN ({part}) AND dataset_id || '' = :dataset_id "
            f"AND facet + 0 < {FIRST_INVALID} AND topic_id IS NULL ORDER BY seq"
        )
        rows = session.connection().execute(statement, {"dataset_id": dataset_id})
        found.extend(rows.scalars())
    return found


def read_sample(session: Session, dataset_id: str, limit: int) -> list[int]:
    """Valid, current records evenly from all, by key."""
    statement = text(
        "SELECT seq FROM record WHERE dataset_id = :dataset_id AND duplicate_of IS NULL "
        f"AND facet < {FIRST_INVALID}"
    ).execution_options(stream_results=True, max_row_buffer=_BUFFERED)

    def read() -> Iterator[int]:
        rows = session.connection().execute(statement, {"dataset_id": dataset_id})
        for block in rows.partitions(_BUFFERED):
            yield from (row[0] for row in block)

    seqs: NDArray[np.int64] = np.sort(np.fromiter(read(), dtype=np.int64))
    if len(seqs) > limit:
        seqs = seqs[np.linspace(0, len(seqs) - 1, limit).astype(np.int64)]
    return seqs.tolist()
