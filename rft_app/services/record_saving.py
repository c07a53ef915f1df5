"""Save a person's version of a record: the edit, its topic, and what goes out of date by it."""

from sqlmodel import Session

from rft_app.domain.entity import Entity
from rft_app.domain.pipeline import StepName
from rft_app.domain.record import RecordId
from rft_app.domain.record_change import Change
from rft_app.domain.record_draft import RecordDraft
from rft_app.errors import InvalidInputError
from rft_app.services.record_changes import move_to_topic, select_only
from rft_app.services.record_editing import edit_record
from rft_app.services.record_writing import encode_body, max_record_tokens
from rft_app.services.staleness import list_outdated
from rft_app.storage.records import get_record


class SavedRecord(Entity):
    """What saving came to."""

    record_id: RecordId
    """The current record: a new one where its content changed."""
    change: Change
    outdated: frozenset[StepName]
    """Steps that were current before and are not any more."""


def save_record(
    session: Session, dataset_id: str, record_id: str, draft: RecordDraft, topic: str
) -> SavedRecord:
    """Store a version of a record and put it into a topic.

    Args:
        session: A unit of work.
        dataset_id: Whose.
        record_id: The record as it was seen.
        draft: Its body counts.
        topic: Slash path of a leaf; empty for none.

    Raises:
        NotFoundError: The dataset has no such record, or no such topic.
        ConflictError: It was edited or deleted meanwhile, or a job is changing the records.
        InvalidInputError: Nothing is different, or an invalid version is to have a topic.
    """
    before = list_outdated(session, dataset_id)
    record = get_record(session, dataset_id, record_id)
    saved_id, change = record.id, None
    if encode_body(draft) != encode_body(RecordDraft.of(record)):
        edit = edit_record(session, dataset_id, record_id, draft)
        saved_id, change = edit.record_id, edit.change
    now = get_record(session, dataset_id, saved_id)
    if topic != (now.topic or "") and not (change and now.reason):
        move = move_to_topic(session, dataset_id, select_only([saved_id]), topic)
        change = change or move
    if change is None:
        raise InvalidInputError("Nothing is different from the stored record.")
    outdated = list_outdated(session, dataset_id) - before
    return SavedRecord(record_id=saved_id, change=change, outdated=outdated)


def find_fault_words(session: Session, dataset_id: str, draft: RecordDraft) -> str:
    """Why a version would be invalid, with its place; empty when it is valid."""
    max_tokens = max_record_tokens(session, dataset_id)
    reason = draft.find_fault(max_tokens)
    if reason is None:
        return ""
    place = draft.find_fault_turn(max_tokens)
    return f"Turn {place}: {reason.message}" if place else reason.message
