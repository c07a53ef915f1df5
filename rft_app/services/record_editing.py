"""Edit a record: records never change, so the old one is archived in favour of a new one."""

from sqlmodel import Session

from rft_app.domain.entity import Entity
from rft_app.domain.record import Record, RecordId, SourceType, parse_record_id
from rft_app.domain.record_change import Change
from rft_app.domain.record_draft import RecordDraft
from rft_app.errors import ConflictError, InvalidInputError
from rft_app.services.record_changes import replace_record, require_changeable
from rft_app.services.record_writing import add_records, encode_body
from rft_app.storage.records import get_record


class RecordEdit(Entity):
    """What an edit came to."""

    record_id: RecordId
    """The new record."""
    change: Change


def edit_record(
    session: Session, dataset_id: str, record_id: str, draft: RecordDraft
) -> RecordEdit:
    """Put a person's version in the place of a record; group, topic, tags and origin stay.

    A changed answer or reference makes it a correction, and the reward recorded for the old answer
    is dropped with it.  An invalid version is stored with its reason, as Extract would.

    Args:
        session: A unit of work.
        dataset_id: Whose.
        record_id: The record as it was seen.
        draft: Its body counts; where it belongs is taken from the record.

    Raises:
        NotFoundError: The dataset has no such record.
        ConflictError: It was edited or deleted meanwhile, or a job is changing the records.
        InvalidInputError: Nothing is different, or the answer is no assistant message.
    """
    require_changeable(session, dataset_id)
    record = get_record(session, dataset_id, record_id)
    if record.is_archived:
        raise ConflictError(
            f"{record_id} was edited or deleted since you opened it. Nothing of yours was saved; "
            "copy it, open the list again, and edit the current record.",
            record=record_id,
        )
    seen = RecordDraft.of(record)
    if encode_body(draft) == encode_body(seen):
        raise InvalidInputError("Nothing is different from the stored record.")
    is_corrected = (draft.output, draft.reference) != (seen.output, seen.reference)
    successor = seen.model_copy(
        update={
            **{name: getattr(draft, name) for name in _BODY},
            "reward": None if draft.output != seen.output else seen.reward,
        }
    )
    source_type = SourceType.CORRECTION if is_corrected else record.source_type
    [new_id] = add_records(session, dataset_id, [successor], source_type=source_type)
    change = replace_record(session, dataset_id, _key(record), new_id)
    return RecordEdit(record_id=new_id, change=change)


_BODY = ("messages", "output", "tools", "tool_choice", "reference", "metadata")


def _key(record: Record) -> int:
    return parse_record_id(record.id) or 0
