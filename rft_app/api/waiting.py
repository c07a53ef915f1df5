"""Long operations: answered with a job, at once or when it has settled."""

import asyncio
import time
from collections.abc import Callable
from typing import Annotated, Final

from fastapi import Query, Response
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from rft_app.api.results import view_job
from rft_app.api.schemas.job import Job
from rft_app.domain import job as domain
from rft_app.jobs.queue import get_job
from rft_app.storage.session import reading, unit_of_work

POLL_S: Final = 0.1
MAX_WAIT_S: Final = 300

Wait = Annotated[
    float, Query(ge=0, le=MAX_WAIT_S, description="Seconds to wait for the job to settle.")
]


async def start(response: Response, wait: float, begin: Callable[[Session], domain.Job]) -> Job:
    """Begin a job in its own transaction and answer 202, or 200 once it has settled.

    An import has settled with the Extract that it starts: only then its result counts records.

    Args:
        response: Gets the status.
        wait: Longest time to wait for the end of the job, in seconds.
        begin: Starts the job; called in a thread.
    """
    job = await run_in_threadpool(_begin, begin)
    deadline = time.monotonic() + wait
    view = await _settle(job.id, deadline)
    is_complete = view.status.is_settled
    if follow_on := (view.result or {}).get("extractJobId"):
        is_complete = (await _settle(str(follow_on), deadline)).status.is_settled
        view = await run_in_threadpool(_look, job.id)
    response.status_code = 200 if is_complete else 202
    return view


async def follow(job_id: str, wait: float) -> Job:
    """A job now, or when it has settled within `wait` seconds; holds no thread meanwhile."""
    return await _settle(job_id, time.monotonic() + wait)


async def _settle(job_id: str, deadline: float) -> Job:
    view = await run_in_threadpool(_look, job_id)
    while not view.status.is_settled and time.monotonic() < deadline:
        await asyncio.sleep(POLL_S)
        view = await run_in_threadpool(_look, job_id)
    return view


def _begin(begin: Callable[[Session], domain.Job]) -> domain.Job:
    with unit_of_work() as session:
        return begin(session)


def _look(job_id: str) -> Job:
    with reading() as session:
        return view_job(session, get_job(session, job_id))
