"""What a kind of job is: a name, and work that can be run again from the start."""

from typing import Any, Protocol, runtime_checkable

from sqlmodel import Session

from rft_app.domain.job import Job, JobError
from rft_app.errors import JobCancelledError
from rft_app.jobs.context import JobContext

__all__ = ["JobCancelledError", "JobKind"]


class JobKind(Protocol):
    """One kind of background work.

    Workers are killed at any moment, so `run` may be called several times for one job, each time
    from the start and never twice at once: it must skip what the database already holds.

    A kind may define three more methods.  Each is called in the transaction that changes the
    job's row, so that what they write can never disagree with it:

    - `on_started(session, job)` before each call of `run`;
    - `on_failed(session, job, error: JobError)` when it ended with an error;
    - `on_cancelled(session, job)` when it was stopped, also before it ever ran.
    """

    @property
    def name(self) -> str:
        """Machine name in `snake_case`, stored in the job's row."""
        ...

    @property
    def label(self) -> str:
        """What a person reads, e.g. `Import of traces`."""
        ...

    def run(self, context: JobContext) -> dict[str, Any]:
        """Do the work, outside any transaction; the returned dictionary is JSON and small.

        Raises:
            RftError: It cannot be done; the message is shown.
            JobCancelledError: Raised by `context`; let it pass.
        """
        ...


@runtime_checkable
class OnStarted(Protocol):
    """The optional hook before each run."""

    def on_started(self, session: Session, job: Job) -> None:
        """The job runs now."""
        ...


@runtime_checkable
class OnFailed(Protocol):
    """The optional hook after an error."""

    def on_failed(self, session: Session, job: Job, error: JobError) -> None:
        """The job ended with `error`."""
        ...


@runtime_checkable
class OnCancelled(Protocol):
    """The optional hook after a cancellation."""

    def on_cancelled(self, session: Session, job: Job) -> None:
        """The job was stopped."""
        ...
