"""Auto-Improve: start, watch and stop runs."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from rft_app.api.schemas.auto_run import AutoRun, AutoRunRequest
from rft_app.services import auto_improve as use_cases
from rft_app.storage.session import reading, unit_of_work

router = APIRouter(prefix="/api/training/auto-improve", tags=["auto-improve"])


@router.post("", status_code=202)
def start_auto_run(request: AutoRunRequest) -> AutoRun:
    """Take a dataset through the steps with defaults, up to the verdict."""
    with unit_of_work() as session:
        return AutoRun.of(use_cases.start_auto_run(session, request.dataset_id))


@router.get("")
def list_auto_runs(
    response: Response,
    dataset_id: Annotated[str | None, Query(alias="datasetId")] = None,
    cursor: Annotated[str | None, Query(description="`X-Next-Cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = use_cases.MAX_LISTED,
) -> list[AutoRun]:
    """The latest runs, newest first."""
    with reading() as session:
        found = use_cases.list_auto_runs(session, dataset_id, limit + 1, cursor)
        if len(found) > limit:
            response.headers["X-Next-Cursor"] = found[limit - 1].id
        return list(map(AutoRun.of, found[:limit]))


@router.get("/{run_id}")
def get_auto_run(run_id: str) -> AutoRun:
    """One run with what it decided so far."""
    with reading() as session:
        return AutoRun.of(use_cases.get_auto_run(session, run_id))


@router.post("/{run_id}/cancel")
def cancel_auto_run(run_id: str) -> AutoRun:
    """Stop a run and the step that it started; results so far stay."""
    with unit_of_work() as session:
        return AutoRun.of(use_cases.cancel_auto_run(session, run_id))
