"""Auto-Improve: take a dataset through the steps with defaults, and stop at the verdict.

A run holds no worker: each step is its ordinary job, and the transaction that stores a step's
result starts the next one.  A killed worker therefore changes nothing, and a step that a person
starts meanwhile counts as well.
"""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlmodel import Session

from rft_app.domain.auto_run import AUTO_STEPS, AutoRun, AutoState, Decision
from rft_app.domain.dry_run import DryRunSettings
from rft_app.domain.grader import GraderSpec, GraderVersion, list_asking
from rft_app.domain.grading import GradingFailure, Verdict
from rft_app.domain.imports import STEP_OF_IMPORT
from rft_app.domain.job import Job, JobError
from rft_app.domain.pipeline import STEPS, Node, StepName, StepStatus
from rft_app.domain.words import count
from rft_app.errors import ConflictError, RftError
from rft_app.jobs.context import JobContext
from rft_app.jobs.queue import cancel_job, enqueue, list_active_jobs
from rft_app.services.datasets import get_dataset
from rft_app.services.grader_suggestion import suggest_grader
from rft_app.services.grader_trial import try_grader
from rft_app.services.graders import current_grader, save_grader
from rft_app.services.pipeline import StepView, get_step, start_step
from rft_app.storage import auto_runs
from rft_app.storage.dry_runs import find_last_finished
from rft_app.storage.session import unit_of_work

MAX_LISTED = 50
CHECK_GRADER = "check_grader"
NEEDS_GRADER = (
    "The data allows no grader plainly: the references have no one form, and too few answers have "
    "a recorded reward. Write a grader in step 4, then start again."
)
PAID = (
    "The dry run asks a model, and its calls are paid. Step 5 says how many and what they cost; "
    "start it there."
)


def start_auto_run(session: Session, dataset_id: str) -> AutoRun:
    """Start a run; steps with a current result are left as they are.

    Raises:
        NotFoundError: There is no such dataset.
        ConflictError: A run of this dataset has not ended.
    """
    get_dataset(session, dataset_id)
    if (running := auto_runs.find_running(session, dataset_id)) is not None:
        raise ConflictError("A run of this dataset has not ended yet.", run=running.id)
    run = auto_runs.add_auto_run(session, dataset_id)
    _advance(session, run)
    return auto_runs.get_auto_run(session, run.id)


def get_auto_run(session: Session, run_id: str) -> AutoRun:
    """One run.

    Raises:
        NotFoundError: There is none.
    """
    return auto_runs.get_auto_run(session, run_id)


def list_auto_runs(
    session: Session,
    dataset_id: str | None = None,
    limit: int = MAX_LISTED,
    before: str | None = None,
) -> list[AutoRun]:
    """The latest runs, newest first, of one dataset or of all; those before another one, if that
    is named.

    Raises:
        NotFoundError: There is no run `before`.
    """
    return auto_runs.list_auto_runs(session, dataset_id, limit, before)


def cancel_auto_run(session: Session, run_id: str) -> AutoRun:
    """Stop a run and the step that it started; results so far stay.

    Raises:
        NotFoundError: There is no such run.
        ConflictError: It has ended.
    """
    run = auto_runs.get_auto_run(session, run_id)
    if run.state is not AutoState.RUNNING:
        raise ConflictError(f"The run is {run.state}; there is nothing to stop.")
    for job in list_active_jobs(session, run.dataset_id):
        if run.step is not None and job.kind in {run.step.value, CHECK_GRADER}:
            cancel_job(session, job.id)
    _end(session, run, AutoState.CANCELLED, "Stopped by a person; results so far stay.")
    return auto_runs.get_auto_run(session, run_id)


class AutoRunWatch:
    """Tells a running Auto-Improve how its steps ended."""

    def on_result(self, session: Session, dataset_id: str) -> None:
        """A step has a result: go on."""
        if (run := auto_runs.find_running(session, dataset_id)) is not None:
            _advance(session, run)

    def on_stop(self, session: Session, dataset_id: str, step: StepName, words: str) -> None:
        """A step failed or was cancelled: the run ends there."""
        run = auto_runs.find_running(session, dataset_id)
        if run is not None and run.step is step:
            _end(session, run, AutoState.FAILED, f"{STEPS[step].title}: {words}")


class Tried(NamedTuple):
    """What a run's grader did on a few records."""

    run_id: str = ""
    grader_id: str = ""
    fault: str = ""
    """Why a dry run would only fail; empty where it would not."""


class CheckGrader:
    """Tries a run's grader on a few records; the dry run starts where it can grade one of them."""

    name = CHECK_GRADER
    label = "Trial of the grader"

    def run(self, context: JobContext) -> dict[str, Any]:
        """Try, then start the dry run or end the run; a judge is not tried, as that is paid.

        Where the run or the grader is another one after the trial, that one is tried.

        Raises:
            RftError: The grader cannot be tried at all.
        """
        dataset_id = context.required_dataset_id
        trial = Tried()
        while True:
            with unit_of_work() as session:
                left = _go_on(session, dataset_id, trial)
            if left is None:
                return {"fault": trial.fault}
            run_id, grader = left
            trial = Tried(run_id, grader.id, _find_fault(dataset_id, grader.spec))

    def on_failed(self, session: Session, job: Job, error: JobError) -> None:
        """The run ends where its grader cannot be tried."""
        words = f"{STEPS[StepName.DRY_RUN].title}: {error.message}"
        _end_or_check_again(session, job, AutoState.FAILED, words)

    def on_cancelled(self, session: Session, job: Job) -> None:
        """The run ends with it."""
        words = "The trial of the grader was cancelled."
        _end_or_check_again(session, job, AutoState.CANCELLED, words)


def _go_on(session: Session, dataset_id: str, trial: Tried) -> tuple[str, GraderVersion] | None:
    """Act on a trial; returns the run and the grader that are still to be tried, if any are."""
    run = auto_runs.find_running(session, dataset_id)
    if run is None or run.step is not StepName.DRY_RUN:
        return None
    if _is_paid(session, dataset_id):
        _end(session, run, AutoState.STOPPED, PAID)
        return None
    grader = current_grader(session, dataset_id)
    if grader is not None and (trial.run_id, trial.grader_id) != (run.id, grader.id):
        return run.id, grader
    if trial.fault:
        _end(session, run, AutoState.STOPPED, trial.fault)
    else:
        _start_step(session, dataset_id, StepName.DRY_RUN)
    return None


def _end_or_check_again(session: Session, job: Job, state: AutoState, words: str) -> None:
    """End a check's own run; one that began meanwhile waited for the old check and gets its own."""
    run = auto_runs.find_running(session, job.dataset_id or "")
    if run is None:
        return
    if job.args.get("run") == run.id:
        _end(session, run, state, words)
    elif run.step is StepName.DRY_RUN:
        _advance(session, run)


def _find_fault(dataset_id: str, spec: GraderSpec) -> str:
    """Why a dry run would only fail, in words; empty where the grader gives some grade."""
    outcomes = [tried.outcome for tried in try_grader(dataset_id, spec).grades]
    failures = [outcome for outcome in outcomes if isinstance(outcome, GradingFailure)]
    if any(isinstance(outcome, Verdict) for outcome in outcomes):
        return ""
    did = "failed on" if len(failures) == len(outcomes) else "gave no grade to"
    said = f" {failures[0].message}" if failures else " it abstained."
    return (
        f"The grader {did} each of {count(len(outcomes), 'record')} that it was tried on:"
        f"{said} Mend it in step 4, then start again."
    )


def _advance(session: Session, run: AutoRun) -> None:
    """Note what is there and start the first step that is not, or end the run."""
    try:
        run = _note_result(session, run)
        for step in AUTO_STEPS:
            view = get_step(session, run.dataset_id, step)
            node = view.node
            if _is_current(view):
                run = _keep(session, run, node)
            elif step is not StepName.GRADER:
                _start(session, run, node)
                return
            elif (chosen := _set_grader(session, run)) is None:
                _end(session, run, AutoState.STOPPED, NEEDS_GRADER)
                return
            else:
                run = chosen
        _end_with_verdict(session, run)
    except RftError as error:
        _end(session, run, AutoState.FAILED, error.message)


def _is_current(view: StepView) -> bool:
    """Whether a step has a result that holds; a NO_GO is one, a job that failed is none."""
    node = view.node
    has_result = node.status not in {StepStatus.WAITING, StepStatus.READY, StepStatus.PROCESSING}
    return has_result and view.error is None and node.stale_reason is None


def _note_result(session: Session, run: AutoRun) -> AutoRun:
    """Note the result of the step that ran, where it has one by now."""
    if run.step is None:
        return run
    view = get_step(session, run.dataset_id, run.step)
    if not _is_current(view):
        return run
    return _decide(session, run, Decision(step=run.step, text=view.node.summary), step=None)


def _keep(session: Session, run: AutoRun, node: Node) -> AutoRun:
    if any(decision.step is node.name for decision in run.decisions):
        return run
    kept = Decision(step=node.name, text=node.summary, reason="current already", is_kept=True)
    return _decide(session, run, kept)


def _start(session: Session, run: AutoRun, node: Node) -> None:
    """Start a step, unless it runs, an import will start it, or it costs money."""
    auto_runs.save_auto_run(session, run.model_copy(update={"step": node.name}))
    if node.status is StepStatus.PROCESSING:
        return
    if node.name is StepName.DRY_RUN and _is_paid(session, run.dataset_id):
        _end(session, run, AutoState.STOPPED, PAID)
        return
    active = list_active_jobs(session, run.dataset_id)
    arriving = {STEP_OF_IMPORT.get(job.kind) for job in active}
    if node.name is StepName.EXTRACT and node.name in arriving:
        return
    if node.name is not StepName.DRY_RUN:
        _start_step(session, run.dataset_id, node.name)
    elif all(job.kind != CHECK_GRADER for job in active):
        enqueue(session, CHECK_GRADER, run.dataset_id, {"run": run.id})


def _start_step(session: Session, dataset_id: str, step: StepName) -> None:
    view = get_step(session, dataset_id, step)
    if view.node.status is not StepStatus.PROCESSING:
        start_step(session, dataset_id, step, view.settings)


def _is_paid(session: Session, dataset_id: str) -> bool:
    """Whether the next dry run asks a model, for answers or for grades."""
    step = get_step(session, dataset_id, StepName.DRY_RUN)
    settings = DryRunSettings.model_validate(step.settings)
    grader = current_grader(session, dataset_id)
    asks_judge = grader is not None and bool(list_asking(grader.spec))
    return asks_judge or settings.sampling is not None


def _set_grader(session: Session, run: AutoRun) -> AutoRun | None:
    """Keep the dataset's grader, or use the one that the data allows; `None` without either."""
    current = current_grader(session, run.dataset_id)
    if current is not None:
        version, reason, is_kept = save_grader(session, run.dataset_id, current.spec), "", True
    else:
        suggestion = suggest_grader(session, run.dataset_id)
        if suggestion is None:
            return None
        version = save_grader(session, run.dataset_id, suggestion.spec)
        reason, is_kept = suggestion.reason, False
    chosen = Decision(step=StepName.GRADER, text=version.label, reason=reason, is_kept=is_kept)
    return _decide(session, run, chosen)


def _decide(session: Session, run: AutoRun, decision: Decision, **changes: Any) -> AutoRun:  # noqa: ANN401
    known = tuple(one for one in run.decisions if one.step is not decision.step)
    decided = run.model_copy(update={"decisions": (*known, decision), **changes})
    auto_runs.save_auto_run(session, decided)
    return decided


def _end_with_verdict(session: Session, run: AutoRun) -> None:
    dry_run = find_last_finished(session, run.dataset_id)
    report = None if dry_run is None else dry_run.report
    verdict = None if report is None else report.verdict.value
    decided = run.model_copy(update={"verdict": verdict})
    summary = next((one.text for one in run.decisions if one.step is StepName.DRY_RUN), "")
    _end(session, decided, AutoState.DONE, summary)


def _end(session: Session, run: AutoRun, state: AutoState, outcome: str) -> None:
    changes = {"state": state, "step": None, "outcome": outcome, "finished_at": datetime.now(UTC)}
    auto_runs.save_auto_run(session, run.model_copy(update=changes))
