"""Every stored trace in one list, and what became of what arrived by itself."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session

from rft_app.api.forms import form
from rft_app.api.importing import join_upload, start_upload
from rft_app.api.schemas.intake import Intake, Retention, TraceList, TraceQuery
from rft_app.api.schemas.job import Job
from rft_app.api.schemas.trace_detail import TraceDetail
from rft_app.api.uploads import Upload, receive_upload
from rft_app.api.waiting import Wait
from rft_app.domain import job as job_domain
from rft_app.domain import retention as domain
from rft_app.services import intake, intake_overview, retention
from rft_app.services import traces as use_cases
from rft_app.services.trace_detail import get_trace as find_trace
from rft_app.services.trace_imports import MAX_JOINED, start_trace_import
from rft_app.storage.session import reading, unit_of_work

router = APIRouter(prefix="/api/traces", tags=["traces"])


@router.get("")
def list_traces(query: Annotated[TraceQuery, Query()]) -> TraceList:
    """One page of the stored traces that match, newest first."""
    with reading() as session:
        page = use_cases.list_traces(
            session, query.to_filter(), cursor=query.cursor, limit=query.limit
        )
    return TraceList.of(page)


@router.get("/intake")
def read_intake(days: Annotated[int, Query(ge=1, le=366)] = 1) -> Intake:
    """What became of spans and requests in the last days, and the last hour by minute."""
    with reading() as session:
        found = intake.list_counts(session, days)
        minutes = intake_overview.list_minutes(session)
    return Intake.of(days, found, minutes)


@router.get("/retention")
def get_retention() -> Retention:
    """How long traces that arrive by themselves are kept."""
    with reading() as session:
        return Retention(days=retention.get_retention(session).days)


@router.put("/retention")
def set_retention(wanted: Retention) -> Retention:
    """Choose it; a job deletes what is older, within an hour."""
    with unit_of_work() as session:
        retention.set_retention(session, domain.Retention(days=wanted.days))
    return wanted


@router.post(
    "/import",
    status_code=202,
    openapi_extra=form(MAX_JOINED, format="Format of all rows, e.g. `otlp`; found by itself.?"),
)
async def import_traces(request: Request, response: Response, wait: Wait = 0) -> Job:
    """Import logs of a gateway or exports of a tool, for no dataset yet.

    Files whose rows belong together, as a batch's input and output, come as several parts `file`.
    Its report, with the rows that cannot be read: `/api/optimization/imports/{importId}`.
    """
    upload = await join_upload(await receive_upload(request, MAX_JOINED))

    def begin(session: Session, received: Upload) -> job_domain.Job:
        return start_trace_import(
            session,
            path=received.path,
            file_name=received.file_name,
            format_name=received.fields.get("format") or None,
        )

    return await start_upload(response, wait, upload, begin)


@router.get("/{trace_id}")
def get_trace(trace_id: str) -> TraceDetail:
    """One trace with its messages, the spans around it and the records made of it."""
    with reading() as session:
        return TraceDetail.of(find_trace(session, trace_id))
