"""Exact counts of a dataset's current records, kept so that nobody scans for them."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, delete, insert, text
from sqlmodel import Session, col, select

from rft_app.domain.facet import ARCHIVED, Facet, unpack
from rft_app.domain.record import RecordId, Selection, SourceType, parse_record_id
from rft_app.domain.record_page import FilterOption, FilterOptions, SelectionCount
from rft_app.domain.topic import is_within
from rft_app.domain.validity import Reason
from rft_app.errors import InvalidInputError
from rft_app.storage import search
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.record_narrowing import count_deleted
from rft_app.storage.record_plan import BY_KEY, NO_TOPIC, make_plan, read_topic_keys
from rft_app.storage.record_seeks import count, select_seqs
from rft_app.storage.tables import FacetCountRow, FacetSumRow
from rft_app.storage.tags import list_tag_rows, refresh_tag_counts
from rft_app.storage.traces import count_traces

_TALLY = text(
    "SELECT COALESCE(topic_id, 0) AS topic_id, facet, COUNT(*) AS num_records, "
    "SUM(seq) AS keys, SUM(content_hash & 4294967295) AS low, SUM(content_hash >> 32) AS high "
    f"FROM record WHERE dataset_id = :dataset_id AND facet < {ARCHIVED} "
    "GROUP BY COALESCE(topic_id, 0), facet ORDER BY 1, 2"
)
_CHUNK = 1000
_Tally = Sequence[Row[Any]]


class Sums(NamedTuple):
    """What a fingerprint of records is made of, in any order: number and sums over them."""

    num_records: int = 0
    keys: int = 0
    low: int = 0
    """Of the lower halves of their content hashes."""
    high: int = 0
    """Of the upper halves."""

    def plus(self, other: "Sums", sign: int = 1) -> "Sums":
        """With other records added, or taken away."""
        return Sums(*(int(a) + sign * int(b) for a, b in zip(self, other, strict=True)))


class FacetCount(NamedTuple):
    """Records that share topic and facet."""

    topic_id: int
    facet: int
    num_records: int = 0
    keys: int = 0
    """Sum of their keys; 0 for records without a topic."""


class Counted(Protocol):
    """Records that share topic and facet."""

    @property
    def topic_id(self) -> int:
        """`NO_TOPIC` for records without one."""
        ...

    @property
    def facet(self) -> int:
        """Packed."""
        ...

    @property
    def num_records(self) -> int:
        """How many."""
        ...

    @property
    def keys(self) -> int:
        """Sum of their keys."""
        ...


def refresh_counts(session: Session, dataset_id: str) -> None:
    """Recompute what is kept of a dataset's current records after a bulk change.

    Sets `facet_count`, the dataset's `num_*` columns, `records_hash` (keys, contents and facets of
    the current records), `topics_hash` (topic paths and who is in which leaf), and counts of tags.
    """
    tally = session.connection().execute(_TALLY, {"dataset_id": dataset_id}).all()
    write_facet_counts(session, dataset_id, tally)
    write_sums(session, dataset_id, _sum_by_facet(tally))
    row = get_dataset_row(session, dataset_id)
    row.num_traces = count_traces(session, dataset_id)
    row.topics_hash = hash_topics(tally, read_topic_keys(session, dataset_id))
    session.flush()
    refresh_tag_counts(session, dataset_id)


def write_sums(session: Session, dataset_id: str, sums: Mapping[int, Sums]) -> None:
    """Replace the sums by facet, and what follows from them: `num_*` columns and `records_hash`."""
    session.exec(delete(FacetSumRow).where(col(FacetSumRow.dataset_id) == dataset_id))
    rows = [
        {"dataset_id": dataset_id, "facet": facet, **total._asdict()}
        for facet, total in sums.items()
    ]
    if rows:
        session.connection().execute(insert(FacetSumRow), rows)
    facets = [(unpack(facet), total.num_records) for facet, total in sums.items()]
    row = get_dataset_row(session, dataset_id)
    row.num_records = sum(number for _, number in facets)
    row.num_invalid = sum(number for facet, number in facets if facet.reason is not None)
    row.num_duplicates = sum(number for facet, number in facets if facet.is_duplicate)
    row.num_generated = sum(
        number for facet, number in facets if facet.source_type is SourceType.GENERATED
    )
    row.records_hash = _digest(sorted((facet, list(total)) for facet, total in sums.items()))
    session.flush()


def read_sums(session: Session, dataset_id: str) -> dict[int, Sums]:
    """The stored sums by facet."""
    statement = text(
        "SELECT facet, num_records, keys, low, high FROM facet_sum WHERE dataset_id = :dataset_id"
    )
    rows = session.connection().execute(statement, {"dataset_id": dataset_id})
    return {row[0]: Sums(*row[1:]) for row in rows}


def _sum_by_facet(tally: _Tally) -> dict[int, Sums]:
    sums: dict[int, Sums] = {}
    for row in tally:
        known = sums.get(row.facet, Sums())
        sums[row.facet] = known.plus(Sums(row.num_records, row.keys, row.low, row.high))
    return sums


def count_facets(session: Session, dataset_id: str) -> list[tuple[int, Facet, int]]:
    """Topic id (0 for none), facet and number of records of everything present."""
    statement = select(FacetCountRow).where(col(FacetCountRow.dataset_id) == dataset_id)
    return [
        (row.topic_id, unpack(row.facet), row.num_records)
        for row in session.exec(statement)
        if row.facet < ARCHIVED
    ]


def count_selection(session: Session, dataset_id: str, selection: Selection) -> SelectionCount:
    """How many records a selection stands for; ids of others do not count."""
    if selection.only is not None or selection.excluded:
        return SelectionCount(total=len(select_any(session, dataset_id, selection)))
    plan = make_plan(session, dataset_id, selection.filter)
    query = search.make_query(session, dataset_id, selection.filter.search)
    total, is_exact = count(session, plan, query)
    return SelectionCount(total=total, is_exact=is_exact)


def select_selection(session: Session, dataset_id: str, selection: Selection) -> NDArray[np.int64]:
    """Keys of the current records a selection stands for, ascending.

    Raises:
        InvalidInputError: It is about deleted records.
    """
    if selection.filter.is_deleted:
        raise InvalidInputError("Deleted records can only be restored. Restore them first.")
    return select_any(session, dataset_id, selection)


def select_any(session: Session, dataset_id: str, selection: Selection) -> NDArray[np.int64]:
    """As `select_selection`; deleted records where the selection is about those."""
    if selection.only is not None:
        named = _to_seqs(selection.only)
        if not selection.filter.is_deleted:
            named = _select_current(session, dataset_id, named)
        if selection.filter.is_empty:
            return named
        return np.intersect1d(named, select_seqs(session, dataset_id, selection.filter))
    seqs = select_seqs(session, dataset_id, selection.filter)
    return np.setdiff1d(seqs, _to_seqs(selection.excluded)) if selection.excluded else seqs


def _to_seqs(ids: Iterable[RecordId]) -> NDArray[np.int64]:
    seqs = [seq for id_ in ids if (seq := parse_record_id(id_)) is not None]
    return np.unique(np.array(seqs, dtype=np.int64))


def _select_current(
    session: Session, dataset_id: str, seqs: NDArray[np.int64]
) -> NDArray[np.int64]:
    found: list[int] = []
    for start in range(0, len(seqs), _CHUNK):
        literal = ", ".join(map(str, seqs[start : start + _CHUNK].tolist()))
        statement = text(
            f"SELECT r.seq FROM record r WHERE r.seq IN ({literal}) AND {BY_KEY} "
            f"AND r.facet < {ARCHIVED} ORDER BY r.seq"
        )
        rows = session.connection().execute(statement, {"dataset_id": dataset_id})
        found.extend(rows.scalars())
    return np.array(found, dtype=np.int64)


def list_filter_options(session: Session, dataset_id: str) -> FilterOptions:
    """The choices of the filter menus, each with its number of current records."""
    counts = count_facets(session, dataset_id)
    facets = [(facet, number) for _, facet, number in counts]
    return FilterOptions(
        topics=_topic_options(counts, read_topic_keys(session, dataset_id)),
        reasons=tuple(
            FilterOption(value=reason, label=reason.message, num_records=number)
            for reason in Reason
            if (number := _sum(number for facet, number in facets if facet.reason is reason))
        ),
        source_types=tuple(
            FilterOption(value=source, label=source.capitalize(), num_records=number)
            for source in SourceType
            if (number := _sum(number for facet, number in facets if facet.source_type is source))
        ),
        tags=tuple(
            FilterOption(value=row.name, label=row.name, num_records=row.num_records)
            for row in list_tag_rows(session, dataset_id)
            if row.num_records
        ),
        num_records=_sum(number for _, number in facets),
        num_valid=_sum(number for facet, number in facets if facet.reason is None),
        num_duplicates=_sum(number for facet, number in facets if facet.is_duplicate),
        num_with_tools=_sum(number for facet, number in facets if facet.has_tools),
        num_with_reward=_sum(number for facet, number in facets if facet.reward_bin),
        num_deleted=count_deleted(session, dataset_id),
    )


def _topic_options(
    counts: list[tuple[int, Facet, int]], topics: dict[int, str]
) -> tuple[FilterOption, ...]:
    keys = {**topics, NO_TOPIC: ""}
    options: list[FilterOption] = []
    for key in (*topics.values(), ""):
        inside = {
            id_ for id_, other in keys.items() if (is_within(other, key) if key else not other)
        }
        if number := _sum(number for topic_id, _, number in counts if topic_id in inside):
            label = key or "No topic"
            options.append(FilterOption(value=key, label=label, num_records=number))
    return tuple(options)


def _sum(numbers: Iterable[int]) -> int:
    return sum(numbers)


def write_facet_counts(
    session: Session, dataset_id: str, tally: Sequence[Counted | Row[Any]]
) -> None:
    """Replace the counts by facet and topic of a dataset."""
    session.exec(delete(FacetCountRow).where(col(FacetCountRow.dataset_id) == dataset_id))
    _add_facet_counts(session, dataset_id, tally)


def change_facet_counts(session: Session, dataset_id: str, changed: Sequence[FacetCount]) -> None:
    """Store other counts of some pairs of topic and facet; those without records go."""
    statement = text(
        "DELETE FROM facet_count WHERE dataset_id = :dataset_id AND topic_id = :topic "
        "AND facet = :facet"
    )
    pairs = [
        {"dataset_id": dataset_id, "topic": one.topic_id, "facet": one.facet} for one in changed
    ]
    if pairs:
        session.connection().execute(statement, pairs)
    _add_facet_counts(session, dataset_id, [one for one in changed if one.num_records > 0])


def _add_facet_counts(
    session: Session, dataset_id: str, tally: Sequence[Counted | Row[Any]]
) -> None:
    if tally:
        session.connection().execute(
            insert(FacetCountRow),
            [
                {
                    "dataset_id": dataset_id,
                    "topic_id": row.topic_id,
                    "facet": row.facet,
                    "num_records": row.num_records,
                    "keys": 0 if row.topic_id == NO_TOPIC else int(row.keys),
                }
                for row in tally
            ],
        )


def read_facet_counts(session: Session, dataset_id: str) -> dict[tuple[int, int], FacetCount]:
    """The stored counts by topic and facet."""
    statement = text(
        "SELECT topic_id, facet, num_records, keys FROM facet_count WHERE dataset_id = :dataset_id"
    )
    rows = session.connection().execute(statement, {"dataset_id": dataset_id})
    return {(row.topic_id, row.facet): FacetCount(*row) for row in rows}


def hash_topics(tally: Sequence[Counted | Row[Any]], topics: dict[int, str]) -> str:
    """Fingerprint of topic paths and who is in which leaf; empty without topics."""
    members = [
        (topics.get(row.topic_id), row.facet, row.num_records, int(row.keys))
        for row in tally
        if row.topic_id != NO_TOPIC
    ]
    return _digest([sorted(topics.values()), sorted(members, key=repr)]) if topics else ""


def _digest(value: list[Any]) -> str:
    return blake2b(repr(value).encode(), digest_size=8).hexdigest() if value else ""
