"""Go on with a dry run that was stopped or failed: grades and paid replies are kept."""

from sqlmodel import Session

from rft_app.domain.entity import Entity
from rft_app.domain.grader import count_calls
from rft_app.domain.job import Job, JobStatus
from rft_app.errors import ConflictError
from rft_app.jobs.queue import get_job
from rft_app.pipeline._budget import require_prices
from rft_app.pipeline._scopes import sampling_scope
from rft_app.pipeline.dry_run import DryRunStep
from rft_app.services.graders import current_grader
from rft_app.services.judge_costs import JudgeEstimate
from rft_app.services.retrying import retry
from rft_app.services.run_estimates import estimate_dry_run
from rft_app.services.sampling_costs import SamplingEstimate
from rft_app.services.staleness import describe_changes
from rft_app.storage import dry_runs
from rft_app.storage.graders import get_version
from rft_app.storage.paid_calls import sum_paid_calls
from rft_app.storage.step_inputs import get_inputs


class StoppedRun(Entity):
    """A dry run without a report, which can go on."""

    job_id: str
    num_planned: int
    num_left: int
    """Rollouts that have no grade yet and no paid reply."""
    num_unsampled: int = 0
    """Answers that are still to be asked for."""
    answers: SamplingEstimate | None = None
    """What asking for all answers costs; `None` where recorded ones are graded."""
    whole: JudgeEstimate | None
    """What a judge would be asked for all of them; `None` where no model is asked."""
    changes: str
    """What changed since its plan was made, e.g. `Records changed`; empty where nothing did."""

    @property
    def share_left(self) -> float:
        """How much of it is still to do, in [0, 1]."""
        return self.num_left / self.num_planned

    @property
    def share_unsampled(self) -> float:
        """How many of the answers are still to be asked for, in [0, 1]."""
        return self.num_unsampled / self.num_planned


def find_stopped(session: Session, dataset_id: str, job_id: str) -> StoppedRun | None:
    """The run of a job, where the job is over, the run is not, and its grader is the current one.

    Raises:
        ConflictError: No record has an answer any more.
        InvalidInputError: The provider has no such model.
    """
    run, grader = dry_runs.find_by_job(session, job_id), current_grader(session, dataset_id)
    is_over = get_job(session, job_id).status in {JobStatus.FAILED, JobStatus.CANCELLED}
    if not is_over or run is None or run.report is not None or grader is None:
        return None
    answers = sum_paid_calls(session, sampling_scope(job_id))
    num_sampled = answers.num_calls + answers.num_cached
    paid = sum_paid_calls(session, job_id)
    num_paid = paid.num_calls + paid.num_cached
    num_known = max(run.num_done, num_paid // (count_calls(grader.spec) or 1))
    if grader.id != run.grader_version_id or not (num_known or num_paid or num_sampled):
        return None
    now = DryRunStep().input_hash(get_inputs(session, dataset_id), run.settings)
    estimate = estimate_dry_run(session, dataset_id, run.settings)
    return StoppedRun(
        job_id=job_id,
        num_planned=run.num_planned,
        num_left=max(0, run.num_planned - num_known),
        num_unsampled=max(0, run.num_planned - num_sampled) if run.settings.sampling else 0,
        answers=estimate.answers,
        whole=estimate.judge,
        changes=describe_changes(run.input_hash or now, now),
    )


def go_on(session: Session, dataset_id: str, job_id: str, budget_usd: float | None = None) -> Job:
    """Let a stopped run sample and grade what is left of its plan.

    Args:
        session: Any.
        dataset_id: Whose run.
        job_id: The job that was stopped.
        budget_usd: What it may cost now, with what it cost so far; `None` for no limit.

    Raises:
        NotFoundError: There is no such dataset or job.
        ConflictError: The run cannot go on, or something else runs.
        InvalidInputError: There is a budget and a model without a price.
        NotAvailableError: It asks a judge and no provider is configured.
    """
    is_over = get_job(session, job_id).status.is_settled
    if is_over and find_stopped(session, dataset_id, job_id) is None:
        raise ConflictError("This dry run cannot go on. Start a new one.", job=job_id)
    if (run := dry_runs.find_by_job(session, job_id)) is not None:
        spec = get_version(session, run.grader_version_id).spec
        settings = run.settings.model_copy(update={"budget_usd": budget_usd})
        require_prices(session, settings, spec)
        dry_runs.set_budget(session, run.id, budget_usd)
    return retry(session, job_id)
