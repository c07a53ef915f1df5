"""Base against tuned model once more, where answers of the comparison have no grade.

A grader that broke or a judge that was silent leaves answers without a grade, and a service
leaves records without an answer.  Only these are judged or asked again; what was paid is kept
under the training's own job, so that nothing is paid twice.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlmodel import Session

from rft_app.domain.job import Job, JobStatus
from rft_app.domain.training_run import Phase, TrainingOutcome, TrainingRun
from rft_app.domain.words import count
from rft_app.errors import ConflictError, JobCancelledError
from rft_app.jobs.context import JobContext
from rft_app.jobs.queue import enqueue
from rft_app.services.training_comparing import PER_GRADING, compare_at_service
from rft_app.services.training_jobs import conclude
from rft_app.storage import graders, jobs, training_runs
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import TrainingRolloutRow
from rft_app.storage.training_runs import Place
from rft_app.trainers.grading import TrainingGrader
from rft_app.trainers.rewards import AnswerText, GradeRequest
from rft_app.trainers.run_folder import Event, RunFolder

COMPARE = "compare"


def describe_gaps(session: Session, run: TrainingRun) -> str:
    """What the comparison of a finished training lacks and why; empty where it lacks nothing."""
    if run.outcome is None:
        return ""
    if run.outcome.not_compared:
        return run.outcome.not_compared if _can_ask(run, run.outcome) else ""
    gaps = [row for _, rows in _list_gaps(session, run, run.outcome) for row in rows]
    if not gaps:
        return ""
    why = next((row.failure_message for row in gaps if row.failure_message), "")
    has = "has" if len(gaps) == 1 else "have"
    told = f"{count(len(gaps), 'held-out answer')} {has} no grade and no part in the comparison."
    return f"{told} {why}".strip()


def _can_ask(run: TrainingRun, outcome: TrainingOutcome) -> bool:
    """Whether a service's models could be asked: there are two, and records for them."""
    if run.remote is None or not run.remote.settings.num_compared:
        return False
    return outcome.model != run.base_model


def compare_again(session: Session, run_id: str) -> Job:
    """Judge again what the comparison lacks; a job.

    Raises:
        NotFoundError: There is no such training.
        ConflictError: It is not done, its comparison lacks nothing, or this is under way.
    """
    run = training_runs.get_run(session, run_id)
    if run.outcome is None or run.status is not JobStatus.DONE:
        raise ConflictError(
            f"Training {run.number} is {run.status}; models are compared when it is done."
        )
    if not describe_gaps(session, run):
        raise ConflictError(
            f"Every held-out answer of training {run.number} is judged; comparing again would "
            "change nothing."
        )
    return enqueue(session, COMPARE, run.dataset_id, {"run_id": run.id})


def find_comparing(session: Session, run: TrainingRun) -> Job | None:
    """The job that compares its models again, while it waits or runs."""
    job = jobs.find_active(session, COMPARE, run.dataset_id)
    return job if job is not None and job.args["run_id"] == run.id else None


class CompareAgain:
    """Judges what has no grade, and reckons the comparison anew; steps stay as they are."""

    name = COMPARE
    label = "Comparison"

    def run(self, context: JobContext) -> dict[str, Any]:
        """Go on where a killed worker stopped: graded answers are not judged again.

        Raises:
            RftError: The grader cannot run.
            JobCancelledError: What was judged so far counts.
        """
        with reading() as session:
            run = training_runs.get_run(session, str(context.args["run_id"]))
            spec = graders.get_version(session, run.grader_version_id).spec
        if run.outcome is None:
            raise ConflictError(f"Training {run.number} left nothing behind.")
        done: Event = run.outcome.model_dump(mode="json", exclude={"comparison", "is_held_out"})
        with TrainingGrader(run.dataset_id, run.id, run.job_id, spec) as grader:
            if run.remote is not None:
                done["not_compared"] = ""
                done |= compare_at_service(context, run, _read_compared(run), grader, done)
            else:
                try:
                    _judge(context, run, run.outcome, grader)
                except JobCancelledError:
                    _store(run, run.outcome, done)
                    raise
        return _store(run, run.outcome, done)


def _read_compared(run: TrainingRun) -> list[int]:
    folder = RunFolder.of(run.id)
    if not folder.is_ordered:
        raise ConflictError(
            f"The folder of training {run.number} is gone, and with it which records were held out "
            "of what the service saw. Train anew to compare."
        )
    return folder.read_compared()


def _list_gaps(
    session: Session, run: TrainingRun, outcome: TrainingOutcome
) -> list[tuple[Place, list[TrainingRolloutRow]]]:
    """Answers without a grade that is no abstention, of both models."""
    places = Place(Phase.BASE, 0), Place(Phase.TUNED, outcome.best_step)
    return [
        (place, [row for row in rows if row.failure_kind is not None])
        for place in places
        for rows in [training_runs.list_answers(session, run.id, place)]
    ]


def _judge(
    context: JobContext, run: TrainingRun, outcome: TrainingOutcome, grader: TrainingGrader
) -> None:
    with reading() as session:
        gaps = list(_list_gaps(session, run, outcome))
    total = sum(len(rows) for _, rows in gaps)
    num_done = 0
    for place, rows in gaps:
        for some in _cut(rows):
            context.progress(num_done, total, f"comparing: {num_done:,} of {total:,} judged again")
            answers = tuple(AnswerText(key=row.record_seq, text=row.text) for row in some)
            grader.grade(
                GradeRequest(
                    phase=place.phase, step=place.step, first=some[0].position, answers=answers
                )
            )
            num_done += len(some)


def _cut(rows: Sequence[TrainingRolloutRow]) -> Iterator[Sequence[TrainingRolloutRow]]:
    """Neighbours, for answers are stored from a position on."""
    for _, numbered in groupby(enumerate(rows), lambda pair: pair[1].position - pair[0]):
        run = [row for _, row in numbered]
        for first in range(0, len(run), PER_GRADING):
            yield run[first : first + PER_GRADING]


def _store(run: TrainingRun, outcome: TrainingOutcome, done: Event) -> dict[str, Any]:
    found = conclude(run, done, is_held_out=outcome.is_held_out)
    with unit_of_work() as session:
        training_runs.finish_run(session, run.id, found)
    compared = found.comparison
    return {
        "run_id": run.id,
        "n": 0 if compared is None else compared.n,
        "improvement": None if compared is None else compared.difference,
    }
