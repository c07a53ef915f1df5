"""Jobs: look, wait, cancel, retry."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from rft_app.api.results import view_job
from rft_app.api.schemas.job import Job
from rft_app.api.waiting import Wait, follow
from rft_app.jobs import queue
from rft_app.services.retrying import retry
from rft_app.storage.session import reading, unit_of_work

router = APIRouter(prefix="/api/optimization/jobs", tags=["jobs"])


@router.get("")
def list_jobs(
    response: Response,
    dataset_id: Annotated[str | None, Query(alias="datasetId")] = None,
    cursor: Annotated[str | None, Query(description="`X-Next-Cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 20,
) -> list[Job]:
    """The latest jobs, newest first."""
    with reading() as session:
        found = queue.list_jobs(session, dataset_id, limit + 1, cursor)
        if len(found) > limit:
            response.headers["X-Next-Cursor"] = found[limit - 1].id
        return [view_job(session, job) for job in found[:limit]]


@router.get("/{job_id}")
async def get_job(job_id: str, wait: Wait = 0) -> Job:
    """One job, now or when it has settled."""
    return await follow(job_id, wait)


@router.post("/{job_id}/cancel")
def cancel_job(job_id: str) -> Job:
    """Ask a job to stop; 409 when it has ended."""
    with unit_of_work() as session:
        return view_job(session, queue.cancel_job(session, job_id))


@router.post("/{job_id}/retry")
def retry_job(job_id: str) -> Job:
    """Queue a failed or cancelled job again; 409 while something changes what it reads."""
    with unit_of_work() as session:
        return view_job(session, retry(session, job_id))
