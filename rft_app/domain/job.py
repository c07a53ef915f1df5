"""Jobs: durable units of background work."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from rft_app.domain.entity import Entity


class JobStatus(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_settled(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self in {JobStatus.DONE, JobStatus.FAILED, JobStatus.CANCELLED}


class JobError(Entity):
    """Why a job failed, in the words of the REST envelope."""

    code: str
    message: str


class Job(Entity):
    """One job as everybody outside the worker sees it."""

    id: str
    kind: str
    dataset_id: str | None = None
    args: dict[str, Any] = Field(default_factory=dict)
    status: JobStatus
    cancel_requested: bool = False
    progress_done: int = 0
    progress_total: int | None = None
    """`None` while the amount of work is unknown."""
    progress_label: str = ""
    """What the progress counts, e.g. `742 of 1,200 rollouts graded`."""
    result: dict[str, Any] | None = None
    error: JobError | None = None
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    updated_at: datetime
