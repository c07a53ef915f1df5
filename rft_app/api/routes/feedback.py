"""Feedback: say something of a record, take it back, list it, import it; agreement; the queue."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session

from rft_app.api.forms import form
from rft_app.api.importing import start_upload
from rft_app.api.routes.records import Filters
from rft_app.api.schemas.feedback import (
    Agreement,
    Feedback,
    FeedbackChange,
    FeedbackCounts,
    FeedbackRequest,
    QueueItem,
)
from rft_app.api.schemas.job import Job
from rft_app.api.uploads import Upload, receive_upload
from rft_app.api.waiting import Wait
from rft_app.domain import job as domain
from rft_app.domain.feedback import FeedbackKey
from rft_app.services import feedback as use_cases
from rft_app.services.feedback_agreement import list_agreement
from rft_app.services.feedback_import import start_feedback_import
from rft_app.services.feedback_queue import count_progress, list_queue
from rft_app.storage.record_scores import map_scores
from rft_app.storage.session import reading, unit_of_work

router = APIRouter(prefix="/api/training/feedback", tags=["feedback"])
DatasetId = Annotated[str, Query(alias="datasetId")]
Reviewer = Annotated[str, Query(description="The person's name; it is no login.")]
Cursor = Annotated[str | None, Query(description="`X-Next-Cursor` of the page before.")]
MAX_QUEUE = 100


@router.get("")
def list_feedback(
    response: Response,
    dataset_id: DatasetId,
    record_id: Annotated[str | None, Query(alias="recordId")] = None,
    reviewer: str | None = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[Feedback]:
    """What people said of a dataset's records, newest first.

    `X-Next-Cursor` names the next page and is absent on the last; `X-Total-Count` counts them all.
    """
    with reading() as session:
        page = use_cases.list_feedback(
            session,
            dataset_id,
            record_id=record_id,
            reviewer=reviewer,
            cursor=cursor,
            limit=limit,
        )
    if page.next_cursor is not None:
        response.headers["X-Next-Cursor"] = page.next_cursor
    response.headers["X-Total-Count"] = str(page.total)
    return list(map(Feedback.of, page.rows))


@router.post("")
def put_feedback(request: FeedbackRequest) -> FeedbackChange:
    """Say something of a record in the place of what the person said before; nothing removes it.

    409 when the record was corrected or deleted meanwhile.
    """
    with unit_of_work() as session:
        change = use_cases.put_feedback(
            session, request.key, request.to_draft(), corrected=request.to_answer()
        )
        return FeedbackChange.of(change)


@router.delete("")
def delete_feedback(
    dataset_id: DatasetId,
    record_id: Annotated[str, Query(alias="recordId")],
    reviewer: Reviewer,
) -> Feedback:
    """Forget what a person said of a record, and take a correction back with it."""
    with unit_of_work() as session:
        key = FeedbackKey(dataset_id, record_id, reviewer)
        return Feedback.of(use_cases.remove_feedback(session, key))


@router.get("/counts")
def count_feedback(dataset_id: DatasetId) -> FeedbackCounts:
    """What people said of a dataset's records, in numbers."""
    with reading() as session:
        return FeedbackCounts.of(use_cases.count_feedback(session, dataset_id))


@router.get("/agreement")
def read_agreement(dataset_id: DatasetId) -> list[Agreement]:
    """Every pair of people who judged the same records, most records first."""
    with reading() as session:
        return list(map(Agreement.of, list_agreement(session, dataset_id)))


@router.get("/queue")
def read_queue(
    response: Response,
    dataset_id: DatasetId,
    reviewer: Reviewer,
    filters: Filters,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=MAX_QUEUE)] = 20,
) -> list[QueueItem]:
    """The next records that a person said nothing of, oldest first.

    Invalid records and duplicates come only where the filter asks for them. `X-Total-Count` is the
    number of records that match, with a plus sign where it was not counted to the end, and
    `X-Done-Count` of how many of these the person spoke.
    """
    wanted = filters.to_filter()
    with reading() as session:
        items = list_queue(session, dataset_id, reviewer, wanted, after=cursor, limit=limit)
        progress = count_progress(session, dataset_id, reviewer, wanted)
        scores = map_scores(session, dataset_id, [item.record.id for item in items])
    if len(items) == limit:
        response.headers["X-Next-Cursor"] = items[-1].record.id
    response.headers["X-Total-Count"] = f"{progress.num_matching}{'' if progress.is_exact else '+'}"
    response.headers["X-Done-Count"] = str(progress.num_done)
    return [QueueItem.of(item, dataset_id, scores.get(item.record.id)) for item in items]


@router.post(
    "/import",
    status_code=202,
    openapi_extra=form(datasetId="Whose records.", reviewer="Who speaks in rows that name nobody?"),
)
async def import_feedback(request: Request, response: Response, wait: Wait = 0) -> Job:
    """Store what people said from a file of CSV, JSON lines or a JSON array.

    A row names its record by `record_id` or by the trace's own id (`trace_id`, `id`), its
    `reviewer`, and at least one of `thumb`, `rating`, `output`, `chosen` with `rejected`, `note`.
    Bad rows are listed as the import's errors; the others are stored.
    """
    upload = await receive_upload(request)

    def begin(session: Session, received: Upload) -> domain.Job:
        return start_feedback_import(
            session,
            dataset_id=received.require("datasetId"),
            path=received.path,
            file_name=received.file_name,
            reviewer=received.fields.get("reviewer", ""),
        )

    return await start_upload(response, wait, upload, begin)
