"""How records spread over topics, from the index over topics alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import text
from sqlmodel import Session

from rft_app.domain.facet import ARCHIVED, unpack
from rft_app.domain.topic import SURE
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.record_counts import count_facets, hash_topics, write_facet_counts
from rft_app.storage.record_plan import NO_TOPIC, read_topic_keys
from rft_app.storage.tags import refresh_tag_counts

_TALLY = text(
    "SELECT topic_id, facet, COUNT(*) AS num_records, SUM(seq) AS keys, "
    "SUM(topic_confidence) AS confidence, COUNT(topic_confidence) AS num_judged, "
    f"SUM(CASE WHEN topic_confidence >= {SURE} THEN 1 ELSE 0 END) AS num_sure FROM record "
    f"WHERE dataset_id = :dataset_id AND topic_id IS NOT NULL AND facet < {ARCHIVED} "
    "GROUP BY topic_id, facet ORDER BY topic_id, facet"
)


class TopicTally(NamedTuple):
    """Records that share topic and facet."""

    topic_id: int
    facet: int
    num_records: int
    keys: int
    """Sum of the records' keys."""
    confidence: float
    """Sum of the confidences that are known."""
    num_judged: int
    """Records of which it is known."""
    num_sure: int


@dataclass(frozen=True)
class TopicFigures:
    """What is told of one leaf's valid, current records."""

    num_records: int = 0
    num_judged: int = 0
    """Records of which it is known how sure they are of it."""
    num_sure: int = 0
    confidence: float = 0.0
    """Sum over the records of which it is known."""


Figures = Mapping[int, TopicFigures]
"""By topic id, of topics that hold records."""


def read_figures(session: Session, dataset_id: str) -> Figures:
    """Figures of all topics."""
    return _sum(_read_tally(session, dataset_id))


def _sum(tally: Sequence[TopicTally]) -> Figures:
    found: dict[int, TopicFigures] = {}
    for row in tally:
        if unpack(row.facet).reason is None:
            known = found.get(row.topic_id, TopicFigures())
            found[row.topic_id] = TopicFigures(
                known.num_records + row.num_records,
                known.num_judged + row.num_judged,
                known.num_sure + row.num_sure,
                known.confidence + row.confidence,
            )
    return found


def refresh_topic_counts(session: Session, dataset_id: str) -> Figures:
    """Recompute what is kept of who is in which topic; records themselves must be unchanged.

    Does for topics what `refresh_counts` does, a tenth of the work: the index over topics holds all
    that is read, and records without a topic are what the others leave of each facet.
    """
    totals: dict[int, int] = {}
    for _, facet, number in count_facets(session, dataset_id):
        packed = facet.pack()
        totals[packed] = totals.get(packed, 0) + number
    tally = _read_tally(session, dataset_id)
    for row in tally:
        totals[row.facet] = totals.get(row.facet, 0) - row.num_records
    rest = [
        TopicTally(NO_TOPIC, facet, number, 0, 0.0, 0, 0)
        for facet, number in sorted(totals.items())
        if number > 0
    ]
    write_facet_counts(session, dataset_id, [*rest, *tally])
    row = get_dataset_row(session, dataset_id)
    row.topics_hash = hash_topics(tally, read_topic_keys(session, dataset_id))
    session.flush()
    refresh_tag_counts(session, dataset_id)
    return _sum(tally)


def _read_tally(session: Session, dataset_id: str) -> Sequence[TopicTally]:
    rows = session.connection().execute(_TALLY, {"dataset_id": dataset_id})
    return [
        TopicTally(
            row.topic_id,
            row.facet,
            row.num_records,
            int(row.keys),
            float(row.confidence or 0.0),
            int(row.num_judged),
            int(row.num_sure),
        )
        for row in rows
    ]
