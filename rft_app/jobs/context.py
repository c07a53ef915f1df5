"""What running work knows of its job: what to do, how to report, whether to stop."""

import time
from typing import Any

from rft_app.errors import JobCancelledError
from rft_app.storage import jobs
from rft_app.storage.jobs import Progress
from rft_app.storage.session import unit_of_work

__all__ = ["JobCancelledError", "JobContext"]

WRITE_EVERY_S = 0.2


class JobContext:
    """The running job, as its work sees it.

    Call `progress`, `check_cancelled` and `is_cancelled` outside `unit_of_work()`: each opens its
    own short transaction, at most five a second, and SQLite has one writer.
    """

    def __init__(
        self, *, job_id: str, dataset_id: str | None, args: dict[str, Any], worker_id: str
    ) -> None:
        self.job_id = job_id
        self.dataset_id = dataset_id
        self.args = args
        self._worker_id = worker_id
        self._progress: Progress | None = None
        self._must_stop = False
        self._next_write_at = 0.0

    @property
    def required_dataset_id(self) -> str:
        """The dataset this job works on, for kinds that always have one."""
        if self.dataset_id is None:
            raise ValueError(f"Job {self.job_id} was enqueued without a dataset.")
        return self.dataset_id

    def progress(self, done: int, total: int | None = None, label: str = "") -> None:
        """Report how far the work is; cheap enough to call for every item.

        Raises:
            JobCancelledError: Somebody asked to stop.
        """
        self._progress = Progress(done=done, total=total, label=label)
        self.check_cancelled()

    def check_cancelled(self, *, now: bool = False) -> None:
        """Let go if somebody asked to stop.

        Args:
            now: Look at once, not at most five times a second; before a thing that costs money.

        Raises:
            JobCancelledError: They did.
        """
        if now:
            self.flush()
        if self.is_cancelled():
            raise JobCancelledError

    def is_cancelled(self) -> bool:
        """Whether somebody asked to stop; also true when another worker took the job over."""
        if not self._must_stop and time.monotonic() >= self._next_write_at:
            self.flush()
        return self._must_stop

    def flush(self) -> None:
        """Write the last progress now."""
        with unit_of_work() as session:
            self._must_stop = jobs.touch_running(
                session, self.job_id, self._worker_id, self._progress
            )
        self._next_write_at = time.monotonic() + WRITE_EVERY_S
