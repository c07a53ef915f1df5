"""From a filter to index seeks.

A dataset's few present (topic, facet) pairs are read from `facet_count`; those that match become
one seek each.  Nothing here scans records.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import text
from sqlmodel import Session, col, select

from rft_app.domain.facet import match_facets
from rft_app.domain.record import RecordFilter
from rft_app.domain.topic import SEPARATOR, is_within
from rft_app.storage.record_narrowing import IS_DELETED, Narrowing, find_narrowings
from rft_app.storage.tables import TopicRow

BY_KEY = "r.dataset_id || '' = :dataset_id"
"""Checks the dataset of records `r` that are reached by key.

Compared plainly, SQLite prefers the index over the dataset's facets and reads every record.
"""
NO_TOPIC = 0
"""Stands for "without a topic" in `facet_count`."""


@dataclass(frozen=True, slots=True)
class Seek:
    """Records that share a facet and, where the filter names one, a topic."""

    facet: int
    topic_id: int | None
    """`None` where the topic does not matter, `NO_TOPIC` for records without one."""
    is_partial: bool
    """Whether each record's reward must be compared."""
    num_records: int

    @property
    def condition(self) -> str:
        """The seek in SQL; it holds integers only, rewards are the parameters `low`, `high`."""
        parts = [f"r.facet = {self.facet}"]
        if self.topic_id == NO_TOPIC:
            parts.append("r.topic_id IS NULL")
        elif self.topic_id is not None:
            parts.append(f"r.topic_id = {self.topic_id}")
        if self.is_partial:
            parts.append("r.reward >= :low AND r.reward <= :high")
        return " AND ".join(parts)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a filter asks for, search aside."""

    dataset_id: str
    seeks: tuple[Seek, ...]
    low: float
    high: float
    narrowings: tuple[Narrowing, ...] = ()
    """Lists of records that hold every match."""

    @property
    def num_whole(self) -> int:
        """Records of the seeks that match wholly: exact, without looking at any."""
        return sum(seek.num_records for seek in self.seeks if not seek.is_partial)

    @property
    def num_sought(self) -> int:
        """Records of all seeks."""
        return sum(seek.num_records for seek in self.seeks)

    @property
    def num_candidates(self) -> int:
        """As many records as can match at most."""
        return min(self.num_sought, *(list_.num_records for list_ in self.narrowings), 2**62)

    @property
    def shortest(self) -> Narrowing:
        """The list to go through, where there is one."""
        return min(self.narrowings, key=lambda narrowing: narrowing.num_records)

    @property
    def partial(self) -> "Plan":
        """Only the seeks whose records must be compared one by one."""
        seeks = tuple(seek for seek in self.seeks if seek.is_partial)
        return replace(self, seeks=seeks)

    @property
    def whole(self) -> "Plan":
        """Only the seeks that match wholly."""
        seeks = tuple(seek for seek in self.seeks if not seek.is_partial)
        return replace(self, seeks=seeks)

    @property
    def parameters(self) -> dict[str, object]:
        """Values for the named parameters of `condition`."""
        values: dict[str, object] = {"dataset_id": self.dataset_id}
        for narrowing in self.narrowings:
            values |= narrowing.parameters
        if any(seek.is_partial for seek in self.seeks):
            values |= {"low": self.low, "high": self.high}
        return values

    @property
    def condition(self) -> str:
        """All seeks as one condition, for statements that reach records by another way."""
        if not self.seeks:
            return "1 = 0"
        sought = " OR ".join(f"({condition})" for condition in self._merged())
        return " AND ".join((f"({sought})", *(narrowing.test for narrowing in self.narrowings)))

    def _merged(self) -> Iterator[str]:
        """One term per set of facets that share topics, so that the condition stays short."""
        topics_by_facet: dict[tuple[int, bool], set[int | None]] = {}
        for seek in self.seeks:
            topics_by_facet.setdefault((seek.facet, seek.is_partial), set()).add(seek.topic_id)
        facets_by_topics: dict[tuple[frozenset[int | None], bool], list[int]] = {}
        for (facet, is_partial), topics in topics_by_facet.items():
            facets_by_topics.setdefault((frozenset(topics), is_partial), []).append(facet)
        for (topics, is_partial), facets in facets_by_topics.items():
            terms = [f"r.facet IN ({', '.join(map(str, facets))})"]
            known = sorted(filter(None, topics))
            if known:
                terms.append(f"r.topic_id IN ({', '.join(map(str, known))})")
            elif NO_TOPIC in topics:
                terms.append("r.topic_id IS NULL")
            if is_partial:
                terms.append("r.reward >= :low AND r.reward <= :high")
            yield " AND ".join(terms)


def make_plan(session: Session, dataset_id: str, record_filter: RecordFilter) -> Plan:
    """Find the seeks that answer a filter; `search` is left to the caller."""
    counts = _count(session, dataset_id, record_filter)
    matches = match_facets((facet for _, facet in counts), record_filter)
    partial = {match.facet: match.is_partial for match in matches}
    narrowings = find_narrowings(session, dataset_id, record_filter)
    seeks = (
        Seek(facet, topic_id, partial[facet], number)
        for (topic_id, facet), number in counts.items()
        if facet in partial
    )
    return Plan(
        dataset_id=dataset_id,
        seeks=() if narrowings is None else tuple(seeks),
        narrowings=narrowings or (),
        low=0.0 if record_filter.min_reward is None else record_filter.min_reward,
        high=1.0 if record_filter.max_reward is None else record_filter.max_reward,
    )


def read_topic_keys(session: Session, dataset_id: str) -> dict[int, str]:
    """Slash path per topic id, in the tree's order."""
    statement = select(TopicRow.id, TopicRow.key).where(col(TopicRow.dataset_id) == dataset_id)
    return dict(session.exec(statement.order_by(col(TopicRow.position), col(TopicRow.id))).all())


def map_leaf_ids(session: Session, dataset_id: str) -> dict[str, int]:
    """Topic id per slash path, of the topics that hold records."""
    keys = read_topic_keys(session, dataset_id)
    branches = {key.rpartition(SEPARATOR)[0] for key in keys.values()}
    return {key: topic_id for topic_id, key in keys.items() if key not in branches}


def _count(
    session: Session, dataset_id: str, wanted: RecordFilter
) -> dict[tuple[int | None, int], int]:
    """Records by topic, where the filter names one, and facet: counts are kept of current ones."""
    counted = (
        "(SELECT r.facet, COALESCE(r.topic_id, 0) AS topic_id, 1 AS num_records FROM record r "
        f"WHERE r.dataset_id = :dataset_id AND {IS_DELETED.format(name='r')}) c WHERE 1 = 1"
        if wanted.is_deleted
        else "facet_count c WHERE c.dataset_id = :dataset_id"
    )
    topic, key, narrower = "NULL", "c.facet", ""
    if wanted.topic is not None:
        topics = ", ".join(map(str, sorted(_find_topics(session, dataset_id, wanted.topic))))
        topic, key = "c.topic_id", "c.topic_id, c.facet"
        narrower = f"AND c.topic_id IN ({topics or 'NULL'}) "
    statement = text(
        f"SELECT {topic}, c.facet, SUM(c.num_records) FROM {counted} {narrower}GROUP BY {key}"
    )
    rows = session.connection().execute(statement, {"dataset_id": dataset_id}).all()
    return {(topic_id, facet): int(number) for topic_id, facet, number in rows}


def _find_topics(session: Session, dataset_id: str, topic: str) -> set[int]:
    if not topic:
        return {NO_TOPIC}
    keys = read_topic_keys(session, dataset_id)
    return {topic_id for topic_id, key in keys.items() if is_within(key, topic)}
