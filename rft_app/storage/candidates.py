"""Candidates in the database: written once per place in a run, read in pages."""

import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import orjson
from sqlmodel import Session, col, func, select, update

from rft_app.domain.candidate import (
    Candidate,
    CandidateChecks,
    CandidateState,
    GeneratedDraft,
    ReviewCounts,
    candidate_id,
    parse_candidate_id,
)
from rft_app.domain.generation import StrategyName
from rft_app.domain.record import parse_record_id, record_id
from rft_app.domain.validity import Reason
from rft_app.errors import InvalidInputError, NotFoundError
from rft_app.storage import bodies
from rft_app.storage.record_plan import read_topic_keys
from rft_app.storage.sequences import reserve
from rft_app.storage.tables import CandidateRow

_BUFFERED = 200


class NewCandidate(NamedTuple):
    """What a generation run found out about one record of a reply."""

    run_id: str
    unit: int
    place: int
    strategy: StrategyName
    model: str
    topic_id: int | None
    topic_key: str
    source_seq: int | None
    draft: GeneratedDraft
    title: str
    num_tokens: int
    checks: CandidateChecks


def add_candidates(
    session: Session, dataset_id: str, candidates: Sequence[NewCandidate]
) -> list[int]:
    """Store candidates under consecutive keys, which are returned."""
    first = reserve(session, "candidate", len(candidates)) if candidates else 0
    now = _now_ms()
    for seq, new in enumerate(candidates, first):
        draft_values = _draft_values(new.draft, new.title, new.num_tokens)
        session.add(
            CandidateRow(
                seq=seq,
                dataset_id=dataset_id,
                run_id=new.run_id,
                unit=new.unit,
                place=new.place,
                state=CandidateState.PENDING.value,
                strategy=new.strategy.value,
                model=new.model,
                topic_id=new.topic_id,
                topic_key=new.topic_key,
                source_seq=new.source_seq,
                created_at=now,
                **draft_values,
                **_check_values(new.checks),
            )
        )
    session.flush()
    return list(range(first, first + len(candidates)))


def list_places(session: Session, run_id: str) -> set[tuple[int, int]]:
    """The calls and places of a run whose candidates are stored."""
    statement = select(CandidateRow.unit, CandidateRow.place)
    return set(session.exec(statement.where(col(CandidateRow.run_id) == run_id)))


def has_candidate(session: Session, run_id: str, unit: int, place: int) -> bool:
    """Whether the candidate of a call and place is stored."""
    statement = select(CandidateRow.seq).where(
        col(CandidateRow.run_id) == run_id,
        col(CandidateRow.unit) == unit,
        col(CandidateRow.place) == place,
    )
    return session.exec(statement).first() is not None


def count_run(session: Session, run_id: str) -> tuple[int, int]:
    """How many candidates a run made, and how many of them passed every check."""
    statement = (
        select(col(CandidateRow.passes), func.count())
        .where(col(CandidateRow.run_id) == run_id)
        .group_by(col(CandidateRow.passes))
    )
    found = {bool(passes): number for passes, number in session.exec(statement)}
    return sum(found.values()), found.get(True, 0)


def count_review(session: Session, dataset_id: str) -> ReviewCounts:
    """How many candidates of a dataset are in which state."""
    statement = (
        select(col(CandidateRow.state), col(CandidateRow.passes), func.count())
        .where(col(CandidateRow.dataset_id) == dataset_id)
        .group_by(col(CandidateRow.state), col(CandidateRow.passes))
    )
    found = [(CandidateState(state), passes, n) for state, passes, n in session.exec(statement)]

    def total(state: CandidateState) -> int:
        return sum(number for other, _, number in found if other is state)

    is_pending = CandidateState.PENDING
    return ReviewCounts(
        num_pending=total(is_pending),
        num_passing=sum(n for state, passes, n in found if state is is_pending and passes),
        num_accepted=total(CandidateState.ACCEPTED),
        num_rejected=total(CandidateState.REJECTED),
    )


def count_pending_by_topic(session: Session, dataset_id: str) -> dict[int | None, int]:
    """Candidates that wait for review, by topic id."""
    statement = (
        select(col(CandidateRow.topic_id), func.count())
        .where(
            col(CandidateRow.dataset_id) == dataset_id,
            col(CandidateRow.state) == CandidateState.PENDING.value,
        )
        .group_by(col(CandidateRow.topic_id))
    )
    return dict(session.exec(statement).all())


class CandidateQuery(NamedTuple):
    """Which candidates of a dataset a page shows."""

    state: CandidateState | None = CandidateState.PENDING
    passes: bool | None = None
    run_id: str | None = None


def list_candidates(
    session: Session,
    dataset_id: str,
    query: CandidateQuery,
    *,
    cursor: str | None = None,
    limit: int = 20,
) -> tuple[list[Candidate], str | None]:
    """One page of candidates, oldest first, and the cursor of the next.

    Raises:
        InvalidInputError: The cursor is not one that a page gave.
    """
    statement = select(CandidateRow).where(
        col(CandidateRow.dataset_id) == dataset_id, *_conditions(query)
    )
    if cursor is not None:
        statement = statement.where(col(CandidateRow.seq) > _parse_cursor(cursor))
    rows = session.exec(statement.order_by(col(CandidateRow.seq)).limit(limit + 1)).all()
    topics = read_topic_keys(session, dataset_id)
    page = [_to_candidate(row, topics) for row in rows[:limit]]
    return page, candidate_id(rows[limit - 1].seq) if len(rows) > limit else None


def count_candidates(session: Session, dataset_id: str, query: CandidateQuery) -> int:
    """How many candidates a query is about."""
    statement = select(func.count()).select_from(CandidateRow)
    return session.exec(
        statement.where(col(CandidateRow.dataset_id) == dataset_id, *_conditions(query))
    ).one()


def _conditions(query: CandidateQuery) -> Iterator[Any]:
    if query.state is not None:
        yield col(CandidateRow.state) == query.state.value
    if query.passes is not None:
        yield col(CandidateRow.passes).is_(query.passes)
    if query.run_id is not None:
        yield col(CandidateRow.run_id) == query.run_id


def _parse_cursor(cursor: str) -> int:
    if (seq := parse_candidate_id(cursor)) is None:
        raise InvalidInputError(f"{cursor!r} is no cursor of this list. Start at the first page.")
    return seq


def get_candidate(session: Session, dataset_id: str, candidate: str) -> Candidate:
    """One candidate.

    Raises:
        NotFoundError: The dataset has no such candidate.
    """
    row = _get_row(session, dataset_id, candidate)
    return _to_candidate(row, read_topic_keys(session, dataset_id))


def get_unit_place(session: Session, dataset_id: str, candidate: str) -> tuple[int | None, str]:
    """Topic id and path that a candidate was made for."""
    row = _get_row(session, dataset_id, candidate)
    return row.topic_id, row.topic_key


def iterate_drafts(
    session: Session, dataset_id: str, state: CandidateState
) -> Iterator[tuple[int, int | None, GeneratedDraft]]:
    """Key, topic and body of all candidates in a state, oldest first."""
    columns = select(
        col(CandidateRow.seq),
        col(CandidateRow.topic_id),
        col(CandidateRow.body),
        col(CandidateRow.turn),
    )
    statement = (
        columns.where(
            col(CandidateRow.dataset_id) == dataset_id, col(CandidateRow.state) == state.value
        )
        .order_by(col(CandidateRow.seq))
        .execution_options(stream_results=True, max_row_buffer=_BUFFERED)
    )
    for seq, topic_id, body, turn in session.connection().execute(statement):
        yield seq, topic_id, _read_draft(body, turn)


def edit_candidate(
    session: Session,
    dataset_id: str,
    candidate: str,
    draft: GeneratedDraft,
    checked: tuple[str, int, CandidateChecks],
) -> None:
    """Replace a candidate's body, with its new title, tokens and checks."""
    row = _get_row(session, dataset_id, candidate)
    title, num_tokens, checks = checked
    for name, value in (_draft_values(draft, title, num_tokens) | _check_values(checks)).items():
        setattr(row, name, value)
    row.is_edited = True
    session.add(row)
    session.flush()


def settle_candidate(
    session: Session,
    candidate: str,
    state: CandidateState,
    became: str | None = None,
) -> bool:
    """Decide about a candidate that waits.

    Returns:
        Whether it waited; `False` when somebody decided before.
    """
    statement = (
        update(CandidateRow)
        .where(
            col(CandidateRow.seq) == parse_candidate_id(candidate),
            col(CandidateRow.state) == CandidateState.PENDING.value,
        )
        .values(
            state=state.value,
            settled_at=_now_ms(),
            record_seq=None if became is None else parse_record_id(became),
        )
    )
    return session.connection().execute(statement).rowcount == 1


def reopen_candidate(session: Session, candidate: str) -> bool:
    """Let a rejected candidate wait again; whether it was rejected."""
    statement = (
        update(CandidateRow)
        .where(
            col(CandidateRow.seq) == parse_candidate_id(candidate),
            col(CandidateRow.state) == CandidateState.REJECTED.value,
        )
        .values(state=CandidateState.PENDING.value, settled_at=None)
    )
    return session.connection().execute(statement).rowcount == 1


def _get_row(session: Session, dataset_id: str, candidate: str) -> CandidateRow:
    seq = parse_candidate_id(candidate)
    row = None if seq is None else session.get(CandidateRow, seq, populate_existing=True)
    if row is None or row.dataset_id != dataset_id:
        raise NotFoundError(f"This dataset has no candidate {candidate!r}.")
    return row


def _draft_values(draft: GeneratedDraft, title: str, num_tokens: int) -> dict[str, Any]:
    return {
        "body": _write_draft(draft),
        "turn": len(draft.input),
        "title": title,
        "num_tokens": num_tokens,
    }


def _check_values(checks: CandidateChecks) -> dict[str, Any]:
    near, candidate = checks.near_record, checks.near_candidate
    return {
        "reason": None if checks.reason is None else checks.reason.value,
        "near_seq": None if near is None else parse_record_id(near),
        "near_candidate_seq": None if candidate is None else parse_candidate_id(candidate),
        "similarity": checks.similarity,
        "nearest_topic": checks.nearest_topic,
        "is_topic_kept": checks.is_topic_kept,
        "passes": checks.passes,
    }


def _write_draft(draft: GeneratedDraft) -> bytes:
    body: dict[str, Any] = {"messages": [m.model_dump(exclude_unset=True) for m in draft.messages]}
    values = draft.model_dump(include={"tools", "tool_choice", "reference", "metadata"})
    return orjson.dumps(body | {name: value for name, value in values.items() if value})


def _read_draft(body: bytes, turn: int) -> GeneratedDraft:
    cut = bodies.render(bodies.split_body(body), turn)
    return GeneratedDraft(
        input=tuple(map(bodies.parse_message, cut.input)),
        output=tuple(map(bodies.parse_message, cut.output)),
        tools=() if cut.tools is None or cut.tools_inferred else orjson.loads(cut.tools),
        tool_choice=None if cut.tool_choice is None else orjson.loads(cut.tool_choice),
        reference=cut.reference,
        metadata={} if cut.metadata is None else orjson.loads(cut.metadata),
    )


def _to_candidate(row: CandidateRow, topics: dict[int, str]) -> Candidate:
    near, candidate = row.near_seq, row.near_candidate_seq
    return Candidate(
        id=candidate_id(row.seq),
        run_id=row.run_id,
        state=CandidateState(row.state),
        strategy=StrategyName(row.strategy),
        model=row.model,
        topic=_find_topic(row, topics),
        source_id=None if row.source_seq is None else record_id(row.source_seq),
        draft=_read_draft(row.body, row.turn),
        title=row.title,
        num_tokens=row.num_tokens,
        checks=CandidateChecks(
            reason=None if row.reason is None else Reason(row.reason),
            near_record=None if near is None else record_id(near),
            near_candidate=None if candidate is None else candidate_id(candidate),
            similarity=row.similarity,
            nearest_topic=row.nearest_topic,
            is_topic_kept=row.is_topic_kept,
        ),
        is_edited=row.is_edited,
        record_id=None if row.record_seq is None else record_id(row.record_seq),
        created_at=row.created_at,
    )


def _find_topic(row: CandidateRow, topics: dict[int, str]) -> str | None:
    """The topic by its id; by its path when the tree was made anew since."""
    if row.topic_id in topics:
        return topics[row.topic_id]
    return row.topic_key if row.topic_key in topics.values() else None


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
