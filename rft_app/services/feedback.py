"""Say something of a record: once per person, replaceable, and taken back as it was put."""

import time

from sqlmodel import Session

from rft_app.domain.feedback import (
    Feedback,
    FeedbackChange,
    FeedbackCounts,
    FeedbackDraft,
    FeedbackKey,
    FeedbackPage,
    FeedbackSource,
    clean_reviewer,
    parse_answer_id,
    require_preference,
)
from rft_app.domain.message import Message
from rft_app.domain.record import RecordId, parse_record_id
from rft_app.domain.record import record_id as to_id
from rft_app.domain.record_change import Change
from rft_app.domain.record_draft import RecordDraft
from rft_app.errors import ConflictError, InvalidInputError, NotFoundError
from rft_app.services.record_changes import undo_change
from rft_app.services.record_editing import edit_record
from rft_app.storage import feedback as storage
from rft_app.storage.datasets import get_dataset_row, touch
from rft_app.storage.feedback import RatedRecord
from rft_app.storage.record_changes import find_edit_row, to_change
from rft_app.storage.records import get_record
from rft_app.storage.rollouts import list_keys


def put_feedback(
    session: Session,
    key: FeedbackKey,
    draft: FeedbackDraft,
    *,
    corrected: Message | None = None,
    source: FeedbackSource = FeedbackSource.PERSON,
) -> FeedbackChange:
    """Store what a person says of a record in the place of what they said before.

    Where nothing is said any more and no correction stands, the feedback is removed.

    Args:
        session: A unit of work.
        key: Whose, and on what.
        draft: All that the person says now.
        corrected: The right answer.  It becomes a new record and archives this one; without it a
            correction made before stays.
        source: How it came here.

    Raises:
        NotFoundError: The dataset has no such record.
        ConflictError: The record was corrected or deleted meanwhile, or a job changes the records.
        InvalidInputError: The name is no name, the preference no preference, or the corrected
            answer is the recorded one.
    """
    key = _clean(key)
    record, before = _look_up(session, key)
    _require_answers(session, key, record, draft)
    edit, correction = None, before.correction if before else None
    if corrected is not None and not _is_known(session, before, corrected):
        edit = _correct(session, key, corrected)
        correction = RecordId(edit.target)
    now = _compose(session, key, before, draft, correction, source)
    _write(session, key.dataset_id, before, now)
    return FeedbackChange(before=before, now=now, edit=edit)


def undo_feedback(session: Session, change: FeedbackChange) -> None:
    """Put back what was said before, and take back the correction that came with it.

    Raises:
        ConflictError: Something else was said since, or the corrected record was changed again.
    """
    said = change.now or change.before
    if said is None:
        return
    seq = _seq(said.record_id)
    current = storage.find_feedback(session, said.dataset_id, seq, said.reviewer)
    if current != change.now:
        raise ConflictError(
            f"What {said.reviewer} said of {said.record_id} was changed since. Look at it again.",
            record=said.record_id,
        )
    if change.edit is not None:
        undo_change(session, change.edit.id)
    _write(session, said.dataset_id, change.now, change.before)


def remove_feedback(session: Session, key: FeedbackKey) -> Feedback:
    """Forget what a person said of a record; a correction is taken back with it.

    Returns:
        What was forgotten.

    Raises:
        NotFoundError: The person said nothing of it.
        ConflictError: The corrected record was changed again, or it was too long ago.
    """
    key = _clean(key)
    said = storage.find_feedback(session, key.dataset_id, _seq(key.record_id), key.reviewer)
    if said is None:
        raise NotFoundError(f"{key.reviewer} said nothing of {key.record_id}.")
    if said.correction is not None:
        undo_change(session, _get_edit(session, said.dataset_id, said.correction).id)
    _write(session, said.dataset_id, said, None)
    return said


def list_feedback(
    session: Session,
    dataset_id: str,
    *,
    record_id: str | None = None,
    reviewer: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> FeedbackPage:
    """One page of a dataset's feedback, newest first.

    Raises:
        NotFoundError: There is no such dataset.
        InvalidInputError: The cursor is not one that a page gave.
    """
    get_dataset_row(session, dataset_id)
    return storage.list_feedback(
        session,
        dataset_id,
        record_seq=None if record_id is None else _seq(record_id),
        reviewer=reviewer,
        cursor=cursor,
        limit=limit,
    )


def count_feedback(session: Session, dataset_id: str) -> FeedbackCounts:
    """What people said of a dataset's records, in numbers.

    Raises:
        NotFoundError: There is no such dataset.
    """
    get_dataset_row(session, dataset_id)
    return storage.count_feedback(session, dataset_id)


def answer_of(text: str) -> Message:
    """A corrected answer from its text; it replaces the whole answer, tool calls included.

    Raises:
        InvalidInputError: It is blank.
    """
    if not text.strip():
        raise InvalidInputError("The corrected answer is empty; write one.", field="output")
    return Message(role="assistant", content=text)


def _clean(key: FeedbackKey) -> FeedbackKey:
    """The key as it is stored, however it was written."""
    seq = parse_record_id(key.record_id)
    if seq is None:
        raise NotFoundError(f"There is no record {key.record_id!r}.")
    return FeedbackKey(key.dataset_id, to_id(seq), clean_reviewer(key.reviewer))


def _seq(record_id: str) -> int:
    """The record's database key; 0, which none has, for what is no id."""
    return parse_record_id(record_id) or 0


def _look_up(session: Session, key: FeedbackKey) -> tuple[RatedRecord, Feedback | None]:
    """The record, and what the person said of it before."""
    get_dataset_row(session, key.dataset_id)
    seq = _seq(key.record_id)
    record = storage.find_record(session, key.dataset_id, seq)
    if record is None:
        raise NotFoundError(f"This dataset has no record {key.record_id!r}.")
    before = storage.find_feedback(session, key.dataset_id, seq, key.reviewer)
    if record.is_archived and before is None:
        raise ConflictError(
            f"{key.record_id} was corrected or deleted meanwhile. Nothing of yours was saved; go "
            "on with the next record.",
            record=key.record_id,
        )
    return record, before


def _require_answers(
    session: Session, key: FeedbackKey, record: RatedRecord, draft: FeedbackDraft
) -> None:
    """Check that a preference is between two answers of the record."""
    require_preference(draft)
    if draft.chosen is None or draft.rejected is None:
        return
    seq = _seq(key.record_id)
    keys = list_keys(session, key.dataset_id, [seq]).get(seq, [])
    known = {*keys, *([0] if record.has_output else [])}
    for field, answer in (("chosen", draft.chosen), ("rejected", draft.rejected)):
        if parse_answer_id(answer) not in known:
            raise InvalidInputError(f"{key.record_id} has no answer {answer!r}.", field=field)


def _is_known(session: Session, before: Feedback | None, corrected: Message) -> bool:
    """Whether this very correction was made before, e.g. by the same file."""
    if before is None or before.correction is None:
        return False
    return get_record(session, before.dataset_id, before.correction).output == (corrected,)


def _correct(session: Session, key: FeedbackKey, corrected: Message) -> Change:
    record = get_record(session, key.dataset_id, key.record_id)
    draft = RecordDraft.of(record, output=corrected)
    return edit_record(session, key.dataset_id, key.record_id, draft).change


def _get_edit(session: Session, dataset_id: str, correction: RecordId) -> Change:
    row = find_edit_row(session, dataset_id, correction)
    if row is None:
        raise ConflictError(
            f"The correction {correction} was taken back already or is too long ago. Delete that "
            "record instead.",
            record=correction,
        )
    return to_change(row)


def _compose(
    session: Session,
    key: FeedbackKey,
    before: Feedback | None,
    draft: FeedbackDraft,
    correction: RecordId | None,
    source: FeedbackSource,
) -> Feedback | None:
    """What the person says now; `None` where that is nothing."""
    if draft.is_empty and correction is None:
        return None
    now_ms = time.time_ns() // 1_000_000
    return Feedback(
        **draft.model_dump(),
        id=before.id if before else storage.new_feedback_id(session),
        dataset_id=key.dataset_id,
        record_id=RecordId(key.record_id),
        reviewer=key.reviewer,
        correction=correction,
        source=source,
        created_at=before.created_at if before else now_ms,
        updated_at=now_ms,
    )


def _write(
    session: Session, dataset_id: str, before: Feedback | None, now: Feedback | None
) -> None:
    """Store what is said now in the place of what was said before."""
    if now is not None:
        storage.save_feedback(session, now)
    elif before is not None:
        storage.delete_feedback(session, before)
    touch(session, dataset_id)
