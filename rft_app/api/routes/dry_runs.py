"""The history of dry runs: list, compare, rollouts picked by lot."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from rft_app.api.schemas.dry_run_history import DryRunComparison, DryRunSummary, RecordPair
from rft_app.api.schemas.graded import GradedRollout
from rft_app.services.datasets import get_dataset
from rft_app.services.dry_run_comparison import compare_dry_runs as compare
from rft_app.services.dry_run_comparison import list_record_pairs
from rft_app.services.dry_runs import MAX_PAGE, get_dry_run, pick_graded_rollouts
from rft_app.services.dry_runs import list_dry_runs as list_page
from rft_app.storage.session import reading

router = APIRouter(prefix="/api/optimization/datasets/{dataset_id}/dry-run", tags=["grading"])


@router.get("/runs")
def list_dry_runs(
    response: Response,
    dataset_id: str,
    cursor: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="`X-Next-Cursor` of the page before.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
) -> list[DryRunSummary]:
    """Dry runs newest first, running and cancelled ones included."""
    with reading() as session:
        get_dataset(session, dataset_id)
        found = list_page(session, dataset_id, before=cursor, limit=limit + 1)
    if len(found) > limit:
        response.headers["X-Next-Cursor"] = str(found[limit - 1].number)
    return [DryRunSummary.of(run) for run in found[:limit]]


@router.get("/compare")
def compare_dry_runs(dataset_id: str, first: str, second: str) -> DryRunComparison:
    """How the dry run `second` differs from `first`, both named by `runId`."""
    with reading() as session:
        return DryRunComparison.of(compare(session, dataset_id, first, second))


@router.get("/compare/records")
def list_compared_records(  # noqa: PLR0913  # one parameter per query
    response: Response,
    dataset_id: str,
    first: str,
    second: str,
    order: Annotated[
        Literal["falls", "rises"], Query(description="Which of the largest changes come first.")
    ] = "falls",
    cursor: Annotated[
        int, Query(ge=0, le=2**31 - 1, description="`X-Next-Cursor` of the page before.")
    ] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
) -> list[RecordPair]:
    """Records that both runs graded, each with the mean of its rollouts in each."""
    with reading() as session:
        found = list_record_pairs(
            session,
            dataset_id,
            (first, second),
            rises_first=order == "rises",
            offset=cursor,
            limit=limit,
        )
    if found.next_offset is not None:
        response.headers["X-Next-Cursor"] = str(found.next_offset)
    return [RecordPair(**pair.model_dump()) for pair in found.pairs]


@router.get("/rollouts/random")
def pick_rollouts(
    dataset_id: str,
    run_id: Annotated[str | None, Query(alias="runId")] = None,
    topic: Annotated[str | None, Query(description="A topic of the report's `byTopic`.")] = None,
    seed: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 10,
) -> list[GradedRollout]:
    """Rollouts picked by lot, failed ones among them; the same seed picks the same ones."""
    with reading() as session:
        run = get_dry_run(session, dataset_id, run_id)
        picked = pick_graded_rollouts(session, run.id, topic=topic, seed=seed, limit=limit)
    return [GradedRollout.of(rollout) for rollout in picked]
