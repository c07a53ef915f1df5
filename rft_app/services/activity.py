"""What goes on in this installation, for everybody who watches."""

from sqlmodel import Session

from rft_app.domain.dataset import Dataset
from rft_app.domain.entity import Entity
from rft_app.domain.job import Job, JobStatus
from rft_app.services.busy import BACKGROUND_KINDS
from rft_app.storage import activity, jobs


class Activity(Entity):
    """Workers and their work at one moment."""

    num_workers: int
    num_running: int
    num_queued: int


def read_fingerprint(session: Session) -> str:
    """A text that differs whenever something that a browser shows may have changed."""
    return activity.read_fingerprint(session)


def get_activity(session: Session) -> Activity:
    """Live workers, running and waiting jobs."""
    active = jobs.list_active(session)
    running = sum(job.status is JobStatus.RUNNING for job in active)
    return Activity(
        num_workers=activity.count_live_workers(session),
        num_running=running,
        num_queued=len(active) - running,
    )


def map_active_jobs(session: Session) -> dict[str, Job]:
    """The job that runs, else waits, for each dataset that has one somebody asked for."""
    found: dict[str, Job] = {}
    for job in activity_order(jobs.list_active(session)):
        if job.dataset_id is not None and job.kind not in BACKGROUND_KINDS:
            found.setdefault(job.dataset_id, job)
    return found


def find_last_job(session: Session, dataset: Dataset) -> Job | None:
    """The latest job of a dataset without records, which explains why; `None` for all others."""
    if dataset.stats.num_records:
        return None
    return next(iter(jobs.list_jobs(session, dataset.id, 1)), None)


def activity_order(active: list[Job]) -> list[Job]:
    """Running jobs before waiting ones, each oldest first."""
    return sorted(active, key=lambda job: (job.status is not JobStatus.RUNNING, job.created_at))
