"""A job's progress, ready to show."""

from dataclasses import dataclass
from datetime import UTC, datetime

from rft_app.domain.job import Job, JobStatus
from rft_app.ui.steps import job_name
from rft_app.ui.words import rough_duration

UNKNOWN = -1
"""Percentage of a bar whose total is not known."""


@dataclass(frozen=True)
class JobProgress:
    """One active job."""

    id: str = ""
    """Empty when there is none."""
    name: str = ""
    words: str = ""
    percent: int = UNKNOWN
    is_cancelling: bool = False

    @classmethod
    def of(cls, job: Job, now: datetime | None = None) -> "JobProgress":
        """Describe `job`; a queued one says what it waits for."""
        return cls(
            id=job.id,
            name=job_name(job.kind),
            words=_words(job, now or datetime.now(UTC)),
            percent=_percent(job),
            is_cancelling=job.cancel_requested,
        )


def _percent(job: Job) -> int:
    if not job.progress_total or job.status is JobStatus.QUEUED:
        return UNKNOWN
    return min(100, int(100 * job.progress_done / job.progress_total))


def _words(job: Job, now: datetime) -> str:
    if job.cancel_requested:
        return "stopping"
    if job.status is JobStatus.QUEUED:
        return "waits for a worker"
    text = job.progress_label or _count(job)
    left = time_left(job, now)
    return f"{text} · about {rough_duration(left)} left" if left is not None else text


def _count(job: Job) -> str:
    if job.progress_total:
        return f"{job.progress_done:,} of {job.progress_total:,}"
    return f"{job.progress_done:,} done" if job.progress_done else "starting"


def time_left(job: Job, now: datetime) -> float | None:
    """Seconds at the present speed; `None` before a tenth is done or in the first 5 seconds."""
    if job.started_at is None or not job.progress_total:
        return None
    elapsed = (now - job.started_at).total_seconds()
    fraction = job.progress_done / job.progress_total
    if elapsed < 5 or fraction < 0.1 or fraction >= 1:
        return None
    return elapsed * (1 - fraction) / fraction
