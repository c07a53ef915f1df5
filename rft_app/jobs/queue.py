"""The outbox: jobs are rows, written in the transaction of whoever wants them done."""

from typing import Any

from sqlmodel import Session

from rft_app.domain.job import Job, JobStatus
from rft_app.errors import ConflictError, NotFoundError
from rft_app.storage import jobs


def enqueue(session: Session, kind: str, dataset_id: str | None, args: dict[str, Any]) -> Job:
    """Ask for work; a worker starts it within a second after the transaction commits.

    Raises:
        ConflictError: The same kind of job is queued or running for this dataset.
    """
    if dataset_id is not None and (active := jobs.find_active(session, kind, dataset_id)):
        raise ConflictError(
            f"This dataset's {kind.replace('_', ' ')} job is still {active.status}. Wait for it or "
            "cancel it.",
            job=active.id,
        )
    return jobs.add_job(session, kind, dataset_id, args)


def get_job(session: Session, job_id: str) -> Job:
    """One job.

    Raises:
        NotFoundError: There is none.
    """
    if (job := jobs.find_job(session, job_id)) is None:
        raise NotFoundError(f"There is no job {job_id}.")
    return job


def list_jobs(
    session: Session, dataset_id: str | None = None, limit: int = 20, before: str | None = None
) -> list[Job]:
    """The latest jobs, newest first; of one dataset or of all, from the one `before` on.

    Raises:
        NotFoundError: There is no job `before`.
    """
    return jobs.list_jobs(session, dataset_id, limit, before)


def list_active_jobs(session: Session, dataset_id: str) -> list[Job]:
    """Queued and running jobs of one dataset, oldest first."""
    return jobs.list_active(session, dataset_id)


def cancel_job(session: Session, job_id: str) -> Job:
    """Ask a job to stop; it is cancelled once its worker noticed, usually within a second.

    Raises:
        NotFoundError: There is none.
        ConflictError: It has ended.
    """
    job = get_job(session, job_id)
    if job.status.is_settled:
        raise ConflictError(f"The job is {job.status}; there is nothing to cancel.")
    return jobs.request_cancel(session, job_id)


def retry_job(session: Session, job_id: str) -> Job:
    """Queue a failed or cancelled job again; it goes on after what the database already holds.

    Raises:
        NotFoundError: There is none.
        ConflictError: It has not failed, or its dataset has another active job of this kind.
    """
    job = get_job(session, job_id)
    if job.status not in {JobStatus.FAILED, JobStatus.CANCELLED}:
        raise ConflictError(
            f"The job is {job.status}; only failed or cancelled ones can be retried."
        )
    if job.dataset_id and (active := jobs.find_active(session, job.kind, job.dataset_id)):
        raise ConflictError("This dataset already has an active job of this kind.", job=active.id)
    return jobs.requeue(session, job_id)
