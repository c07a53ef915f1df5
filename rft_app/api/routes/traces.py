"""Stored traces of all datasets: pages, what they have in common, a dataset of some."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.concurrency import run_in_threadpool

from rft_app.api.schemas.intake import TraceQuery
from rft_app.api.schemas.job import Job
from rft_app.api.schemas.trace import (
    DetectedPattern,
    FromTraces,
    Trace,
    TraceCount,
    TraceModel,
    TraceSelection,
)
from rft_app.api.waiting import Wait, start
from rft_app.domain import trace_page as domain
from rft_app.domain.scrubbing import NOTHING
from rft_app.services import traces as use_cases
from rft_app.services.pattern import analyze_traces as find_pattern
from rft_app.services.trace_sampling import draw_sample
from rft_app.storage.session import reading

router = APIRouter(prefix="/api/optimization", tags=["traces"])


@router.get("/traces")
def list_traces(response: Response, query: Annotated[TraceQuery, Query()]) -> list[Trace]:
    """One page of the stored traces that match, newest first.

    `X-Next-Cursor` names the next page and is absent on the last; `X-Total-Count` is the number of
    traces that match. A search does not know the `X-Unsearched-Count` newest traces yet.
    """
    wanted = query.to_filter()
    with reading() as session:
        page = use_cases.list_traces(session, wanted, cursor=query.cursor, limit=query.limit)
        response.headers["X-Total-Count"] = str(use_cases.count_traces(session, wanted))
    if query.search:
        response.headers["X-Unsearched-Count"] = str(page.num_unsearched)
    if page.next_cursor is not None:
        response.headers["X-Next-Cursor"] = page.next_cursor
    return [Trace.of(row) for row in page.rows]


@router.get("/traces/models")
def list_models() -> list[TraceModel]:
    """Every model that answered a stored trace, the most used first."""
    with reading() as session:
        found = use_cases.list_models(session)
    return [TraceModel(name=name, traces=number) for name, number in found]


@router.post("/traces/count")
def count_traces(selection: TraceSelection) -> TraceCount:
    """How many traces are selected, and how many records they would become."""
    with reading() as session:
        drawn = draw_sample(session, selection.to_selection())
        return TraceCount.of(use_cases.count_selection(session, drawn))


@router.post("/traces/analyze")
def analyze_traces(selection: TraceSelection) -> DetectedPattern:
    """What the selected traces have in common."""
    with reading() as session:
        drawn = draw_sample(session, selection.to_selection())
        return DetectedPattern.of(find_pattern(session, drawn))


@router.post("/datasets/from-traces", status_code=202)
async def create_from_traces(response: Response, wanted: FromTraces, wait: Wait = 0) -> Job:
    """Create a dataset of traces: they are copied into it, then Extract starts.

    The job carries `datasetId` from the start; its result is the dataset.
    """

    def draw() -> domain.TraceSelection:
        with reading() as session:
            return draw_sample(session, wanted.to_selection())

    selection = await run_in_threadpool(draw)
    return await start(
        response,
        wait,
        lambda session: use_cases.create_from_traces(
            session,
            name=wanted.name,
            objective=wanted.objective,
            selection=selection,
            extract={"mode": wanted.mode},
            scrub=NOTHING if wanted.scrub is None else wanted.scrub.to_domain(),
        )[1],
    )
