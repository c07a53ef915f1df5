"""Keep counts and fingerprints right through a change of some records, without reading the others.

The records are summed before and after; the difference is added to what is stored.  The result is
what `refresh_counts` would find.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager

from sqlalchemy import text
from sqlmodel import Session, col, select

from rft_app.domain.facet import ARCHIVED
from rft_app.storage.extraction import find_alike, mark_duplicates_among
from rft_app.storage.record_counts import (
    Sums,
    read_sums,
    refresh_counts,
    write_facet_counts,
    write_sums,
)
from rft_app.storage.record_plan import BY_KEY
from rft_app.storage.restoring import mark_all_duplicates
from rft_app.storage.tables import FacetCountRow
from rft_app.storage.topic_counts import TopicTally, refresh_topic_counts

_MAX_ALIKE = 20_000
_Tally = Mapping[tuple[int, int], Sums]


@contextmanager
def changing_records(session: Session, dataset_id: str, those: str) -> Generator[None]:
    """Archive, restore or move records inside the block; afterwards all that is kept is fresh.

    That is: exact duplicates, counts by facet, topic and tag, and fingerprints.

    Args:
        session: A unit of work.
        dataset_id: Whose.
        those: Trusted SQL that names all that change by `{key}`, e.g. `{key} BETWEEN 5 AND 9`.
    """
    alike = find_alike(session, dataset_id, those.format(key="o.seq"))
    if len(alike) > _MAX_ALIKE:
        yield
        mark_all_duplicates(session, dataset_id)
        refresh_counts(session, dataset_id)
        return
    others = ", ".join(map(str, alike)) or "NULL"
    condition = f"({those.format(key='r.seq')} OR r.seq IN ({others}))"
    before = _tally(session, dataset_id, condition)
    yield
    _mark_alike(session, dataset_id, those)
    _shift(session, dataset_id, before, _tally(session, dataset_id, condition))


def count_added(session: Session, dataset_id: str, those: str) -> None:
    """Mark duplicates among records that were just added, and count them.

    Args:
        session: A unit of work.
        dataset_id: Whose.
        those: As for `changing_records`.
    """
    _mark_alike(session, dataset_id, those)
    condition = those.format(key="r.seq")
    _shift(session, dataset_id, {}, _tally(session, dataset_id, condition))


def _mark_alike(session: Session, dataset_id: str, those: str) -> None:
    alike = find_alike(session, dataset_id, those.format(key="o.seq"))
    mark_duplicates_among(session, dataset_id, alike)


def _shift(session: Session, dataset_id: str, before: _Tally, after: _Tally) -> None:
    _shift_counts(session, dataset_id, before, after)
    _shift_sums(session, dataset_id, before, after)
    refresh_topic_counts(session, dataset_id)


def _tally(session: Session, dataset_id: str, condition: str) -> _Tally:
    statement = text(
        "SELECT COALESCE(topic_id, 0), facet, COUNT(*), SUM(seq), "
        "SUM(content_hash & 4294967295), SUM(content_hash >> 32) "
        f"FROM record r WHERE {condition} AND {BY_KEY} AND r.facet + 0 < {ARCHIVED} "
        "GROUP BY COALESCE(topic_id, 0), facet"
    )
    rows = session.connection().execute(statement, {"dataset_id": dataset_id})
    return {(row[0], row[1]): Sums(*map(int, row[2:])) for row in rows}


def _shift_counts(session: Session, dataset_id: str, before: _Tally, after: _Tally) -> None:
    stored = select(FacetCountRow.topic_id, FacetCountRow.facet, FacetCountRow.num_records)
    rows = session.exec(stored.where(col(FacetCountRow.dataset_id) == dataset_id))
    counts = {(topic_id, facet): number for topic_id, facet, number in rows}
    for tally, sign in ((before, -1), (after, 1)):
        for pair, sums in tally.items():
            counts[pair] = counts.get(pair, 0) + sign * sums.num_records
    tallies = [
        TopicTally(topic_id, facet, number, 0, 0.0, 0, 0)
        for (topic_id, facet), number in sorted(counts.items())
        if number > 0
    ]
    write_facet_counts(session, dataset_id, tallies)


def _shift_sums(session: Session, dataset_id: str, before: _Tally, after: _Tally) -> None:
    sums = read_sums(session, dataset_id)
    for tally, sign in ((before, -1), (after, 1)):
        for (_, facet), part in tally.items():
            sums[facet] = sums.get(facet, Sums()).plus(part, sign)
    kept = {facet: total for facet, total in sums.items() if total.num_records > 0}
    write_sums(session, dataset_id, kept)
