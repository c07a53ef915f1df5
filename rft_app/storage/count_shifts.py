"""Keep counts and fingerprints right through a change of some records, without reading the others.

The records are summed before and after; the difference is added to what is stored.  The result is
what `refresh_counts` would find.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager

from sqlalchemy import text
from sqlmodel import Session

from rft_app.domain.facet import ARCHIVED
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.extraction import find_alike, mark_duplicates_among
from rft_app.storage.record_counts import (
    FacetCount,
    Sums,
    change_facet_counts,
    hash_topics,
    read_facet_counts,
    read_sums,
    refresh_counts,
    write_sums,
)
from rft_app.storage.record_plan import BY_KEY, read_topic_keys
from rft_app.storage.restoring import mark_all_duplicates
from rft_app.storage.tags import count_tagged, repeat_at_tags, shift_tag_counts

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
    condition = f"({those.format(key='r.seq')} OR r.seq IN ({others})) AND {BY_KEY}"
    before = _tally(session, dataset_id, condition)
    tagged = count_tagged(session, dataset_id, condition)
    yield
    _mark_alike(session, dataset_id, those)
    _shift(session, dataset_id, before, _tally(session, dataset_id, condition))
    _shift_tags(session, dataset_id, condition, tagged)


def count_added(session: Session, dataset_id: str, those: str) -> None:
    """Mark duplicates among records that were just added, and count them.

    Args:
        session: A unit of work.
        dataset_id: Whose.
        those: As for `changing_records`.
    """
    _mark_alike(session, dataset_id, those)
    condition = f"{those.format(key='r.seq')} AND {BY_KEY}"
    _shift(session, dataset_id, {}, _tally(session, dataset_id, condition))
    _shift_tags(session, dataset_id, condition, {})


def _mark_alike(session: Session, dataset_id: str, those: str) -> None:
    alike = find_alike(session, dataset_id, those.format(key="o.seq"))
    mark_duplicates_among(session, dataset_id, alike)


def _tally(session: Session, dataset_id: str, condition: str) -> _Tally:
    statement = text(
        "SELECT COALESCE(topic_id, 0), facet, COUNT(*), SUM(seq), "
        "SUM(content_hash & 4294967295), SUM(content_hash >> 32) "
        f"FROM record r WHERE {condition} AND r.facet + 0 < {ARCHIVED} "
        "GROUP BY COALESCE(topic_id, 0), facet"
    )
    rows = session.connection().execute(statement, {"dataset_id": dataset_id})
    return {(row[0], row[1]): Sums(*map(int, row[2:])) for row in rows}


def _shift(session: Session, dataset_id: str, before: _Tally, after: _Tally) -> None:
    _shift_counts(session, dataset_id, before, after)
    _shift_sums(session, dataset_id, before, after)


def _shift_counts(session: Session, dataset_id: str, before: _Tally, after: _Tally) -> None:
    counts = read_facet_counts(session, dataset_id)
    for tally, sign in ((before, -1), (after, 1)):
        for pair, sums in tally.items():
            known = counts.get(pair, FacetCount(*pair))
            counts[pair] = FacetCount(
                *pair, known.num_records + sign * sums.num_records, known.keys + sign * sums.keys
            )
    changed = before.keys() | after.keys()
    change_facet_counts(session, dataset_id, [counts[pair] for pair in sorted(changed)])
    kept = [one for one in counts.values() if one.num_records > 0]
    row = get_dataset_row(session, dataset_id)
    row.topics_hash = hash_topics(kept, read_topic_keys(session, dataset_id))


def _shift_sums(session: Session, dataset_id: str, before: _Tally, after: _Tally) -> None:
    sums = read_sums(session, dataset_id)
    for tally, sign in ((before, -1), (after, 1)):
        for (_, facet), part in tally.items():
            sums[facet] = sums.get(facet, Sums()).plus(part, sign)
    kept = {facet: total for facet, total in sums.items() if total.num_records > 0}
    write_sums(session, dataset_id, kept)


def _shift_tags(
    session: Session, dataset_id: str, condition: str, before: Mapping[int, int]
) -> None:
    repeat_at_tags(session, dataset_id, condition)
    after = count_tagged(session, dataset_id, condition)
    shift_tag_counts(session, before, after)
