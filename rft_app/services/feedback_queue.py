"""The records that a person is asked about, one after the other."""

from collections.abc import Sequence

from sqlmodel import Session

from rft_app.domain.entity import Entity
from rft_app.domain.feedback import RECORDED, AnswerId, Feedback, answer_id, clean_reviewer
from rft_app.domain.message import Message
from rft_app.domain.record import (
    Record,
    RecordFilter,
    Selection,
    parse_record_id,
    record_id,
)
from rft_app.errors import InvalidInputError
from rft_app.storage import feedback_queue
from rft_app.storage.bodies import parse_message, split_array
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.feedback import find_feedback
from rft_app.storage.record_counts import count_selection
from rft_app.storage.records import get_record
from rft_app.storage.rollouts import list_keys, read_rollouts

MAX_ANSWERS = 50
"""Answers of a record that are shown."""


class Answer(Entity):
    """One answer to a record, to be compared with another."""

    id: AnswerId
    messages: tuple[Message, ...]
    model: str | None = None
    reward: float | None = None
    """Recorded with it, in [0, 1]."""


class QueueItem(Entity):
    """A record to say something of."""

    record: Record
    answers: tuple[Answer, ...]
    """The recorded one first, then rollouts, oldest first."""
    feedback: Feedback | None
    """What this person said of it."""


class QueueProgress(Entity):
    """How far a person is with what matches a filter."""

    num_done: int
    num_matching: int
    is_exact: bool
    """Whether `num_matching` is the number; otherwise there are at least as many."""


def list_queue(
    session: Session,
    dataset_id: str,
    reviewer: str,
    record_filter: RecordFilter,
    *,
    after: str | None = None,
    limit: int = 20,
) -> list[QueueItem]:
    """The next records that the person said nothing of, oldest first.

    Args:
        session: Any.
        dataset_id: Whose.
        reviewer: Records that this person spoke of or corrected are passed over.
        record_filter: Which records; invalid ones and duplicates only where it names them.
        after: Id of the record that the list goes on behind.
        limit: Most records.

    Raises:
        NotFoundError: There is no such dataset.
        InvalidInputError: The name is no name, or `after` no record's id.
    """
    get_dataset_row(session, dataset_id)
    name, start = clean_reviewer(reviewer), _parse_after(after)
    seqs = feedback_queue.list_unsaid(
        session, dataset_id, name, _narrow(record_filter), after=start, limit=limit
    )
    return [get_queue_item(session, dataset_id, record_id(seq), name) for seq in seqs]


def get_queue_item(session: Session, dataset_id: str, record_id: str, reviewer: str) -> QueueItem:
    """One record with its answers and what the person said of it.

    Raises:
        NotFoundError: The dataset has no such record.
    """
    record = get_record(session, dataset_id, record_id)
    seq = parse_record_id(record.id) or 0
    recorded = Answer(id=RECORDED, messages=record.output, reward=record.reward)
    keys = list_keys(session, dataset_id, [seq]).get(seq, [])
    return QueueItem(
        record=record,
        answers=(*([recorded] if record.output else []), *_read_answers(session, keys)),
        feedback=find_feedback(session, dataset_id, seq, reviewer),
    )


def count_progress(
    session: Session, dataset_id: str, reviewer: str, record_filter: RecordFilter
) -> QueueProgress:
    """How many records match, and of how many of these the person spoke.

    Raises:
        NotFoundError: There is no such dataset.
        InvalidInputError: The name is no name.
    """
    get_dataset_row(session, dataset_id)
    wanted = _narrow(record_filter)
    found = count_selection(session, dataset_id, Selection(filter=wanted))
    num_done = feedback_queue.count_said(session, dataset_id, clean_reviewer(reviewer), wanted)
    return QueueProgress(
        num_done=num_done, num_matching=max(found.total, num_done), is_exact=found.is_exact
    )


def _narrow(record_filter: RecordFilter) -> RecordFilter:
    """Nothing trains on invalid records and duplicates, so nobody is asked about them unbidden."""
    changes = {
        name: value
        for name, value in (("is_valid", True), ("is_duplicate", False))
        if getattr(record_filter, name) is None
    }
    return record_filter.model_copy(update=changes)


def _read_answers(session: Session, keys: Sequence[int]) -> list[Answer]:
    shown = keys[:MAX_ANSWERS]
    stored = read_rollouts(session, shown)
    return [
        Answer(
            id=answer_id(key),
            messages=tuple(map(parse_message, split_array(stored[key].messages))),
            model=stored[key].model,
            reward=stored[key].reward,
        )
        for key in shown
    ]


def _parse_after(after: str | None) -> int | None:
    if after is None:
        return None
    if (seq := parse_record_id(after)) is None:
        raise InvalidInputError(f"{after!r} is no cursor of this list. Start at the first page.")
    return seq
