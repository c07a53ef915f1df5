"""Every stored trace in one list, and what became of what arrived by itself."""

from typing import Annotated

from fastapi import APIRouter, Query

from rft_app.api.schemas.intake import Intake, TraceList, TraceQuery
from rft_app.services import intake
from rft_app.services import traces as use_cases
from rft_app.storage.session import reading

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
    """What became of spans and requests in the last days."""
    with reading() as session:
        found = intake.list_counts(session, days)
    return Intake.of(days, found)
