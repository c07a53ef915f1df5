"""Records that generation may start from, by topic."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlmodel import Session

from rft_app.domain.facet import ARCHIVED, unpack
from rft_app.domain.record import RecordFilter, SourceType
from rft_app.storage.record_counts import count_facets
from rft_app.storage.record_plan import BY_KEY
from rft_app.storage.record_seeks import select_seqs

_CHUNK = 1000
_ORIGINAL = tuple(source for source in SourceType if source is not SourceType.GENERATED)


@dataclass(frozen=True)
class TrainableTotals:
    """What the largest synthetic share is measured by: valid records that repeat no other."""

    num_records: int
    num_generated: int


def count_totals(session: Session, dataset_id: str) -> TrainableTotals:
    """How many trainable records there are, and how many of them were generated."""
    found = [
        (facet.source_type is SourceType.GENERATED, number)
        for _, facet, number in count_facets(session, dataset_id)
        if facet.reason is None and not facet.is_duplicate
    ]
    return TrainableTotals(
        num_records=sum(number for _, number in found),
        num_generated=sum(number for is_generated, number in found if is_generated),
    )


def select_sources(
    session: Session, dataset_id: str, topic: str, *, needs_tools: bool
) -> NDArray[np.int64]:
    """Keys of a topic's trainable records that were not generated themselves."""
    wanted = RecordFilter(
        topic=topic,
        is_valid=True,
        is_duplicate=False,
        source_types=_ORIGINAL,
        has_tools=True if needs_tools else None,
    )
    return select_seqs(session, dataset_id, wanted)


def group_by_topic(
    session: Session, dataset_id: str, seqs: Sequence[int], *, needs_tools: bool
) -> Mapping[int | None, list[int]]:
    """Those of the records that are current and valid, and have tools if need be, by topic id."""
    groups: dict[int | None, list[int]] = {}
    for seq, topic_id, facet in _read(session, dataset_id, seqs):
        known = unpack(facet)
        if known.reason is None and (known.has_tools or not needs_tools):
            groups.setdefault(topic_id, []).append(seq)
    return groups


def _read(
    session: Session, dataset_id: str, seqs: Sequence[int]
) -> Iterator[tuple[int, int | None, int]]:
    for start in range(0, len(seqs), _CHUNK):
        literal = ", ".join(map(str, seqs[start : start + _CHUNK]))
        statement = text(
            f"SELECT r.seq, r.topic_id, r.facet FROM record r WHERE r.seq IN ({literal}) "
            f"AND {BY_KEY} AND r.facet < {ARCHIVED} ORDER BY r.seq"
        )
        for row in session.connection().execute(statement, {"dataset_id": dataset_id}):
            yield row.seq, row.topic_id, row.facet
