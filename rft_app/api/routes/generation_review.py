"""Review of generated records: look, accept, edit, reject."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from rft_app.api.schemas.generation import (
    Accepted,
    Candidate,
    CandidateIds,
    Changed,
    EditedCandidate,
    ReviewCountsView,
)
from rft_app.api.schemas.job import Job
from rft_app.api.waiting import Wait, start
from rft_app.domain.candidate import CandidateState
from rft_app.services import generation_review as use_cases
from rft_app.services.generation_review import ReviewQuery
from rft_app.storage.session import reading, unit_of_work

router = APIRouter(
    prefix="/api/optimization/datasets/{dataset_id}/generate/review", tags=["generation"]
)


@router.get("")
def list_candidates(  # noqa: PLR0913  # one per query parameter
    response: Response,
    dataset_id: str,
    state: CandidateState = CandidateState.PENDING,
    passing: bool | None = None,
    run_id: Annotated[str | None, Query(alias="runId")] = None,
    cursor: Annotated[str | None, Query(description="`X-Next-Cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=use_cases.MAX_PAGE)] = 20,
) -> list[Candidate]:
    """One page of generated records beside their sources, oldest first."""
    query = ReviewQuery(state=state, passes=passing, run_id=run_id)
    with reading() as session:
        page = use_cases.list_review(session, dataset_id, query, cursor=cursor, limit=limit)
    if page.next_cursor is not None:
        response.headers["X-Next-Cursor"] = page.next_cursor
    return [Candidate.of(row, dataset_id) for row in page.rows]


@router.get("/counts")
def count_candidates(dataset_id: str) -> ReviewCountsView:
    """How many candidates are in which state."""
    with reading() as session:
        return ReviewCountsView.of(use_cases.count_review(session, dataset_id))


@router.post("/accept")
def accept(dataset_id: str, request: CandidateIds) -> Accepted:
    """Make records of candidates; all of them or none."""
    with unit_of_work() as session:
        ids = use_cases.accept(session, dataset_id, request.candidate_ids)
    return Accepted(record_ids=[*ids])


@router.post("/accept-passing", status_code=202)
async def accept_passing(
    response: Response,
    dataset_id: str,
    run_id: Annotated[str | None, Query(alias="runId")] = None,
    wait: Wait = 0,
) -> Job:
    """Make records of all that pass every check; the result has `accepted`."""
    return await start(
        response, wait, lambda session: use_cases.start_accepting(session, dataset_id, run_id)
    )


@router.post("/reject")
def reject(dataset_id: str, request: CandidateIds) -> Changed:
    """Turn candidates down; those decided about before stay so."""
    with unit_of_work() as session:
        return Changed(changed=use_cases.reject(session, dataset_id, request.candidate_ids))


@router.post("/reopen")
def reopen(dataset_id: str, request: CandidateIds) -> Changed:
    """Undo a rejection."""
    with unit_of_work() as session:
        return Changed(changed=use_cases.reopen(session, dataset_id, request.candidate_ids))


@router.get("/{candidate_id}")
def get_candidate(dataset_id: str, candidate_id: str) -> Candidate:
    """One candidate beside its source."""
    with reading() as session:
        review = use_cases.get_review(session, dataset_id, candidate_id)
    return Candidate.of(review, dataset_id)


@router.post("/{candidate_id}/accept")
def edit_and_accept(dataset_id: str, candidate_id: str, request: EditedCandidate) -> Accepted:
    """Make a record of a candidate as a person changed it."""
    draft = request.to_draft()
    with reading() as session:
        checks = use_cases.check_edited(session, dataset_id, candidate_id, draft)
    with unit_of_work() as session:
        record = use_cases.edit_and_accept(session, dataset_id, candidate_id, draft, checks)
    return Accepted(record_ids=[record], faults=[*checks.faults])
