"""Stored traces of all datasets: pages, what they have in common, a dataset of some."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from rft_app.api.schemas._base import Time
from rft_app.api.schemas.job import Job
from rft_app.api.schemas.trace import (
    MAX_TURNS,
    DetectedPattern,
    FromTraces,
    Trace,
    TraceFilters,
    TraceModel,
    TraceSelection,
)
from rft_app.api.waiting import Wait, start
from rft_app.services import traces as use_cases
from rft_app.services.pattern import analyze_traces as find_pattern
from rft_app.storage.session import reading

router = APIRouter(prefix="/api/optimization", tags=["traces"])


@router.get("/traces")
def list_traces(  # noqa: PLR0913  # one per query parameter
    response: Response,
    search: Annotated[
        str,
        Query(description="Words that must all occur in the trace; the last may be a beginning."),
    ] = "",
    since: Time | None = None,
    model: str | None = None,
    min_turns: Annotated[int, Query(alias="minTurns", ge=0, le=MAX_TURNS)] = 0,
    has_response: Annotated[bool | None, Query(alias="hasResponse")] = None,
    cursor: Annotated[str | None, Query(description="`X-Next-Cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=use_cases.MAX_PAGE)] = 50,
) -> list[Trace]:
    """One page of the stored traces that match, newest first.

    `X-Next-Cursor` names the next page and is absent on the last; `X-Total-Count` is the number of
    traces that match. A search does not know the `X-Unsearched-Count` newest traces yet.
    """
    wanted = TraceFilters(
        search=search, since=since, model=model, min_turns=min_turns, has_response=has_response
    ).to_filter()
    with reading() as session:
        page = use_cases.list_traces(session, wanted, cursor=cursor, limit=limit)
        response.headers["X-Total-Count"] = str(use_cases.count_traces(session, wanted))
    if search:
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


@router.post("/traces/analyze")
def analyze_traces(selection: TraceSelection) -> DetectedPattern:
    """What the selected traces have in common."""
    with reading() as session:
        return DetectedPattern.of(find_pattern(session, selection.to_selection()))


@router.post("/datasets/from-traces", status_code=202)
async def create_from_traces(response: Response, wanted: FromTraces, wait: Wait = 0) -> Job:
    """Create a dataset of traces: they are copied into it, then Extract starts.

    The job carries `datasetId` from the start; its result is the dataset.
    """
    return await start(
        response,
        wait,
        lambda session: use_cases.create_from_traces(
            session,
            name=wanted.name,
            objective=wanted.objective,
            selection=wanted.to_selection(),
            extract={"mode": wanted.mode},
        )[1],
    )
