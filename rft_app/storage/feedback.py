"""Feedback in the database: one row per person and record."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from sqlalchemy import distinct, func, text
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from rft_app.domain.feedback import (
    Feedback,
    FeedbackCounts,
    FeedbackDraft,
    FeedbackPage,
    FeedbackSource,
    Thumb,
    answer_id,
    feedback_id,
    parse_answer_id,
    parse_feedback_id,
)
from rft_app.domain.record import parse_record_id, record_id
from rft_app.errors import InvalidInputError
from rft_app.storage.sequences import reserve
from rft_app.storage.session import read_blocks
from rft_app.storage.tables import FeedbackRow, RecordRow

_THUMBS: Mapping[Thumb, int] = {Thumb.UP: 1, Thumb.DOWN: -1}
_THUMB_OF = {number: thumb for thumb, number in _THUMBS.items()}
_KEYS_PER_READ = 1000
_COLUMNS = "record_seq, reviewer, thumb, rating, chosen_seq, rejected_seq, correction_seq"


class StoredFeedback(NamedTuple):
    """Feedback by keys, for exports; `rft_app.domain.feedback.label` takes it."""

    record_seq: int
    reviewer: str
    thumb: Thumb | None
    rating: int | None
    chosen_seq: int | None
    """Key of the better rollout; 0 for the recorded answer."""
    rejected_seq: int | None
    correction_seq: int | None
    """The record with the corrected answer; `record_seq` has the original one."""


class RatedRecord(NamedTuple):
    """What must be known of a record before somebody says something of it."""

    is_archived: bool
    has_output: bool


class OpinionPair(NamedTuple):
    """What two people said of the same records, and of how many they said just that."""

    reviewers: tuple[str, str]
    """In the database's order, the same for all their records."""
    first: FeedbackDraft
    second: FeedbackDraft
    num_records: int


def iterate_feedback(
    session: Session, dataset_id: str, record_seqs: Sequence[int]
) -> Iterator[StoredFeedback]:
    """What people said of some records, by record, oldest first.

    Args:
        session: Any; it must stay open while the iterator is used.
        dataset_id: Whose.
        record_seqs: Keys of records, archived ones as well, in any order.
    """
    keys = np.unique(np.array(record_seqs, dtype=np.int64))
    for start in range(0, len(keys), _KEYS_PER_READ):
        listed = ", ".join(map(str, keys[start : start + _KEYS_PER_READ].tolist()))
        statement = text(
            f"SELECT {_COLUMNS} FROM feedback WHERE dataset_id = :dataset_id "
            f"AND record_seq IN ({listed}) ORDER BY record_seq, seq"
        )
        for block in read_blocks(session, statement, _KEYS_PER_READ, {"dataset_id": dataset_id}):
            for row in block:
                yield StoredFeedback._make((*row[:2], _THUMB_OF.get(row[2]), *row[3:]))


def find_record(session: Session, dataset_id: str, record_seq: int) -> RatedRecord | None:
    """A record of the dataset, archived ones included."""
    statement = select(
        RecordRow.dataset_id, RecordRow.is_archived, RecordRow.num_messages, RecordRow.turn
    ).where(col(RecordRow.seq) == record_seq)
    row = session.exec(statement).first()
    if row is None or row[0] != dataset_id:
        return None
    return RatedRecord(is_archived=row[1], has_output=row[2] > row[3])


def find_feedback(
    session: Session, dataset_id: str, record_seq: int, reviewer: str
) -> Feedback | None:
    """What one person said of one record."""
    statement = select(FeedbackRow).where(
        col(FeedbackRow.dataset_id) == dataset_id,
        col(FeedbackRow.reviewer) == reviewer,
        col(FeedbackRow.record_seq) == record_seq,
    )
    row = session.exec(statement.execution_options(populate_existing=True)).first()
    return None if row is None else _to_feedback(row)


def new_feedback_id(session: Session) -> str:
    """An id that no feedback has."""
    return feedback_id(reserve(session, "feedback", 1))


def save_feedback(session: Session, feedback: Feedback) -> None:
    """Store feedback in the place of what has its id."""
    values = feedback.model_dump(include={"dataset_id", "reviewer", "rating", "note"})
    row = FeedbackRow(
        **values,
        seq=_require_seq(feedback.id),
        record_seq=parse_record_id(feedback.record_id) or 0,
        thumb=None if feedback.thumb is None else _THUMBS[feedback.thumb],
        chosen_seq=None if feedback.chosen is None else parse_answer_id(feedback.chosen),
        rejected_seq=None if feedback.rejected is None else parse_answer_id(feedback.rejected),
        correction_seq=parse_record_id(feedback.correction or ""),
        source=feedback.source.value,
        created_at=feedback.created_at,
        updated_at=feedback.updated_at,
    )
    session.merge(row)
    session.flush()


def delete_feedback(session: Session, feedback: Feedback) -> None:
    """Forget feedback."""
    session.delete(session.get_one(FeedbackRow, _require_seq(feedback.id)))
    session.flush()


def list_feedback(
    session: Session,
    dataset_id: str,
    *,
    record_seq: int | None = None,
    reviewer: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> FeedbackPage:
    """One page of a dataset's feedback, newest first.

    Raises:
        InvalidInputError: The cursor is not one that a page gave.
    """
    found = [col(FeedbackRow.dataset_id) == dataset_id]
    if record_seq is not None:
        found.append(col(FeedbackRow.record_seq) == record_seq)
    if reviewer is not None:
        found.append(col(FeedbackRow.reviewer) == reviewer)
    total = session.exec(select(func.count()).select_from(FeedbackRow).where(*found)).one()
    if cursor is not None:
        found.append(col(FeedbackRow.seq) < _parse_cursor(cursor))
    newest = select(FeedbackRow).where(*found).order_by(col(FeedbackRow.seq).desc())
    rows = session.exec(newest.limit(limit + 1)).all()
    return FeedbackPage(
        rows=tuple(map(_to_feedback, rows[:limit])),
        next_cursor=feedback_id(rows[limit - 1].seq) if len(rows) > limit else None,
        total=total,
    )


def count_feedback(session: Session, dataset_id: str) -> FeedbackCounts:
    """What people said of a dataset's records, in numbers."""
    columns = (
        func.count(),
        func.count(distinct(col(FeedbackRow.record_seq))),
        func.count(distinct(col(FeedbackRow.reviewer))),
        *(func.count().filter(col(FeedbackRow.thumb) == number) for number in (1, -1)),
        func.count(col(FeedbackRow.rating)),
        func.count(col(FeedbackRow.correction_seq)),
        func.count(col(FeedbackRow.chosen_seq)),
    )
    statement = sql_select(*columns).where(col(FeedbackRow.dataset_id) == dataset_id)
    numbers = session.connection().execute(statement).one()
    return FeedbackCounts(**dict(zip(FeedbackCounts.model_fields, numbers, strict=True)))


def count_all_feedback(session: Session) -> int:
    """How much feedback there is in all datasets."""
    return session.exec(select(func.count()).select_from(FeedbackRow)).one()


def iterate_opinion_pairs(session: Session, dataset_id: str) -> Iterator[OpinionPair]:
    """Thumbs and ratings of every two people who spoke of the same records, counted.

    The empty texts keep SQLite from going through all of a person's feedback for each record.
    """
    statement = text(
        "SELECT a.reviewer, b.reviewer, a.thumb, a.rating, b.thumb, b.rating, COUNT(*) "
        "FROM feedback a JOIN feedback b ON b.dataset_id = a.dataset_id "
        "AND b.record_seq = a.record_seq AND b.reviewer || '' > a.reviewer || '' "
        "WHERE a.dataset_id = :dataset_id "
        "GROUP BY a.reviewer, b.reviewer, a.thumb, a.rating, b.thumb, b.rating"
    )
    rows = session.connection().execute(statement, {"dataset_id": dataset_id})
    for one, other, thumb, rating, other_thumb, other_rating, num_records in rows:
        first = FeedbackDraft(thumb=_THUMB_OF.get(thumb), rating=rating)
        second = FeedbackDraft(thumb=_THUMB_OF.get(other_thumb), rating=other_rating)
        yield OpinionPair((one, other), first, second, num_records)


def _to_feedback(row: FeedbackRow) -> Feedback:
    return Feedback(
        id=feedback_id(row.seq),
        dataset_id=row.dataset_id,
        record_id=record_id(row.record_seq),
        reviewer=row.reviewer,
        thumb=None if row.thumb is None else _THUMB_OF[row.thumb],
        rating=row.rating,
        chosen=None if row.chosen_seq is None else answer_id(row.chosen_seq),
        rejected=None if row.rejected_seq is None else answer_id(row.rejected_seq),
        note=row.note,
        correction=None if row.correction_seq is None else record_id(row.correction_seq),
        source=FeedbackSource(row.source),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _require_seq(text_: str) -> int:
    seq = parse_feedback_id(text_)
    assert seq is not None, f"{text_!r} was not made by `new_feedback_id`"
    return seq


def _parse_cursor(cursor: str) -> int:
    if (seq := parse_feedback_id(cursor)) is None:
        raise InvalidInputError(f"{cursor!r} is no cursor of this list. Start at the first page.")
    return seq
