"""Grades in the database: written once per planned rollout, read in pages."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, and_, func, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from rft_app.domain.grade import Grade
from rft_app.domain.grading import (
    Abstention,
    FailureKind,
    GradeOrder,
    GradingFailure,
    Outcome,
    Verdict,
)
from rft_app.domain.rollout import RolloutKey
from rft_app.domain.statistics import EQUAL_REWARDS
from rft_app.errors import InvalidInputError
from rft_app.storage.copying import insert_rows
from rft_app.storage.tables import GradeRow

_COLUMNS = (
    *("dry_run_id", "item", "record_seq", "rollout_seq", "topic_id"),
    *("reward", "reason", "failure_kind", "failure_message", "is_abstention", "details"),
)


_DETAILS = {"criteria", "votes"}
"""Fields of a verdict that are stored together."""


@dataclass(frozen=True, slots=True)
class GradeChoice:
    """Which grades of a dry run are listed."""

    order: GradeOrder = GradeOrder.ALL
    kind: FailureKind | None = None
    """Only failures of this kind."""
    topic_ids: Collection[int] | None = None
    """Only those stored under these topics, 0 for none; of all where `None`."""


def add_grades(
    session: Session,
    dry_run_id: str,
    first_item: int,
    keys: Sequence[RolloutKey],
    outcomes: Sequence[Outcome],
) -> None:
    """Store the outcomes of consecutive items of the plan."""
    rows = [
        (dry_run_id, item, *key[:2], key.topic_id, *_values(outcome))
        for item, (key, outcome) in enumerate(zip(keys, outcomes, strict=True), first_item)
    ]
    insert_rows(session, "grade", _COLUMNS, rows)


def _values(outcome: Outcome) -> tuple[Any, ...]:
    match outcome:
        case Verdict():
            return outcome.reward, outcome.reason, None, None, False, _pack(outcome)
        case Abstention():
            return None, outcome.reason, None, None, True, None
        case GradingFailure():
            return None, None, outcome.failure_kind.value, outcome.message, False, None


def _pack(verdict: Verdict) -> str | None:
    told = verdict.model_dump(mode="json", include=_DETAILS, exclude_defaults=True)
    return orjson.dumps(told).decode() if told else None


def to_outcome(row: GradeRow) -> Outcome:
    """What was stored."""
    if row.reward is not None:
        return Verdict(reward=row.reward, reason=row.reason, **row.details or {})
    if row.is_abstention:
        return Abstention(reason=row.reason)
    kind, message = FailureKind(row.failure_kind), row.failure_message or ""
    return GradingFailure(failure_kind=kind, message=message)


def count_grades(session: Session, dry_run_id: str) -> int:
    """How many rollouts have an outcome: since they are written in order, the next item."""
    count = select(func.count()).where(col(GradeRow.dry_run_id) == dry_run_id)
    return session.exec(count).one()


def iterate_grades(session: Session, dry_run_id: str) -> Iterator[Grade]:
    """All outcomes of a dry run, in the order of the plan."""
    rows = session.connection().execute(
        select_columns(
            col(GradeRow.record_seq),
            col(GradeRow.topic_id),
            col(GradeRow.reward),
            col(GradeRow.failure_kind),
            col(GradeRow.failure_message),
            col(GradeRow.reason),
            col(GradeRow.is_abstention),
            col(GradeRow.details),
        )
        .where(col(GradeRow.dry_run_id) == dry_run_id)
        .order_by(col(GradeRow.item))
    )
    for record_seq, topic_id, reward, failure, message, reason, is_abstention, details in rows:
        yield Grade(
            record_seq=record_seq,
            topic_id=topic_id,
            reward=reward,
            failure_kind=FailureKind(failure) if failure else None,
            failure_message=message,
            is_abstention=is_abstention,
            abstention_reason=reason if is_abstention else None,
            criteria=None if details is None else details.get("criteria"),
            agreement=_find_agreement(details),
        )


def _find_agreement(details: dict[str, Any] | None) -> float | None:
    votes: dict[str, Any] | None = None if details is None else details.get("votes")
    return None if votes is None else votes["agreement"]


def list_grades(
    session: Session,
    dry_run_id: str,
    choice: GradeChoice,
    *,
    cursor: str | None,
    limit: int,
) -> list[GradeRow]:
    """One page of outcomes.

    Args:
        session: Any.
        dry_run_id: Of which dry run.
        choice: Which, and how sorted; ties by position in the plan, of `SPLIT` by record.
        cursor: `cursor_of` the last outcome of the page before.
        limit: Most outcomes.

    Raises:
        InvalidInputError: The cursor is not one that a page gave.
    """
    order = choice.order
    if order is GradeOrder.SPLIT:
        return _list_split(session, dry_run_id, choice, cursor, limit)
    statement = select(GradeRow).where(col(GradeRow.dry_run_id) == dry_run_id)
    statement = statement.where(*_CONDITIONS[order], *_of_topics(choice.topic_ids))
    if choice.kind is not None:
        statement = statement.where(col(GradeRow.failure_kind) == choice.kind.value)
    if cursor is not None:
        statement = statement.where(_after(order, cursor))
    by_reward = {
        GradeOrder.BEST: [col(GradeRow.reward).desc()],
        GradeOrder.WORST: [col(GradeRow.reward).asc()],
    }.get(order, [])
    return list(session.exec(statement.order_by(*by_reward, col(GradeRow.item)).limit(limit)))


def _list_split(
    session: Session, dry_run_id: str, choice: GradeChoice, cursor: str | None, limit: int
) -> list[GradeRow]:
    """The gaps are read from an index that holds record and reward."""
    record, item = col(GradeRow.record_seq), col(GradeRow.item)
    gaps = (
        select_columns(record, _gap().label("gap"))
        .where(col(GradeRow.dry_run_id) == dry_run_id)
        .group_by(record)
        .having(_gap() > EQUAL_REWARDS)
    ).subquery()
    statement = (
        select(GradeRow)
        .join(gaps, gaps.c.record_seq == record)
        .where(col(GradeRow.dry_run_id) == dry_run_id, *_of_topics(choice.topic_ids))
    )
    if choice.kind is not None:
        statement = statement.where(col(GradeRow.failure_kind) == choice.kind.value)
    if cursor is not None:
        last = _read_cursor(cursor)[0]
        seq, width = _find_gap(session, dry_run_id, last, cursor)
        is_later = or_(record > seq, and_(record == seq, item > last))
        statement = statement.where(or_(gaps.c.gap < width, and_(gaps.c.gap == width, is_later)))
    ordered = statement.order_by(gaps.c.gap.desc(), record, item)
    return list(session.exec(ordered.limit(limit)))


def _gap() -> ColumnElement[float | None]:
    """Between the highest and the lowest reward of some grades; null where there is none."""
    return func.max(GradeRow.reward) - func.min(GradeRow.reward)


def _find_gap(session: Session, dry_run_id: str, item: int, cursor: str) -> tuple[int, float]:
    """The record at a place of the plan, and the gap between its rewards."""
    seq = session.exec(
        select(GradeRow.record_seq).where(
            col(GradeRow.dry_run_id) == dry_run_id, col(GradeRow.item) == item
        )
    ).first()
    width = session.exec(
        select(_gap()).where(
            col(GradeRow.dry_run_id) == dry_run_id, col(GradeRow.record_seq) == seq
        )
    ).one()
    if seq is None or width is None:
        raise _strange(cursor)
    return seq, width


def list_items(session: Session, dry_run_id: str, topic_ids: Collection[int]) -> list[int]:
    """Positions in the plan of all outcomes of some topics, ascending."""
    statement = select(GradeRow.item).where(
        col(GradeRow.dry_run_id) == dry_run_id, *_of_topics(topic_ids)
    )
    return list(session.exec(statement.order_by(col(GradeRow.item))))


def list_grades_at(session: Session, dry_run_id: str, items: Sequence[int]) -> list[GradeRow]:
    """The outcomes at some positions of the plan, in the order of the plan."""
    return list(
        session.exec(
            select(GradeRow)
            .where(col(GradeRow.dry_run_id) == dry_run_id, col(GradeRow.item).in_(items))
            .order_by(col(GradeRow.item))
        )
    )


def list_grades_of_record(session: Session, dry_run_id: str, record_seq: int) -> list[GradeRow]:
    """All outcomes of one record in a dry run, in the order of the plan."""
    return list(
        session.exec(
            select(GradeRow)
            .where(col(GradeRow.dry_run_id) == dry_run_id, col(GradeRow.record_seq) == record_seq)
            .order_by(col(GradeRow.item))
        )
    )


def cursor_of(row: GradeRow) -> str:
    """Where the next page begins."""
    return f"{row.item}:{'' if row.reward is None else row.reward.hex()}"


def _after(order: GradeOrder, cursor: str) -> ColumnElement[bool]:
    item, reward = _read_cursor(cursor)
    is_later = col(GradeRow.item) > item
    if reward is None or order not in {GradeOrder.BEST, GradeOrder.WORST}:
        return is_later
    column = col(GradeRow.reward)
    is_beyond = column < reward if order is GradeOrder.BEST else column > reward
    return or_(is_beyond, and_(column == reward, is_later))


def _read_cursor(cursor: str) -> tuple[int, float | None]:
    item_text, _, reward_text = cursor.partition(":")
    try:
        return int(item_text), float.fromhex(reward_text) if reward_text else None
    except ValueError as error:
        raise _strange(cursor) from error


def _strange(cursor: str) -> InvalidInputError:
    return InvalidInputError(f"{cursor!r} is no place in this list; start over.")


def _of_topics(topic_ids: Collection[int] | None) -> Sequence[ColumnElement[bool]]:
    if topic_ids is None:
        return ()
    return (func.coalesce(col(GradeRow.topic_id), 0).in_(topic_ids),)


_CONDITIONS: Mapping[GradeOrder, Sequence[ColumnElement[bool]]] = {
    GradeOrder.BEST: [col(GradeRow.reward).is_not(None)],
    GradeOrder.WORST: [col(GradeRow.reward).is_not(None)],
    GradeOrder.FAILED: [col(GradeRow.failure_kind) != FailureKind.NOT_SAMPLED.value],
    GradeOrder.ABSTAINED: [col(GradeRow.is_abstention).is_(True)],
    GradeOrder.NOT_SAMPLED: [col(GradeRow.failure_kind) == FailureKind.NOT_SAMPLED.value],
    GradeOrder.ALL: [],
}
