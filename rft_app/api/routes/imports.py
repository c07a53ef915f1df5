"""Imports: reports, bad lines, rollouts."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session

from rft_app.api.forms import form
from rft_app.api.importing import start_upload
from rft_app.api.schemas.imports import ImportFault, ImportReport
from rft_app.api.schemas.job import Job
from rft_app.api.uploads import Upload, receive_upload
from rft_app.api.waiting import Wait
from rft_app.domain import job as domain
from rft_app.errors import NotFoundError
from rft_app.services import imports as use_cases
from rft_app.services.datasets import get_dataset
from rft_app.storage.session import reading

router = APIRouter(prefix="/api/optimization", tags=["imports"])


@router.get("/datasets/{dataset_id}/import")
def read_latest_import(dataset_id: str) -> ImportReport:
    """The dataset's newest import of traces; 404 where there was none."""
    with reading() as session:
        get_dataset(session, dataset_id)
        report = use_cases.latest_import(session, dataset_id)
    if report is None:
        raise NotFoundError("Nothing was imported into this dataset.")
    return ImportReport.of(report)


@router.get("/imports/{import_id}")
def read_import(import_id: str) -> ImportReport:
    """How an import stands."""
    with reading() as session:
        return ImportReport.of(use_cases.get_import(session, import_id))


@router.get("/imports/{import_id}/errors")
def list_errors(
    response: Response,
    import_id: str,
    cursor: Annotated[int, Query(ge=0, description="`X-Next-Cursor` of the page before.")] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> list[ImportFault]:
    """The bad lines of an import in the order of the file, a page at a time."""
    with reading() as session:
        faults = use_cases.list_import_errors(
            session, import_id, after_line=cursor, limit=limit + 1
        )
    if len(faults) > limit:
        response.headers["X-Next-Cursor"] = str(faults[limit - 1].line_number)
    return [ImportFault.of(fault) for fault in faults[:limit]]


@router.post("/datasets/{dataset_id}/rollouts/import", status_code=202, openapi_extra=form())
async def import_rollouts(
    request: Request, response: Response, dataset_id: str, wait: Wait = 0
) -> Job:
    """Add recorded answers to the dataset's records. The result has `imported` and `errors`."""
    upload = await receive_upload(request)

    def begin(session: Session, received: Upload) -> domain.Job:
        return use_cases.start_rollouts_import(
            session, dataset_id=dataset_id, path=received.path, file_name=received.file_name
        )

    return await start_upload(response, wait, upload, begin)
