"""Records: pages, one in full, import, export."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from sqlmodel import Session

from rft_app.api.forms import form
from rft_app.api.importing import read_mapping, read_scrub, start_upload
from rft_app.api.record_lines import iterate_record_lines
from rft_app.api.schemas.export import RecordFilters
from rft_app.api.schemas.job import Job
from rft_app.api.schemas.record import DatasetRecord
from rft_app.api.uploads import Upload, receive_upload
from rft_app.api.waiting import Wait
from rft_app.domain import job as domain
from rft_app.domain.imports import ImportMode
from rft_app.domain.record import RecordId, SourceType
from rft_app.domain.validity import Reason
from rft_app.errors import InvalidInputError
from rft_app.services import records as use_cases
from rft_app.services.datasets import get_dataset
from rft_app.services.imports import start_import
from rft_app.storage.record_scores import map_scores
from rft_app.storage.session import reading

JSON_LINES = "application/x-ndjson"
router = APIRouter(prefix="/api/optimization/datasets/{dataset_id}/records", tags=["records"])
MAX_PAGE = 200


def read_filters(  # noqa: PLR0913  # one per query parameter
    search: Annotated[str, Query(description="Words that must all occur, or a record's id.")] = "",
    topic: Annotated[str | None, Query(description='Slash path; empty for "no topic".')] = None,
    valid: bool | None = None,
    reason: Annotated[list[Reason] | None, Query()] = None,
    source_type: Annotated[list[SourceType] | None, Query(alias="sourceType")] = None,
    duplicate: bool | None = None,
    has_tools: Annotated[bool | None, Query(alias="hasTools")] = None,
    min_reward: Annotated[float | None, Query(alias="minReward", ge=0, le=1)] = None,
    max_reward: Annotated[float | None, Query(alias="maxReward", ge=0, le=1)] = None,
    tag: Annotated[list[str], Query(description="Tags that it must all have.")] = [],  # noqa: B006
    dry_run: Annotated[str | None, Query(alias="dryRun")] = None,
    min_grade: Annotated[float | None, Query(alias="minGrade", ge=0, le=1)] = None,
    max_grade: Annotated[float | None, Query(alias="maxGrade", ge=0, le=1)] = None,
    deleted: Annotated[bool, Query(description="Deleted records instead of current ones.")] = False,
) -> RecordFilters:
    """The filter as query parameters; all conditions hold."""
    return RecordFilters(
        search=search,
        topic=topic,
        valid=valid,
        reasons=reason or [],
        source_types=source_type or [],
        duplicate=duplicate,
        has_tools=has_tools,
        min_reward=min_reward,
        max_reward=max_reward,
        tags=tag,
        dry_run=dry_run,
        min_grade=min_grade,
        max_grade=max_grade,
        deleted=deleted,
    )


Filters = Annotated[RecordFilters, Depends(read_filters)]


@router.get("")
def list_records(
    response: Response,
    dataset_id: str,
    filters: Filters,
    cursor: Annotated[str | None, Query(description="`X-Next-Cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
) -> list[DatasetRecord]:
    """One page of the records that match, newest first; current ones unless asked otherwise.

    `X-Next-Cursor` names the next page and is absent on the last; `X-Total-Count` is the number of
    records that match, with a plus sign where it was not counted to the end.
    """
    with reading() as session:
        get_dataset(session, dataset_id)
        page = use_cases.list_records(
            session, dataset_id, filters.to_filter(), cursor=cursor, limit=limit
        )
        if page.next_cursor is not None:
            response.headers["X-Next-Cursor"] = page.next_cursor
        response.headers["X-Total-Count"] = f"{page.total}{'' if page.is_total_exact else '+'}"
        return _view(session, dataset_id, [row.id for row in page.rows])


@router.get(
    "/export",
    response_class=Response,
    responses={200: {"content": {JSON_LINES: {}}}},
)
def export_records(dataset_id: str, filters: Filters) -> StreamingResponse:
    """The records that match as JSON lines, one object as `GET …/records/{id}` returns it."""
    with reading() as session:
        dataset = get_dataset(session, dataset_id)
    return StreamingResponse(
        iterate_record_lines(dataset_id, filters.to_filter()),
        media_type=JSON_LINES,
        headers={"Content-Disposition": f'attachment; filename="{dataset.id}-records.jsonl"'},
    )


@router.get("/{record_id}")
def get_record(dataset_id: str, record_id: str) -> DatasetRecord:
    """One record in full."""
    with reading() as session:
        return _view(session, dataset_id, [RecordId(record_id)])[0]


@router.post(
    "/import",
    status_code=202,
    openapi_extra=form(
        mode="`append` keeps the records there are; `replace` archives them, as a snapshot?",
        shape="Name of the row shape; found when absent?",
        mapping="JSON object, target to column?",
        scrub="What is taken out before traces are stored, e.g. `email,phone`; or rules as JSON?",
    ),
)
async def import_records(
    request: Request, response: Response, dataset_id: str, wait: Wait = 0
) -> Job:
    """Store the traces of a file, then extract; the result has `imported` and `errors`."""
    await run_in_threadpool(_require_dataset, dataset_id)
    upload = await receive_upload(request)

    def begin(session: Session, received: Upload) -> domain.Job:
        return start_import(
            session,
            dataset_id=dataset_id,
            path=received.path,
            file_name=received.file_name,
            shape=received.fields.get("shape") or None,
            mapping=read_mapping(received),
            mode=_read_mode(received),
            scrub=read_scrub(received),
        )

    return await start_upload(response, wait, upload, begin)


def _require_dataset(dataset_id: str) -> None:
    with reading() as session:
        get_dataset(session, dataset_id)


def _read_mode(upload: Upload) -> ImportMode:
    mode = upload.fields.get("mode", ImportMode.APPEND)
    if mode not in set(ImportMode):
        raise InvalidInputError("The field 'mode' is append or replace.", field="mode")
    return ImportMode(mode)


def _view(session: Session, dataset_id: str, ids: list[RecordId]) -> list[DatasetRecord]:
    scores = map_scores(session, dataset_id, ids)
    return [
        DatasetRecord.of(
            use_cases.get_record(session, dataset_id, record_id), dataset_id, scores.get(record_id)
        )
        for record_id in ids
    ]
