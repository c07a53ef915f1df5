"""Jobs on the wire."""

from datetime import datetime

from pydantic import JsonValue

from rft_app.api.schemas._base import Wire
from rft_app.domain import job as domain
from rft_app.domain.paid import PaidTotals


class JobProgress(Wire):
    """How far a job is."""

    done: int
    total: int | None
    """`null` while the amount of work is unknown."""
    label: str
    """What is counted."""


class JobError(Wire):
    """Why a job failed."""

    code: str
    message: str


class Paid(Wire):
    """What a job paid a model provider, whatever became of it."""

    num_calls: int
    """Replies, each kept before it was used."""
    num_cached: int
    """Replies that had been paid before and served again; they are in no other figure."""
    num_prompt_tokens: int | None
    num_completion_tokens: int | None
    """Tokens are `null` where the provider did not count those of any reply."""
    cost_usd: float | None
    """`null` where any reply has no known cost."""
    num_unpriced: int
    """Replies whose cost is not known."""
    known_usd: float
    """What those with a known cost come to."""
    num_lost: int
    """Calls without a whole reply, e.g. because it was cut off: the provider may have charged for
    them; they are in no other figure."""
    most_killed: int
    """Most calls that were under way when workers were killed: nobody knows how many of them the
    provider charged for; they are in no other figure."""

    @classmethod
    def of(cls, paid: PaidTotals) -> "Paid | None":
        """Convert from the domain; `None` where nothing was paid."""
        return cls(**paid.model_dump()) if not paid.is_empty else None


class Job(Wire):
    """One durable unit of background work."""

    id: str
    kind: str
    dataset_id: str | None
    status: domain.JobStatus
    progress: JobProgress
    result: dict[str, JsonValue] | None
    """What the operation returns, once the job is done."""
    error: JobError | None
    paid: Paid | None
    """`null` where no model was asked."""
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, job: domain.Job, result: dict[str, JsonValue] | None, paid: PaidTotals) -> "Job":
        """Convert from the domain."""
        error = job.error and JobError(code=job.error.code, message=job.error.message)
        return cls(
            id=job.id,
            kind=job.kind,
            dataset_id=job.dataset_id,
            status=job.status,
            progress=JobProgress(
                done=job.progress_done, total=job.progress_total, label=job.progress_label
            ),
            result=result,
            error=error,
            paid=Paid.of(paid),
            created_at=job.created_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
        )
