"""Trainings: start, look at, cancel, resume, compare."""

from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlmodel import Session

from rft_app.domain.entity import Entity
from rft_app.domain.grading import FailureKind
from rft_app.domain.job import JobStatus
from rft_app.domain.pipeline import StepName
from rft_app.domain.record import record_id
from rft_app.domain.rollout import Rollout, RolloutKey
from rft_app.domain.snapshot import SnapshotPurpose
from rft_app.domain.training_comparison import TrainingComparison
from rft_app.domain.training_run import (
    Checkpoint,
    Phase,
    TrainingMetric,
    TrainingRollout,
    TrainingRun,
)
from rft_app.domain.training_watch import TrainingAlert, find_alerts
from rft_app.errors import ConflictError, InvalidInputError, NotAvailableError, NotFoundError
from rft_app.jobs.queue import cancel_job, enqueue, get_job, retry_job
from rft_app.pipeline.grader import require_grader
from rft_app.services.busy import require_stable
from rft_app.services.training_orders import (
    TrainingProspect,
    TrainingRequest,
    look_ahead,
    plan_split,
)
from rft_app.services.training_verl import VERL
from rft_app.services.tuned_models import AdapterPlace, find_place, name_tuned_model
from rft_app.storage import deployments, dry_runs, training_runs
from rft_app.storage.rollouts import load_rollouts
from rft_app.storage.snapshots import add_snapshot
from rft_app.storage.steps import begin_step, keep_settings
from rft_app.storage.tables import TrainingRolloutRow
from rft_app.storage.training_runs import NewTraining, Place
from rft_app.trainers.run_folder import RunFolder

TRAIN = "train"
MAX_METRICS = 10_000
MAX_PAGE = 200
ENDED_BADLY = frozenset({"failed", "cancelled"})
"""A service's words for a job that cannot go on."""


class Wish(StrEnum):
    """What somebody asked of a training that has not come to it yet."""

    NONE = ""
    FINISH = "finish"
    STOP = "stop"


class AnswerPage(Entity):
    """One page of a training's answers."""

    rows: tuple[TrainingRollout, ...]
    next_cursor: str | None
    """`None` on the last page."""


class AnsweredStep(Entity):
    """Where there are answers."""

    phase: Phase
    step: int
    num_answers: int


def start_training(
    session: Session, dataset_id: str, request: TrainingRequest | None = None
) -> TrainingRun:
    """Freeze the records and order a training as a job.

    Raises:
        NotFoundError: There is no such dataset.
        ConflictError: A training of it runs, there is no grader, or something keeps it from
            starting; the message says what to do.
        InvalidInputError: A value is impossible, or the dry run said NO_GO and no reason is given.
        NotAvailableError: The trainer is not installed.
    """
    asked = request or TrainingRequest()
    require_stable(session, dataset_id)
    prospect = look_ahead(session, dataset_id, asked)
    _require_startable(prospect, asked)
    grader = require_grader(session, dataset_id)
    dry_run = dry_runs.find_last_finished(session, dataset_id)
    plan = plan_split(session, dataset_id, prospect.draft)
    snapshot = add_snapshot(session, dataset_id, plan, SnapshotPurpose.TRAINING)
    run_id = training_runs.new_run_id()
    job = enqueue(session, TRAIN, dataset_id, {"run_id": run_id})
    new = NewTraining(
        trainer=asked.trainer,
        base_model=prospect.draft.base_model,
        settings=prospect.settings,
        num_epochs=prospect.draft.num_epochs,
        total_steps=prospect.num_steps or 0,
        snapshot_id=snapshot.id,
        grader_version_id=grader.id,
        dry_run_id=None if dry_run is None else dry_run.id,
        verdict=prospect.outlook.verdict,
        reason=asked.reason.strip() if prospect.needs_reason else "",
        estimate=_describe_estimate(prospect),
        remote=prospect.remote,
    )
    run = training_runs.add_run(session, run_id, dataset_id, job.id, new)
    keep_settings(session, dataset_id, StepName.TRAIN, prospect.draft.model_dump(mode="json"))
    begin_step(session, dataset_id, StepName.TRAIN, job.id)
    return run


def _describe_estimate(prospect: TrainingProspect) -> dict[str, Any]:
    found = prospect.estimate or prospect.remote_estimate
    return {} if found is None else found.model_dump(mode="json")


def _require_startable(prospect: TrainingProspect, request: TrainingRequest) -> None:
    for check in prospect.obstacles:
        kind = NotAvailableError if check.name == "trainer" else ConflictError
        raise kind(f"{check.finding} {check.remedy}".strip(), check=check.name)
    if prospect.needs_reason and not request.reason.strip():
        raise InvalidInputError(
            "The dry run says NO_GO: training would most likely be in vain. Mend what it names, or "
            "give a reason to train all the same; it is kept with the training.",
            field="reason",
        )


def get_training(session: Session, run_id: str) -> TrainingRun:
    """One training, by its id or its job's.

    Raises:
        NotFoundError: There is none.
    """
    return training_runs.get_run(session, run_id)


def list_trainings(
    session: Session, dataset_id: str, *, before: int | None = None, limit: int = 50
) -> list[TrainingRun]:
    """A page of a dataset's trainings, newest first.

    Args:
        session: Any.
        dataset_id: Of which dataset.
        before: Number of the last training of the page before.
        limit: Most trainings.
    """
    return training_runs.list_runs(session, dataset_id, before=before, limit=limit)


def list_metrics(
    session: Session, run_id: str, *, after: int = -1, limit: int = 1_000
) -> list[TrainingMetric]:
    """Figures in the order of the steps, behind the step `after`."""
    run = training_runs.get_run(session, run_id)
    wanted = min(max(limit, 1), MAX_METRICS)
    return training_runs.list_metrics(session, run.id, after=after, limit=wanted)


def list_all_metrics(session: Session, run_id: str, *, after: int = -1) -> list[TrainingMetric]:
    """The figures of every step behind `after`, however many there are."""
    run = training_runs.get_run(session, run_id)
    return training_runs.list_metrics(session, run.id, after=after, limit=None)


def list_alerts(session: Session, run_id: str) -> tuple[TrainingAlert, ...]:
    """What the curves warn of."""
    return find_alerts(list_all_metrics(session, run_id))


def list_checkpoints(session: Session, run_id: str) -> list[Checkpoint]:
    """Checkpoints in the order of the steps."""
    return training_runs.list_checkpoints(session, training_runs.get_run(session, run_id).id)


def list_answered_steps(session: Session, run_id: str, *, after: int = -1) -> list[AnsweredStep]:
    """Where there are answers to look at, behind the step `after`."""
    run = training_runs.get_run(session, run_id)
    return [
        AnsweredStep(phase=place.phase, step=place.step, num_answers=number)
        for place, number in training_runs.list_places(session, run.id, after=after)
    ]


def list_answers(
    session: Session,
    run_id: str,
    phase: Phase,
    step: int,
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> AnswerPage:
    """Answers of a step beside their grades.

    Raises:
        NotFoundError: There is no such training.
        InvalidInputError: The cursor is not one that a page gave.
    """
    run = training_runs.get_run(session, run_id)
    if cursor is not None and not cursor.isdigit():
        raise InvalidInputError("The cursor is not one that a page gave.", field="cursor")
    limit = min(max(limit, 1), MAX_PAGE)
    rows = training_runs.list_answers(
        session, run.id, Place(phase, step), first=int(cursor or 0), limit=limit + 1
    )
    page = rows[:limit]
    keys = [RolloutKey(row.record_seq, None, None) for row in page]
    records = load_rollouts(session, run.dataset_id, keys)
    return AnswerPage(
        rows=tuple(_to_rollout(row, record) for row, record in zip(page, records, strict=True)),
        next_cursor=str(rows[limit].position) if len(rows) > limit else None,
    )


def _to_rollout(row: TrainingRolloutRow, record: Rollout) -> TrainingRollout:
    return TrainingRollout(
        phase=Phase(row.phase),
        step=row.step,
        position=row.position,
        record_id=record_id(row.record_seq),
        topic=record.item.get("topic"),
        question=record.question,
        reference=record.item.get("reference"),
        text=row.text,
        reward=row.reward,
        reason=row.reason,
        failure_kind=None if row.failure_kind is None else FailureKind(row.failure_kind),
        failure_message=row.failure_message,
        is_abstention=row.is_abstention,
    )


def cancel_training(session: Session, run_id: str) -> TrainingRun:
    """Ask a training to stop; its best checkpoint is kept.

    Raises:
        NotFoundError: There is none.
        ConflictError: It has ended.
    """
    run = training_runs.get_run(session, run_id)
    cancel_job(session, run.job_id)
    return training_runs.get_run(session, run.id)


def can_finish(run: TrainingRun) -> bool:
    """Whether its trainer can end early and still compare: our own script does."""
    return run.remote is None and run.trainer != VERL


def find_wish(session: Session, run: TrainingRun) -> Wish:
    """What is to happen after the step under way; `NONE` where it goes on, and where it ended."""
    if run.status not in {JobStatus.QUEUED, JobStatus.RUNNING}:
        return Wish.NONE
    if get_job(session, run.job_id).cancel_requested:
        return Wish.STOP
    is_finishing = can_finish(run) and RunFolder.of(run.id).is_asked_to_finish
    return Wish.FINISH if is_finishing else Wish.NONE


def finish_training(session: Session, run_id: str) -> TrainingRun:
    """Make no further training step; the best checkpoint is compared as at the planned end.

    Raises:
        NotFoundError: There is none.
        ConflictError: It does not run, or a service trains.
    """
    run = training_runs.get_run(session, run_id)
    if run.status is not JobStatus.RUNNING:
        raise ConflictError(
            f"Training {run.number} is {run.status}; only one that runs can be finished early."
        )
    if not can_finish(run):
        raise ConflictError(
            f"The trainer {run.trainer} cannot finish early. Cancel it: the best checkpoint stays."
        )
    RunFolder.of(run.id).ask_to_finish()
    return run


def resume_training(session: Session, run_id: str) -> TrainingRun:
    """Go on with a training that failed or was cancelled, from its last whole checkpoint.

    Raises:
        NotFoundError: There is none.
        ConflictError: It runs or is done, or another one of the dataset runs, or what it kept is
            deployed.
    """
    run = training_runs.get_run(session, run_id)
    _require_undeployed(session, run)
    if run.remote is not None and run.remote.status in ENDED_BADLY:
        raise ConflictError(
            f"The service's job {run.remote.job_id} {run.remote.status}; it cannot go on there. "
            "Start a new training."
        )
    if run.status is JobStatus.CANCELLED:
        RunFolder.of(run.id).forget_finish()
    job = retry_job(session, run.job_id)
    begin_step(session, run.dataset_id, StepName.TRAIN, job.id)
    return training_runs.get_run(session, run.id)


def _require_undeployed(session: Session, run: TrainingRun) -> None:
    """What answers must not change under its deployment."""
    name = name_tuned_model(run)
    for one in deployments.list_routed(session) if name else ():
        if one.tuned_model.rpartition("/")[2] == name and one.is_active:
            raise ConflictError(
                f"What training {run.number} kept is deployed as {one.alias}, and going on may "
                "replace it. Roll that back first, or start a new training."
            )


def get_comparison(session: Session, run_id: str) -> TrainingComparison:
    """Base against tuned model on the held-out records.

    Raises:
        NotFoundError: There is no such training.
        ConflictError: It was not compared.
    """
    run = training_runs.get_run(session, run_id)
    if run.outcome is None:
        raise ConflictError(
            f"Training {run.number} is {run.status}; models are compared when it is done."
        )
    if run.outcome.not_compared:
        raise ConflictError(
            f"The models of training {run.number} were not compared. {run.outcome.not_compared}"
        )
    if run.outcome.comparison is None:
        raise ConflictError(
            f"Training {run.number} has no comparison: the grader judged no held-out record's "
            "answer of both models."
        )
    return run.outcome.comparison


def find_adapter(session: Session, run_id: str) -> AdapterPlace:
    """Where the best adapter of a training is.

    Raises:
        NotFoundError: There is no such training.
        ConflictError: It has kept none yet, or its files are gone.
    """
    run = training_runs.get_run(session, run_id)
    if (place := find_place(run)) is None:
        raise ConflictError(f"Training {run.number} has kept no adapter.")
    return place


def find_log(session: Session, run_id: str) -> Path:
    """The file with all that the trainer printed.

    Raises:
        NotFoundError: There is no such training, or it printed nothing yet.
    """
    run = training_runs.get_run(session, run_id)
    log = RunFolder.of(run.id).log
    if not log.is_file():
        raise NotFoundError(f"Training {run.number} has no log yet.")
    return log


def read_log(session: Session, run_id: str) -> str:
    """The last that the trainer printed, and its notes."""
    run = training_runs.get_run(session, run_id)
    folder = RunFolder.of(run.id)
    return "\n".join([folder.read_log_end(), *folder.read_notes()]).strip()
