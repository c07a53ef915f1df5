"""Stored traces of all datasets: pages by keyset, counts, models, samples.

A dataset made of traces holds copies of them; a copy is left out of every list while the trace it
was made of, or an earlier copy of that, is still there.  So is a call that a longer one continues.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from rft_app.domain.trace import GOOD_FROM, Rating, TraceId, TraceStatus, parse_trace_id, trace_id
from rft_app.domain.trace_page import (
    TraceCount,
    TraceFilter,
    TracePage,
    TraceSelection,
    TraceSummary,
)
from rft_app.errors import InvalidInputError
from rft_app.storage.session import ordered_join
from rft_app.storage.trace_search import TRACES

_IS_LAST = "t.continued_by IS NULL"
_WAS_LAST = (
    "(t.continued_by IS NULL OR t.continued_by > :last_key AND NOT EXISTS (SELECT 1 FROM trace o "
    "WHERE o.continued_by = t.continued_by AND o.seq <= :last_key "
    "AND (o.num_messages, o.seq) > (t.num_messages, t.seq)))"
)
"""The last call of its conversation among those up to a key."""
_SUMMARIES = (
    "SELECT t.seq, t.title, t.system_prompt, t.model, t.num_messages, t.num_user_turns, "
    "t.num_tools, t.num_turns > 0, t.recorded_at, t.dataset_id, d.name, t.source, t.status, "
    "t.input_tokens, t.output_tokens, t.latency_ms, t.num_earlier, t.reward "
    "FROM trace t LEFT JOIN dataset d ON d.id = t.dataset_id"
)
_CONDITIONS = {
    "since": "t.recorded_at >= :since",
    "until": "t.recorded_at < :until",
    "model": "t.model = :model",
    "source": "t.source = :source",
    "last_key": "+t.seq <= :last_key",
}
"""Of the fields of a filter that compare with one value.

The plus keeps SQLite from going through all keys rather than through an index that has what counts.
"""
_CHOICES: Mapping[str, Mapping[object, str]] = {
    "has_response": {True: "t.num_turns > 0", False: "t.num_turns = 0"},
    "status": {status: f"t.status = '{status.value}'" for status in TraceStatus},
    "rating": {
        Rating.GOOD: f"t.reward >= {GOOD_FROM}",
        Rating.BAD: f"t.reward < {GOOD_FROM}",
        Rating.NONE: "t.reward IS NULL",
    },
}
"""Of the other fields; without parameters, so that the database knows which index has them all."""
_TAGGED = "SELECT g.seq FROM trace_tag g WHERE g.tag"
_SENT = "SELECT s.trace_seq FROM trace_sender s WHERE s.key_id"
MAX_DIGITS = 19
_MANY = 5_000
"""Matches of a search or a tag from which on a page is found sooner among all traces than among
these."""
MAX_NAMED = 50_000
"""Ids that a selection may name one by one."""


class Where:
    """A condition on `trace t` and its parameters."""

    def __init__(
        self,
        session: Session,
        trace_filter: TraceFilter,
        *,
        is_in_order: bool = False,
        with_continued: bool = False,
    ) -> None:
        """Say which traces.

        Args:
            session: Any.
            trace_filter: Which.
            is_in_order: Whether to go through the traces in the order asked for rather than
                through what a search or a tag finds; the plus keeps SQLite from reaching them by
                key.
            with_continued: Whether calls that others continue are meant, too.
        """
        self.query = TRACES.make_query(session, trace_filter.search)
        self._is_in_order = is_in_order
        self.parts = ["NOT t.is_copy"]
        self.parameters: dict[str, Any] = {}
        if not with_continued:
            self._add_conversation(trace_filter)
        self._add_filter(session, trace_filter)

    @property
    def sql(self) -> str:
        """The condition."""
        return " AND ".join(self.parts)

    def add(self, condition: str, **parameters: Any) -> None:  # noqa: ANN401  # SQL values
        """One more condition that must hold."""
        self.parts.append(condition)
        self.parameters |= parameters

    def _add_conversation(self, wanted: TraceFilter) -> None:
        if wanted.conversation is not None:
            seq = parse_trace_id(wanted.conversation)
            self.add("(t.seq = :conversation OR t.continued_by = :conversation)", conversation=seq)
        else:
            self.add(_IS_LAST if wanted.last_key is None else _WAS_LAST)

    def _add_filter(self, session: Session, wanted: TraceFilter) -> None:
        values = wanted.model_dump(mode="json")
        for name, condition in _CONDITIONS.items():
            if values[name] is not None:
                self.add(condition, **{name: values[name]})
        if wanted.min_turns > 0:
            self.add("t.num_user_turns >= :min_turns", min_turns=wanted.min_turns)
        for name, conditions in _CHOICES.items():
            if (chosen := getattr(wanted, name)) is not None:
                self.add(conditions[chosen])
        self._add_keys(wanted)
        if self.query is not None:
            key = "+t.seq" if self._is_in_order else "t.seq"
            self.add(f"{key} IN ({_found(session)})", query=self.query)

    def _add_keys(self, wanted: TraceFilter) -> None:
        for place, tag in enumerate(wanted.tags):
            self._add_key(_TAGGED, f"tag{place}", tag)
        if wanted.key is not None:
            self._add_key(_SENT, "sender", wanted.key)

    def _add_key(self, keys: str, name: str, value: str) -> None:
        """Only traces among the keys that a statement, `SELECT key FROM … WHERE …`, finds."""
        found = f"{keys} = :{name}"
        if self._is_in_order:
            key = keys.split(maxsplit=2)[1]
            self.add(f"EXISTS ({found} AND {key} = t.seq)", **{name: value})
        else:
            self.add(f"t.seq IN ({found})", **{name: value})


def _found(session: Session) -> str:
    """SQL that yields keys of the traces that a search finds: their entries', or of copies."""
    matches = TRACES.matches(session)
    return (
        f"SELECT m.seq FROM ({matches}) m UNION ALL SELECT c.seq FROM ({matches}) m "
        f"{ordered_join(session)} trace c ON c.origin_seq = m.seq"
    )


def _finds_many(session: Session, wanted: TraceFilter) -> bool:
    """Whether a page is found sooner in its own order: search and tags leave many traces each."""
    where = Where(session, wanted)
    names = [f"tag{place}" for place in range(len(wanted.tags))]
    found = [f"{_TAGGED} = :{name}" for name in names]
    if wanted.key is not None:
        found.append(f"{_SENT} = :sender")
    if where.query is not None:
        found.append(TRACES.matches(session))
    return bool(found) and all(_is_many(session, each, where.parameters) for each in found)


def _is_many(session: Session, found: str, values: Mapping[str, Any]) -> bool:
    statement = text(f"SELECT COUNT(*) FROM (SELECT 1 FROM ({found}) m LIMIT {_MANY}) part")
    return session.connection().execute(statement, values).scalar_one() == _MANY


def list_page(
    session: Session, trace_filter: TraceFilter, cursor: str | None, limit: int
) -> TracePage:
    """The newest traces that match, behind the cursor.

    Raises:
        InvalidInputError: The cursor is not one that a page gave.
    """
    where = Where(session, trace_filter, is_in_order=_finds_many(session, trace_filter))
    if cursor is not None:
        recorded_at, seq = _read_cursor(cursor)
        where.add("(t.recorded_at, t.seq) < (:at, :seq)", at=recorded_at, seq=seq)
    statement = text(
        f"{_SUMMARIES} WHERE {where.sql} ORDER BY t.recorded_at DESC, t.seq DESC LIMIT :limit"
    )
    found = session.connection().execute(statement, {**where.parameters, "limit": limit + 1}).all()
    rows = [_to_summary(row) for row in found[:limit]]
    last = found[limit - 1] if len(found) > limit else None
    return TracePage(rows=tuple(rows), next_cursor=None if last is None else f"{last[8]}.{last[0]}")


def list_newest(session: Session, where: Where, limit: int) -> list[int]:
    """Keys of the newest traces that pass."""
    statement = text(
        f"SELECT t.seq FROM trace t WHERE {where.sql} "
        "ORDER BY t.recorded_at DESC, t.seq DESC LIMIT :limit"
    )
    found = session.connection().execute(statement, {**where.parameters, "limit": limit})
    return list(found.scalars())


def find_summary(session: Session, seq: int) -> TraceSummary | None:
    """The line of one trace; `None` where there is no such trace."""
    statement = text(f"{_SUMMARIES} WHERE t.seq = :seq")
    row = session.connection().execute(statement, {"seq": seq}).one_or_none()
    return None if row is None else _to_summary(row)


def _to_summary(row: Sequence[Any]) -> TraceSummary:
    return TraceSummary(
        id=trace_id(row[0]),
        title=row[1],
        system_prompt=row[2],
        model=row[3],
        num_messages=row[4],
        num_user_turns=row[5],
        num_tools=row[6],
        has_response=bool(row[7]),
        recorded_at=row[8],
        dataset_id=row[9],
        dataset_name=row[10],
        source=row[11],
        status=TraceStatus(row[12]),
        input_tokens=row[13],
        output_tokens=row[14],
        latency_ms=row[15],
        num_earlier=row[16],
        reward=row[17],
    )


def _read_cursor(cursor: str) -> tuple[int, int]:
    recorded_at, _, seq = cursor.partition(".")
    digits = (recorded_at.removeprefix("-"), seq)
    if not all(part.isascii() and part.isdecimal() and len(part) < MAX_DIGITS for part in digits):
        raise InvalidInputError("The cursor is not one that a page of traces gave.", cursor=cursor)
    return int(recorded_at), int(seq)


def select_where(session: Session, selection: TraceSelection) -> Where:
    """The condition for the traces of a selection.

    Raises:
        InvalidInputError: It names something that is no trace, or too many one by one.
    """
    if selection.only is not None:
        where = Where(session, TraceFilter(), with_continued=True)
        where.add(f"t.seq IN {_literal(selection.only)}")
        return where
    where = Where(session, selection.filter)
    if selection.excluded:
        where.add(f"t.seq NOT IN {_literal(selection.excluded)}")
    return where


def select_heads(session: Session, selection: TraceSelection) -> Where:
    """As `select_where`, without calls whose continuation is named, too: they come with it."""
    where = select_where(session, selection)
    if selection.only is not None:
        where.add(f"(t.continued_by IS NULL OR t.continued_by NOT IN {_literal(selection.only)})")
    return where


def _literal(ids: Sequence[TraceId]) -> str:
    if len(ids) > MAX_NAMED:
        raise InvalidInputError(
            f"A selection names at most {MAX_NAMED:,} traces one by one. Select all that match and "
            "leave some out instead."
        )
    seqs = [parse_trace_id(id_) for id_ in ids]
    unknown = [id_ for id_, seq in zip(ids, seqs, strict=True) if seq is None]
    if unknown:
        raise InvalidInputError(f"{unknown[0]!r} is no id of a trace.", trace_id=unknown[0])
    return f"({', '.join(map(str, seqs))})"


def find_among(
    session: Session, trace_filter: TraceFilter, ids: Sequence[TraceId]
) -> list[TraceId]:
    """Those of `ids` that match.

    Raises:
        InvalidInputError: One of them is no id of a trace, or they are too many.
    """
    where = Where(session, trace_filter)
    where.add(f"t.seq IN {_literal(ids)}")
    statement = text(f"SELECT t.seq FROM trace t WHERE {where.sql}")
    found = session.connection().execute(statement, where.parameters).scalars()
    return [trace_id(seq) for seq in found]


def count_where(session: Session, where: Where) -> int:
    """How many traces pass."""
    statement = text(f"SELECT COUNT(*) FROM trace t WHERE {where.sql}")
    return session.connection().execute(statement, where.parameters).scalar_one()


def count_answers(session: Session, where: Where) -> TraceCount:
    """How many traces pass, and how many records they give when every answer becomes one."""
    statement = text(
        "SELECT COUNT(*), "
        "COALESCE(SUM(t.num_earlier + CASE WHEN t.num_turns > 1 THEN t.num_turns ELSE 1 END), 0) "
        f"FROM trace t WHERE {where.sql}"
    )
    row = session.connection().execute(statement, where.parameters).one()
    return TraceCount(num_traces=row[0], num_answers=int(row[1]))


def find_last_key(session: Session) -> int:
    """The newest trace there is, 0 without any."""
    return (
        session.connection().execute(text("SELECT COALESCE(MAX(seq), 0) FROM trace")).scalar_one()
    )


def list_models(session: Session) -> list[tuple[str, int]]:
    """Every model with the traces that lists show of it, the most used first."""
    return _count_by(session, "model")


def list_sources(session: Session) -> list[tuple[str, int]]:
    """Every source with the traces that lists show of it, the commonest first."""
    return _count_by(session, "source")


def _count_by(session: Session, column: str) -> list[tuple[str, int]]:
    statement = text(
        f"SELECT t.{column}, COUNT(*) FROM trace t WHERE NOT t.is_copy AND {_IS_LAST} "
        f"AND t.{column} IS NOT NULL GROUP BY t.{column} ORDER BY 2 DESC, 1"
    )
    return [(name, number) for name, number in session.connection().execute(statement)]


def list_tags(session: Session, limit: int) -> list[str]:
    """Tags of stored traces, the commonest first."""
    statement = text(
        "SELECT tag FROM trace_tag GROUP BY tag ORDER BY COUNT(*) DESC, tag LIMIT :limit"
    )
    return list(session.connection().execute(statement, {"limit": limit}).scalars())


def read_sample(session: Session, where: Where, size: int) -> list[bytes]:
    """Bodies of at most `size` traces that pass, spread evenly over the order of their keys."""
    number = count_where(session, where)
    stride = max(1, number // size)
    statement = text(
        "SELECT b.body FROM (SELECT t.seq, ROW_NUMBER() OVER (ORDER BY t.seq) AS place "
        f"FROM trace t WHERE {where.sql}) s JOIN trace_body b ON b.seq = s.seq "
        f"WHERE (s.place - 1) % {stride} = 0 ORDER BY s.seq LIMIT {size}"
    )
    return list(session.connection().execute(statement, where.parameters).scalars())
