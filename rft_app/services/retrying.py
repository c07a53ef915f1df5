"""Let a job that failed or was cancelled go on, under the rules under which it could be started."""

from sqlmodel import Session

from rft_app.domain.job import Job
from rft_app.domain.pipeline import StepName, require_startable
from rft_app.jobs.queue import get_job, retry_job
from rft_app.pipeline.grader import require_provider
from rft_app.services.datasets import get_dataset
from rft_app.services.topic_locks import OTHER_KINDS, require_idle, require_settled
from rft_app.storage.steps import begin_step


def retry(session: Session, job_id: str) -> Job:
    """Queue a failed or cancelled job again; it goes on after what the database already holds.

    Raises:
        NotFoundError: There is none, or its dataset is gone.
        ConflictError: It has not failed, or something else changes what it reads.
        NotAvailableError: It asks a judge and no provider is configured.
    """
    job = get_job(session, job_id)
    if job.dataset_id is None:
        return retry_job(session, job_id)
    if job.kind in set(StepName):
        return _retry_step(session, job_id, job.dataset_id, StepName(job.kind))
    if job.kind in OTHER_KINDS:
        require_idle(session, job.dataset_id)
    return retry_job(session, job_id)


def _retry_step(session: Session, job_id: str, dataset_id: str, step: StepName) -> Job:
    require_startable(step, get_dataset(session, dataset_id).nodes)
    require_settled(session, dataset_id)
    if step is StepName.DRY_RUN:
        require_provider(session, dataset_id)
    job = retry_job(session, job_id)
    begin_step(session, dataset_id, step, job.id)
    return job
