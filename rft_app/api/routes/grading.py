"""Grader and dry run."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Query, Response
from fastapi.responses import JSONResponse
from pydantic import JsonValue

from rft_app.api.schemas.dry_run import DryRunReport, DryRunRequest
from rft_app.api.schemas.dry_run_estimate import DryRunEstimate
from rft_app.api.schemas.graded import GradedRollout
from rft_app.api.schemas.grader import (
    GraderConfig,
    GraderTest,
    GraderTestRequest,
)
from rft_app.api.schemas.grader_suggestion import GraderSuggestion
from rft_app.api.schemas.job import Job
from rft_app.api.views import find_dry_run_report, saved_spec
from rft_app.api.waiting import Wait, start
from rft_app.domain.grading import FailureKind, GradeOrder
from rft_app.domain.pipeline import StepName
from rft_app.graders.grader_file import parse_grader
from rft_app.graders.openai_json import from_openai, to_openai
from rft_app.graders.python_file import to_python
from rft_app.services import run_estimates
from rft_app.services.datasets import get_dataset
from rft_app.services.dry_runs import WantedRollouts, get_dry_run, list_graded_rollouts
from rft_app.services.grader_proposal import propose_grader
from rft_app.services.grader_trial import try_grader
from rft_app.services.graders import configure_grader, current_grader
from rft_app.services.pipeline import start_step
from rft_app.storage.session import reading

PYTHON = "text/x-python"
router = APIRouter(prefix="/api/optimization/datasets/{dataset_id}", tags=["grading"])


@router.get("/grader")
def read_grader(dataset_id: str) -> GraderConfig | None:
    """The grader that dry runs use; `null` before one was saved."""
    with reading() as session:
        get_dataset(session, dataset_id)
        stored = current_grader(session, dataset_id)
        return None if stored is None else GraderConfig.of(stored)


@router.put("/grader")
def update_grader(dataset_id: str, config: GraderConfig) -> GraderConfig:
    """Save a grader; changed settings make the next version."""
    return GraderConfig.of(configure_grader(dataset_id, config.to_spec()))


@router.get("/grader/suggestion")
def suggest_grader(dataset_id: str) -> GraderSuggestion:
    """A grader that the data allows, else a judge by the objective; nothing is saved or paid."""
    with reading() as session:
        return GraderSuggestion.of(propose_grader(session, dataset_id))


@router.get("/grader/openai")
def export_grader(dataset_id: str) -> dict[str, JsonValue]:
    """The saved grader as OpenAI's fine-tuning API takes it."""
    return to_openai(saved_spec(dataset_id))


@router.get(
    "/grader/python",
    response_class=Response,
    responses={200: {"content": {PYTHON: {}}}},
)
def export_python(dataset_id: str) -> Response:
    """The saved grader as a file whose `reward` TRL calls, and whose `compute_score` verl does."""
    headers = {"Content-Disposition": 'attachment; filename="grader.py"'}
    return Response(to_python(saved_spec(dataset_id)), headers=headers, media_type=PYTHON)


@router.put("/grader/python")
def import_python(
    dataset_id: str,
    source: Annotated[bytes, Body(media_type=PYTHON, description="The file, in UTF-8.")],
) -> GraderConfig:
    """Save the grader of a Python file, one of `GET …/grader/python` or a script of one's own."""
    return GraderConfig.of(configure_grader(dataset_id, parse_grader("grader.py", source)))


@router.put("/grader/openai")
def import_grader(dataset_id: str, config: dict[str, JsonValue]) -> GraderConfig:
    """Save an OpenAI grader as the next version."""
    return GraderConfig.of(configure_grader(dataset_id, from_openai(config)))


@router.post("/grader/test")
def test_grader(dataset_id: str, request: GraderTestRequest | None = None) -> GraderTest:
    """Grade the answers of a few records; no grade is stored. A judge's calls are paid."""
    asked = request or GraderTestRequest()
    spec = asked.config.to_spec() if asked.config else saved_spec(dataset_id)
    return GraderTest.of(try_grader(dataset_id, spec, asked.to_choice()))


@router.post("/dry-run", status_code=202)
async def run_dry_run(
    response: Response, dataset_id: str, request: DryRunRequest | None = None, wait: Wait = 0
) -> Job:
    """Grade rollouts and reach a verdict; the result is the report."""
    asked = request or DryRunRequest()
    settings = asked.to_settings().model_dump()
    return await start(
        response, wait, lambda session: start_step(session, dataset_id, StepName.DRY_RUN, settings)
    )


@router.post("/dry-run/estimate")
def estimate_dry_run(
    dataset_id: str, request: DryRunRequest | None = None
) -> DryRunEstimate | None:
    """What models would be asked and cost, for answers and by a judge; `null` where none is."""
    settings = (request or DryRunRequest()).to_settings()
    with reading() as session:
        get_dataset(session, dataset_id)
        found = run_estimates.estimate_dry_run(session, dataset_id, settings)
    return DryRunEstimate.of(found.judge, found.answers)


@router.get("/dry-run")
def read_dry_run(
    dataset_id: str, run_id: Annotated[str | None, Query(alias="runId")] = None
) -> DryRunReport | None:
    """The report of the last finished dry run, or of the one named; `null` where there is none."""
    with reading() as session:
        get_dataset(session, dataset_id)
        return find_dry_run_report(session, dataset_id, run_id)


def read_wanted(
    order: GradeOrder = GradeOrder.ALL,
    error_kind: Annotated[FailureKind | None, Query(alias="errorKind")] = None,
    topic: Annotated[str | None, Query(description="A topic of the report's `byTopic`.")] = None,
) -> WantedRollouts:
    """Which rollouts, as query parameters."""
    return WantedRollouts(order=order, kind=error_kind, topic=topic)


@router.get("/dry-run/rollouts")
def list_rollouts(
    dataset_id: str,
    wanted: Annotated[WantedRollouts, Depends(read_wanted)],
    run_id: Annotated[str | None, Query(alias="runId")] = None,
    cursor: Annotated[str | None, Query(description="`X-Next-Cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    """The graded rollouts of a dry run beside their answers, a page at a time.

    With `errorKind` only failures of that kind, with `topic` only the rollouts of that topic.
    """
    with reading() as session:
        run = get_dry_run(session, dataset_id, run_id)
        page = list_graded_rollouts(session, run.id, wanted, cursor=cursor, limit=limit)
        rows = [GradedRollout.of(row).to_json() for row in page.rows]
    headers = {} if page.next_cursor is None else {"X-Next-Cursor": page.next_cursor}
    return JSONResponse(rows, headers=headers)
