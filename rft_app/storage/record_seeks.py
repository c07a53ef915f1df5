"""Run a plan: record keys by index seeks, or by full-text matches that pass it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlmodel import Session

from rft_app.domain.record import RecordFilter
from rft_app.storage import search
from rft_app.storage.record_plan import BY_KEY, Plan, make_plan

_MAX_ARMS = 400
"""SQLite takes at most 500 terms in one compound select."""
_FEW_ARMS = 8
_FEW_CANDIDATES = 30_000
_NEAR = 4000
"""Keys that are looked at one by one before every pair is sought."""
_BUFFERED = 10_000


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of an ordered list."""

    after: int | None
    """The key the part starts behind; `None` for the beginning."""
    limit: int
    is_newest_first: bool

    @property
    def order(self) -> str:
        """SQL after ORDER BY."""
        return "seq DESC" if self.is_newest_first else "seq"

    def holds(self, seq: int) -> bool:
        """Whether the key lies behind the part's start."""
        if self.after is None:
            return True
        return seq < self.after if self.is_newest_first else seq > self.after

    def bound(self, column: str) -> str:
        """SQL that starts the part, with a leading AND; empty for the beginning."""
        if self.after is None:
            return ""
        return f" AND {column} {'<' if self.is_newest_first else '>'} {self.after}"


def seek_page(session: Session, plan: Plan, window: Window) -> tuple[list[int], int, bool]:
    """Keys in the window, and their total as `count` gives it."""
    if plan.narrowings:
        return _page_of(lambda part: _find_narrowed(session, plan, part), window)
    edge = _find_edge(session, plan.partial)
    total = plan.num_whole + min(len(edge), search.MAX_COUNT)
    if len(edge) > search.MAX_COUNT:
        return seek(session, plan, window), total, False
    found = [*seek(session, plan.whole, window), *(seq for seq in edge if window.holds(seq))]
    return sorted(found, reverse=window.is_newest_first)[: window.limit], total, True


def seek(session: Session, plan: Plan, window: Window) -> list[int]:
    """Keys in the window: every pair is sought by itself and stops after `limit`.

    Many pairs usually mean that many records match, so the nearest records are tried first.
    """
    if len(plan.seeks) > _FEW_ARMS and len(near := _scan_near(session, plan, window)) > 0:
        return near
    found: list[int] = []
    for start in range(0, len(plan.seeks), _MAX_ARMS):
        arms = " UNION ALL ".join(
            "SELECT seq FROM (SELECT r.seq FROM record r WHERE r.dataset_id = :dataset_id "
            f"AND {pair.condition}{window.bound('r.seq')} ORDER BY r.{window.order} "
            f"LIMIT {window.limit}) a"
            for pair in plan.seeks[start : start + _MAX_ARMS]
        )
        statement = f"SELECT seq FROM ({arms}) s ORDER BY {window.order} LIMIT {window.limit}"
        found.extend(session.connection().execute(text(statement), plan.parameters).scalars().all())
    return sorted(found, reverse=window.is_newest_first)[: window.limit]


def _scan_near(session: Session, plan: Plan, window: Window) -> list[int]:
    """The window, when the next few thousand keys hold all of it; else nothing."""
    start = window.after
    if start is None and window.is_newest_first:
        start = session.connection().execute(text("SELECT MAX(seq) + 1 FROM record")).scalar()
    first = start or 0
    low, high = (first - _NEAR, first) if window.is_newest_first else (first, first + _NEAR)
    statement = text(
        f"SELECT r.seq FROM record r WHERE r.seq > {low} AND r.seq < {high} AND {_passes(plan)} "
        f"ORDER BY r.{window.order} LIMIT {window.limit}"
    )
    found = [*session.connection().execute(statement, plan.parameters).scalars().all()]
    return found if len(found) == window.limit else []


def search_page(
    session: Session, plan: Plan, query: str, window: Window
) -> tuple[list[int], int, bool]:
    """Keys of full-text matches that pass the plan, and their total as `count` gives it."""
    return _page_of(lambda part: find_matches(session, plan, query, part), window)


def _page_of(find: Callable[[Window], list[int]], window: Window) -> tuple[list[int], int, bool]:
    """A window of what `find` gives, counted up to the limit."""
    counted = find(Window(None, search.MAX_COUNT + 1, window.is_newest_first))
    if window.after is None and window.limit <= len(counted):
        found = counted[: window.limit]
    else:
        found = find(window)
    return found, min(len(counted), search.MAX_COUNT), len(counted) <= search.MAX_COUNT


def _find_narrowed(session: Session, plan: Plan, window: Window) -> list[int]:
    """Keys of listed records that pass the plan."""
    if not plan.seeks:
        return []
    statement = text(
        f"{_narrowed(plan)}{window.bound('r.seq')} ORDER BY r.{window.order} LIMIT {window.limit}"
    )
    return [*session.connection().execute(statement, plan.parameters).scalars().all()]


def _narrowed(plan: Plan) -> str:
    """SELECT, FROM and WHERE that yield as `r.seq` the records that pass a plan with lists."""
    is_short = plan.num_sought <= min(_FEW_CANDIDATES, plan.shortest.num_records)
    source = "record r WHERE r.dataset_id = :dataset_id" if is_short else plan.shortest.source
    return f"SELECT r.seq FROM {source} AND ({plan.condition})"


def find_matches(session: Session, plan: Plan, query: str, window: Window) -> list[int]:
    """Keys of full-text matches that pass the plan."""
    if not plan.seeks:
        return []
    statement = text(
        f"SELECT m.seq FROM {_matches(session, plan)}{window.bound('m.seq')} "
        f"ORDER BY m.{window.order} LIMIT {window.limit}"
    )
    return [*session.connection().execute(statement, _with_query(plan, query)).scalars().all()]


def _matches(session: Session, plan: Plan) -> str:
    """FROM and WHERE of full-text matches that pass the plan.

    Where few records pass, a match is looked up among their keys; else its record is read.  The
    plus keeps SQLite from running the search once per key.
    """
    if plan.num_candidates > _FEW_CANDIDATES:
        return f"{search.matching_from(session)} WHERE {_passes(plan)}"
    candidates = (
        _narrowed(plan)
        if plan.narrowings
        else f"SELECT r.seq FROM record r WHERE r.dataset_id = :dataset_id AND ({plan.condition})"
    )
    return f"{search.matches_from(session)} WHERE +m.seq IN ({candidates})"


def count(session: Session, plan: Plan, query: str | None) -> tuple[int, bool]:
    """How many records match, and whether that is the number rather than a lower bound.

    Whole seeks are summed from stored counts.  Matches of a search, and records at the edge of a
    reward range, are counted up to `search.MAX_COUNT`.
    """
    if query is not None:
        _, number, is_exact = search_page(session, plan, query, Window(None, 1, True))
        return number, is_exact
    if plan.narrowings:
        _, number, is_exact = seek_page(session, plan, Window(None, 1, True))
        return number, is_exact
    number = len(_find_edge(session, plan.partial))
    return plan.num_whole + min(number, search.MAX_COUNT), number <= search.MAX_COUNT


def select_seqs(
    session: Session, dataset_id: str, record_filter: RecordFilter
) -> NDArray[np.int64]:
    """Keys of all current records that match, ascending; eight bytes each."""
    plan = make_plan(session, dataset_id, record_filter)
    query = search.make_query(session, dataset_id, record_filter.search)
    if query is not None:
        if not plan.seeks:
            return np.empty(0, dtype=np.int64)
        matches = f"SELECT m.seq FROM {_matches(session, plan)}"
        return np.sort(_read(session, matches, _with_query(plan, query)))
    if plan.narrowings:
        if not plan.seeks:
            return np.empty(0, dtype=np.int64)
        return np.sort(_read(session, _narrowed(plan), plan.parameters))
    arms = [
        _read(
            session,
            "SELECT r.seq FROM record r WHERE r.dataset_id = :dataset_id AND " + pair.condition,
            plan.parameters,
        )
        for pair in plan.seeks
    ]
    return np.sort(np.concatenate(arms)) if arms else np.empty(0, dtype=np.int64)


def _passes(plan: Plan) -> str:
    return f"{BY_KEY} AND ({plan.condition})"


def _with_query(plan: Plan, query: str) -> dict[str, object]:
    return {**plan.parameters, "query": query}


def _find_edge(session: Session, edge: Plan) -> list[int]:
    """Keys of records whose reward had to be compared, one more than are counted at most."""
    if not edge.seeks:
        return []
    statement = text(
        "SELECT r.seq FROM record r WHERE r.dataset_id = :dataset_id "
        f"AND ({edge.condition}) LIMIT {search.MAX_COUNT + 1}"
    )
    return [*session.connection().execute(statement, edge.parameters).scalars().all()]


def _read(session: Session, statement: str, values: dict[str, object]) -> NDArray[np.int64]:
    def read() -> Iterator[int]:
        options = {"stream_results": True, "max_row_buffer": _BUFFERED}
        rows = session.connection().execute(text(statement), values, execution_options=options)
        for block in rows.partitions(_BUFFERED):
            yield from (row[0] for row in block)

    return np.fromiter(read(), dtype=np.int64)
