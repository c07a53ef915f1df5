"""Change records: delete, restore, move, tag, edit; and take that back."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from rft_app.api.schemas.record import DatasetRecord
from rft_app.api.schemas.record_change import (
    EditedRecord,
    EditRequest,
    MoveRequest,
    RecordChange,
    RecordsRequest,
    TagRequest,
)
from rft_app.domain.record_change import Change
from rft_app.errors import NotFoundError
from rft_app.services import record_changes as use_cases
from rft_app.services.datasets import get_dataset
from rft_app.services.record_editing import edit_record as edit
from rft_app.services.records import get_record
from rft_app.storage.session import reading, unit_of_work

router = APIRouter(prefix="/api/optimization/datasets/{dataset_id}", tags=["records"])


@router.post("/records/delete", responses={202: {"model": RecordChange}})
def delete_records(response: Response, dataset_id: str, request: RecordsRequest) -> RecordChange:
    """Delete records from every list; they can be restored. Answers 202 where a job does it."""
    with unit_of_work() as session:
        selection = request.to_selection()
        return _view(response, use_cases.archive_records(session, dataset_id, selection))


@router.post("/records/restore", responses={202: {"model": RecordChange}})
def restore_records(response: Response, dataset_id: str, request: RecordsRequest) -> RecordChange:
    """Make deleted records current again: by their ids, or all that a filter for them matches."""
    with unit_of_work() as session:
        selection = request.to_selection()
        return _view(response, use_cases.restore_records(session, dataset_id, selection))


@router.post("/records/move", responses={202: {"model": RecordChange}})
def move_records(response: Response, dataset_id: str, request: MoveRequest) -> RecordChange:
    """Put the valid ones among the records into a leaf topic, by hand."""
    with unit_of_work() as session:
        selection = request.to_selection()
        change = use_cases.move_to_topic(session, dataset_id, selection, request.topic)
        return _view(response, change)


@router.post("/records/tags", responses={202: {"model": RecordChange}})
def tag_records(response: Response, dataset_id: str, request: TagRequest) -> RecordChange:
    """Put a tag on records, or take it from them."""
    act = use_cases.remove_tag if request.remove else use_cases.add_tag
    with unit_of_work() as session:
        change = act(session, dataset_id, request.to_selection(), request.tag)
        return _view(response, change)


@router.patch("/records/{record_id}")
def edit_record(dataset_id: str, record_id: str, request: EditRequest) -> EditedRecord:
    """Put a new version in the place of a record; 409 when it was edited or deleted meanwhile."""
    with unit_of_work() as session:
        draft = request.to_draft(get_record(session, dataset_id, record_id))
        edited = edit(session, dataset_id, record_id, draft)
        record = get_record(session, dataset_id, edited.record_id)
        return EditedRecord(
            record=DatasetRecord.of(record, dataset_id, None),
            change=RecordChange.of(edited.change),
        )


@router.get("/changes")
def list_changes(
    response: Response,
    dataset_id: str,
    cursor: Annotated[str | None, Query(description="`X-Next-Cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
) -> list[RecordChange]:
    """The latest changes of records, newest first.

    `X-Next-Cursor` names the next page and is absent on the last.
    """
    with reading() as session:
        get_dataset(session, dataset_id)
        found = use_cases.list_changes(session, dataset_id, limit + 1, before=cursor)
        if len(found) > limit:
            response.headers["X-Next-Cursor"] = found[limit - 1].id
        return [RecordChange.of(one) for one in found[:limit]]


@router.post("/changes/{change_id}/undo", responses={202: {"model": RecordChange}})
def undo_change(response: Response, dataset_id: str, change_id: str) -> RecordChange:
    """Take a change back; 409 when that was done before."""
    with unit_of_work() as session:
        _require_own(session, dataset_id, change_id)
        return _view(response, use_cases.undo_change(session, change_id))


def _require_own(session: Session, dataset_id: str, change_id: str) -> None:
    if use_cases.get_change(session, change_id).dataset_id != dataset_id:
        raise NotFoundError(f"This dataset has no change {change_id!r}.")


def _view(response: Response, change: Change) -> RecordChange:
    response.status_code = 202 if change.job_id is not None else 200
    return RecordChange.of(change)
