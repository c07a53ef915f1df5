"""Delete, restore, move and tag records: those of a selection, all of them or none.

Each change is stored with what was before and can be taken back.  Up to `AT_ONCE` records change in
the caller's transaction; more become a job, which the change names.  Deleted records are archived:
they leave every list and count, and nothing else forgets them.
"""

from collections.abc import Iterable

import numpy as np
from sqlmodel import Session

from rft_app.domain.pipeline import StepName
from rft_app.domain.record import RecordFilter, RecordId, Selection
from rft_app.domain.record_change import Change, ChangeKind, ChangeState, clean_tag
from rft_app.errors import ConflictError, InvalidInputError, NotFoundError
from rft_app.jobs.queue import enqueue, list_active_jobs
from rft_app.services import topic_edits
from rft_app.services.busy import require_stable
from rft_app.services.record_change_runs import run_whole
from rft_app.storage import record_changes as log
from rft_app.storage import tags
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.record_counts import select_any, select_selection
from rft_app.storage.record_plan import map_leaf_ids
from rft_app.storage.records import to_seqs
from rft_app.storage.splits import Ints
from rft_app.storage.tables import RecordChangeRow

AT_ONCE = 20_000
"""Records that change without a job."""
CHANGE_RECORDS = "change_records"
_BUSY_KINDS = {
    StepName.EXTRACT.value: "Extract is making records.",
    CHANGE_RECORDS: "Another change of many records is under way.",
}


def archive_records(session: Session, dataset_id: str, selection: Selection) -> Change:
    """Delete records from every list; they can be restored.

    Raises:
        NotFoundError: There is no such dataset.
        InvalidInputError: No record is selected.
        ConflictError: A job is changing the records.
    """
    _require_free(session, dataset_id, ChangeKind.DELETE)
    seqs = select_selection(session, dataset_id, selection)
    return _begin(session, dataset_id, ChangeKind.DELETE, seqs)


def restore_records(session: Session, dataset_id: str, selection: Selection) -> Change:
    """Make deleted records current again.

    A filter must be one for deleted records.  Ids may name records that an edit replaced, too.

    Raises:
        NotFoundError: There is no such dataset.
        InvalidInputError: The filter is about current records, or none of them is deleted.
        ConflictError: A job is changing the records.
    """
    _require_free(session, dataset_id, ChangeKind.RESTORE)
    if selection.filter.is_deleted:
        seqs = select_any(session, dataset_id, selection)
    elif selection.only is not None:
        seqs = log.select_archived(session, dataset_id, to_seqs(selection.only))
    else:
        raise InvalidInputError("Filter for deleted records, or name those to restore.")
    return _begin(session, dataset_id, ChangeKind.RESTORE, seqs)


def move_to_topic(
    session: Session, dataset_id: str, selection: Selection, topic_key: str
) -> Change:
    """Put the valid ones among the selected records into a leaf, as a person's decision.

    Args:
        session: A unit of work.
        dataset_id: Whose.
        selection: Invalid records among these have no topic and stay so.
        topic_key: Slash path of a leaf; the empty string takes them out of their topics.

    Raises:
        NotFoundError: There is no such dataset or topic.
        InvalidInputError: It is no leaf, or no valid record is selected.
        ConflictError: A job is changing records or topics.
    """
    _require_free(session, dataset_id, ChangeKind.MOVE)
    target_id = _find_leaf(session, dataset_id, topic_key) if topic_key else 0
    seqs = select_movable(session, dataset_id, selection)
    return _begin(session, dataset_id, ChangeKind.MOVE, seqs, target=topic_key, target_id=target_id)


def add_tag(session: Session, dataset_id: str, selection: Selection, tag: str) -> Change:
    """Put a tag on the selected records.

    Raises:
        NotFoundError: There is no such dataset.
        InvalidInputError: The tag cannot be one, or no record is selected.
        ConflictError: A job is changing the records.
    """
    return _change_tags(session, dataset_id, ChangeKind.ADD_TAG, selection, clean_tag(tag))


def remove_tag(session: Session, dataset_id: str, selection: Selection, tag: str) -> Change:
    """Take a tag from those of the selected records that have it.

    Raises:
        NotFoundError: There is no such dataset or tag.
        InvalidInputError: No record is selected that has it.
        ConflictError: A job is changing the records.
    """
    name = clean_tag(tag)
    if tags.find_tag(session, dataset_id, name) is None:
        raise NotFoundError(f"No record of this dataset has the tag “{name}”.")
    return _change_tags(session, dataset_id, ChangeKind.REMOVE_TAG, selection, name)


def _change_tags(
    session: Session, dataset_id: str, kind: ChangeKind, selection: Selection, tag: str
) -> Change:
    _require_free(session, dataset_id, kind)
    if kind is ChangeKind.REMOVE_TAG and selection.only is None:
        tagged = {*selection.filter.tags, tag}
        wanted = selection.filter.model_copy(update={"tags": tuple(sorted(tagged))})
        selection = selection.model_copy(update={"filter": wanted})
    seqs = select_selection(session, dataset_id, selection)
    return _begin(session, dataset_id, kind, seqs, target=tag)


def undo_change(session: Session, change_id: str) -> Change:
    """Take a change back; records that something else altered since stay as they are.

    Raises:
        NotFoundError: There is no such change, or it was too long ago.
        ConflictError: It was taken back before, is not done, or a job is changing the records.
    """
    row = log.get_change_row(session, change_id)
    kind = ChangeKind(row.kind)
    _require_free(session, row.dataset_id, kind)
    if row.state != ChangeState.DONE:
        was = "taken back already" if row.state == ChangeState.UNDONE else "not done yet"
        raise ConflictError(f"“{row.label}” is {was}.", change=change_id)
    row.state = ChangeState.UNDOING.value
    if row.num_records > AT_ONCE:
        return _hand_over(session, row)
    run_whole(session, row)
    return log.to_change(row)


def get_change(session: Session, change_id: str) -> Change:
    """One change.

    Raises:
        NotFoundError: There is none, or it was too long ago.
    """
    return log.to_change(log.get_change_row(session, change_id))


def list_changes(
    session: Session, dataset_id: str, limit: int = 20, before: str | None = None
) -> list[Change]:
    """The latest changes, newest first; those before another one, if that is named.

    Raises:
        InvalidInputError: `before` is no change.
    """
    rows = log.list_change_rows(session, dataset_id, limit, before)
    return list(map(log.to_change, rows))


def count_exact(session: Session, dataset_id: str, selection: Selection) -> int:
    """How many records an action on the selection is about, counted to the end."""
    return len(select_any(session, dataset_id, selection))


def count_movable(session: Session, dataset_id: str, selection: Selection) -> int:
    """How many of the selected records can be in a topic."""
    return len(select_movable(session, dataset_id, selection))


def select_movable(session: Session, dataset_id: str, selection: Selection) -> Ints:
    """Keys of the valid ones among the selected records, ascending."""
    if selection.only is not None:
        seqs = select_selection(session, dataset_id, selection)
        return log.select_valid(session, dataset_id, seqs)
    if selection.filter.is_valid is False or selection.filter.reasons:
        return np.empty(0, dtype=np.int64)
    valid = selection.filter.model_copy(update={"is_valid": True})
    return select_selection(session, dataset_id, selection.model_copy(update={"filter": valid}))


def select_only(ids: Iterable[RecordId]) -> Selection:
    """Just these records."""
    return Selection(filter=RecordFilter(), only=tuple(ids))


def require_changeable(session: Session, dataset_id: str) -> None:
    """Check that no job changes the records of a dataset.

    Raises:
        NotFoundError: There is no such dataset.
        ConflictError: One does; it is named.
    """
    _require_free(session, dataset_id, ChangeKind.EDIT)


def replace_record(session: Session, dataset_id: str, seq: int, successor: RecordId) -> Change:
    """Archive a record in favour of its successor, which is there already.

    Raises:
        ConflictError: A job is changing the records.
    """
    _require_free(session, dataset_id, ChangeKind.EDIT)
    return _begin(
        session,
        dataset_id,
        ChangeKind.EDIT,
        np.array([seq], dtype=np.int64),
        target=successor,
    )


def _begin(
    session: Session,
    dataset_id: str,
    kind: ChangeKind,
    seqs: Ints,
    *,
    target: str = "",
    target_id: int = 0,
) -> Change:
    if not len(seqs):
        raise InvalidInputError(_NOTHING[kind])
    row = log.add_change(session, dataset_id, kind, target=target, seqs=seqs, target_id=target_id)
    log.prune(session, dataset_id)
    if len(seqs) > AT_ONCE:
        return _hand_over(session, row)
    run_whole(session, row)
    return log.to_change(row)


_NOTHING = {
    ChangeKind.DELETE: "No record is selected that could be deleted.",
    ChangeKind.RESTORE: "None of these records is deleted.",
    ChangeKind.MOVE: "No valid record is selected; invalid ones have no topic.",
    ChangeKind.ADD_TAG: "No record is selected that could be tagged.",
    ChangeKind.REMOVE_TAG: "No record is selected that has this tag.",
    ChangeKind.EDIT: "The record was deleted meanwhile.",
}


def _hand_over(session: Session, row: RecordChangeRow) -> Change:
    change = log.to_change(row)
    row.job_id = enqueue(session, CHANGE_RECORDS, row.dataset_id, {"change_id": change.id}).id
    session.add(row)
    session.flush()
    return log.to_change(row)


def _find_leaf(session: Session, dataset_id: str, key: str) -> int:
    leaves = map_leaf_ids(session, dataset_id)
    if key in leaves:
        return leaves[key]
    if any(leaf.startswith(f"{key}/") for leaf in leaves):
        raise InvalidInputError(
            f"“{key}” has topics below it; records go into one of those.", field="topic"
        )
    raise NotFoundError(f"This dataset has no topic “{key}”.")


def _require_free(session: Session, dataset_id: str, kind: ChangeKind) -> None:
    get_dataset_row(session, dataset_id)
    require_stable(session, dataset_id)
    if kind is ChangeKind.MOVE:
        topic_edits.require_idle(session, dataset_id)
    for job in list_active_jobs(session, dataset_id):
        if job.kind in _BUSY_KINDS:
            raise ConflictError(
                f"{_BUSY_KINDS[job.kind]} Wait for it or cancel it first.", job=job.id
            )
