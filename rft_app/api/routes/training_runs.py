"""Trainings: look ahead, start, follow, cancel, resume, compare."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse

from rft_app.api.schemas.job import Job
from rft_app.api.schemas.training_comparison import Adapter, TrainingComparison
from rft_app.api.schemas.training_run import (
    Checkpoint,
    Trainer,
    TrainingAlert,
    TrainingAnswer,
    TrainingAnswered,
    TrainingConfig,
    TrainingJob,
    TrainingLog,
    TrainingMetric,
    TrainingOutlook,
    TrainingTopics,
)
from rft_app.api.waiting import Wait, start
from rft_app.domain.training_run import Phase
from rft_app.services import training_runs as use_cases
from rft_app.services import training_topics
from rft_app.services.comparing_again import compare_again
from rft_app.services.training_orders import look_ahead
from rft_app.storage.session import reading, unit_of_work
from rft_app.trainers import TRAINERS

router = APIRouter(prefix="/api/optimization", tags=["training"])


@router.get("/trainers")
def list_trainers() -> list[Trainer]:
    """The places that can train, and what is missing there."""
    return [Trainer.of(trainer) for trainer in TRAINERS]


@router.post("/datasets/{dataset_id}/train/check")
def check_training(dataset_id: str, request: TrainingConfig | None = None) -> TrainingOutlook:
    """What a training would use and take, and what speaks against it; starts nothing."""
    asked = (request or TrainingConfig()).to_request()
    with reading() as session:
        return TrainingOutlook.of(look_ahead(session, dataset_id, asked))


@router.post("/datasets/{dataset_id}/train", status_code=202)
def start_training(dataset_id: str, request: TrainingConfig | None = None) -> TrainingJob:
    """Train; 409 while something keeps it from starting, 422 without a reason against NO_GO."""
    asked = (request or TrainingConfig()).to_request()
    with unit_of_work() as session:
        return TrainingJob.of(use_cases.start_training(session, dataset_id, asked))


@router.get("/datasets/{dataset_id}/training")
def list_trainings(
    response: Response,
    dataset_id: str,
    cursor: Annotated[
        int | None, Query(ge=1, description="`X-Next-Cursor` of the page before.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> list[TrainingJob]:
    """A dataset's trainings, newest first."""
    with reading() as session:
        found = use_cases.list_trainings(session, dataset_id, before=cursor, limit=limit + 1)
    if len(found) > limit:
        response.headers["X-Next-Cursor"] = str(found[limit - 1].number)
    return [TrainingJob.of(run) for run in found[:limit]]


@router.get("/training/{job_id}")
def get_training(job_id: str) -> TrainingJob:
    """One training, by its id or its job's."""
    with reading() as session:
        return TrainingJob.of(use_cases.get_training(session, job_id))


@router.post("/training/{job_id}/cancel")
def cancel_training(job_id: str) -> TrainingJob:
    """Ask a training to stop and to keep its best checkpoint; 409 when it has ended."""
    with unit_of_work() as session:
        return TrainingJob.of(use_cases.cancel_training(session, job_id))


@router.post("/training/{job_id}/finish")
def finish_training(job_id: str) -> TrainingJob:
    """Make no further step and compare the best checkpoint; 409 where it does not run."""
    with unit_of_work() as session:
        return TrainingJob.of(use_cases.finish_training(session, job_id))


@router.post("/training/{job_id}/resume", status_code=202)
def resume_training(job_id: str) -> TrainingJob:
    """Go on from the last whole checkpoint of one that failed or was cancelled."""
    with unit_of_work() as session:
        return TrainingJob.of(use_cases.resume_training(session, job_id))


@router.get("/training/{job_id}/metrics")
def list_metrics(
    response: Response,
    job_id: str,
    cursor: Annotated[
        int, Query(ge=-1, description="`X-Next-Cursor` of the page before: a step.")
    ] = -1,
    limit: Annotated[int, Query(ge=1, le=use_cases.MAX_METRICS)] = 1_000,
) -> list[TrainingMetric]:
    """What each training step reported, in their order; step 0 is the base model."""
    with reading() as session:
        found = use_cases.list_metrics(session, job_id, after=cursor, limit=limit)
    if len(found) == limit:
        response.headers["X-Next-Cursor"] = str(found[-1].step)
    return [TrainingMetric(step=one.step, values=one.values) for one in found]


@router.get("/training/{job_id}/alerts")
def list_alerts(job_id: str) -> list[TrainingAlert]:
    """What the curves warn of: collapse, no signal, growing answers, rewards far ahead."""
    with reading() as session:
        found = use_cases.list_alerts(session, job_id)
    return [TrainingAlert(**one.model_dump()) for one in found]


@router.get("/training/{job_id}/checkpoints")
def list_checkpoints(job_id: str) -> list[Checkpoint]:
    """Its checkpoints with their validation rewards."""
    with reading() as session:
        found = use_cases.list_checkpoints(session, job_id)
    return [Checkpoint(**one.model_dump()) for one in found]


@router.get("/training/{job_id}/rollouts")
def list_answers(
    response: Response,
    job_id: str,
    step: Annotated[int, Query(ge=0)],
    phase: Phase = Phase.TRAIN,
    cursor: Annotated[str | None, Query(description="`X-Next-Cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=use_cases.MAX_PAGE)] = 50,
) -> list[TrainingAnswer]:
    """The answers of a step with their grades."""
    with reading() as session:
        page = use_cases.list_answers(session, job_id, phase, step, cursor=cursor, limit=limit)
    if page.next_cursor is not None:
        response.headers["X-Next-Cursor"] = page.next_cursor
    return [TrainingAnswer.of(row) for row in page.rows]


@router.get("/training/{job_id}/rollouts/steps")
def list_answered_steps(job_id: str) -> list[TrainingAnswered]:
    """Where there are answers to look at."""
    with reading() as session:
        return [TrainingAnswered.of(one) for one in use_cases.list_answered_steps(session, job_id)]


@router.get("/training/{job_id}/topics")
def compare_topics(job_id: str) -> TrainingTopics:
    """Each topic's rewards in the first training steps beside those in the last ones."""
    with reading() as session:
        run = use_cases.get_training(session, job_id)
        return TrainingTopics.of(training_topics.compare_topics(session, run))


@router.get("/training/{job_id}/comparison")
def get_comparison(job_id: str) -> TrainingComparison:
    """Base against tuned model on held-out records; 409 before it is done."""
    with reading() as session:
        return TrainingComparison.of(use_cases.get_comparison(session, job_id))


@router.post("/training/{job_id}/comparison", status_code=202)
async def compare_models_again(response: Response, job_id: str, wait: Wait = 0) -> Job:
    """Judge again what the comparison lacks; 409 where it lacks nothing or the job runs."""
    return await start(response, wait, lambda session: compare_again(session, job_id))


@router.get("/training/{job_id}/adapter")
def get_adapter(job_id: str) -> Adapter:
    """Where the best adapter is, and who serves it; 409 before one is kept."""
    with reading() as session:
        return Adapter.of(use_cases.find_adapter(session, job_id))


@router.get("/training/{job_id}/log")
def read_log(job_id: str) -> TrainingLog:
    """The last that the trainer printed."""
    with reading() as session:
        return TrainingLog(text=use_cases.read_log(session, job_id))


@router.get("/training/{job_id}/log/file")
def download_log(job_id: str) -> FileResponse:
    """All that the trainer printed, as a file; 404 before it printed anything."""
    with reading() as session:
        run = use_cases.get_training(session, job_id)
        log = use_cases.find_log(session, job_id)
    return FileResponse(log, media_type="text/plain", filename=f"training-{run.number}.log")
