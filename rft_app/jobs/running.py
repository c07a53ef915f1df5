"""One job from its start to its settled row."""

import logging
import threading
from typing import Any

from sqlmodel import Session

from rft_app.domain.job import Job, JobError, JobStatus
from rft_app.errors import JobCancelledError, RftError, is_disk_full
from rft_app.jobs.context import JobContext
from rft_app.jobs.kind import JobKind, OnCancelled, OnFailed, OnStarted
from rft_app.registry import Registry
from rft_app.storage import jobs
from rft_app.storage.session import unit_of_work

logger = logging.getLogger(__name__)


class JobRunner:
    """Executes jobs of the given kinds and writes how they end to their rows."""

    def __init__(self, kinds: Registry[JobKind], worker_id: str) -> None:
        self._kinds = kinds
        self._worker_id = worker_id
        self.is_stopping = False
        """Set when the process is about to end: running work lets go at its next check."""
        self.num_running = 0
        self._lock = threading.Lock()

    def run(self, job_id: str, attempt: int) -> bool:
        """Execute a job unless it has ended.

        Returns:
            Whether its row is settled; `False` when the work let go because the process stops or
            another worker took it over, so it must be run again.
        """
        with self._lock:
            self.num_running += 1
        try:
            return self._run(job_id, attempt)
        finally:
            with self._lock:
                self.num_running -= 1

    def _run(self, job_id: str, attempt: int) -> bool:
        if self.is_stopping:
            return False
        with unit_of_work() as session:
            job = jobs.begin_job(session, job_id, attempt, self._worker_id)
        return True if job is None else self._execute(job)

    def _execute(self, job: Job) -> bool:
        logger.info("%s %s started", job.kind, job.id)
        try:
            kind = self._kinds.get(job.kind)
            result = self._work(kind, job)
        except JobCancelledError:
            return self._let_go(job)
        except RftError as error:
            return self._fail(job, JobError(code=error.code, message=error.message))
        except Exception as error:
            logger.exception("%s %s broke", job.kind, job.id)
            return self._fail(job, _describe_defect(error))
        return self._settle(job, JobStatus.DONE, result=result)

    def _work(self, kind: JobKind, job: Job) -> dict[str, Any]:
        if isinstance(kind, OnStarted):
            with unit_of_work() as session:
                kind.on_started(session, job)
        context = WorkerContext(self, job, self._worker_id)
        result = kind.run(context)
        context.flush()
        return result

    def cancel_waiting(self, job_id: str) -> None:
        """Settle a job that was cancelled before it started."""
        with unit_of_work() as session:
            job = jobs.settle_job(session, job_id, None, JobStatus.CANCELLED)
            if job is not None:
                self._call_hook(session, job)

    def _let_go(self, job: Job) -> bool:
        with unit_of_work() as session:
            now = jobs.find_job(session, job.id)
        if now is not None and not now.cancel_requested:
            return False
        return now is None or self._settle(job, JobStatus.CANCELLED)

    def _fail(self, job: Job, error: JobError) -> bool:
        logger.warning("%s %s: %s", job.kind, job.id, error.message.partition("\n")[0])
        return self._settle(job, JobStatus.FAILED, error=error)

    def _settle(
        self,
        job: Job,
        status: JobStatus,
        *,
        result: dict[str, Any] | None = None,
        error: JobError | None = None,
    ) -> bool:
        with unit_of_work() as session:
            settled = jobs.settle_job(
                session, job.id, self._worker_id, status, result=result, error=error
            )
            if settled is not None:
                self._call_hook(session, settled)
        logger.info("%s %s %s", job.kind, job.id, status if settled else "was taken over")
        return settled is not None

    def _call_hook(self, session: Session, job: Job) -> None:
        """Tell the kind; what it would act on may be gone already, e.g. a deleted dataset."""
        try:
            kind = self._kinds.get(job.kind)
            if job.status is JobStatus.CANCELLED and isinstance(kind, OnCancelled):
                kind.on_cancelled(session, job)
            if job.error is not None and isinstance(kind, OnFailed):
                kind.on_failed(session, job, job.error)
        except RftError as error:
            logger.warning("after %s %s: %s", job.kind, job.id, error.message)


class WorkerContext(JobContext):
    """A job's context that also lets go when the worker's process is about to end."""

    def __init__(self, runner: JobRunner, job: Job, worker_id: str) -> None:
        super().__init__(
            job_id=job.id, dataset_id=job.dataset_id, args=job.args, worker_id=worker_id
        )
        self._runner = runner

    def is_cancelled(self) -> bool:
        """Whether somebody asked to stop, or the process ends."""
        return self._runner.is_stopping or super().is_cancelled()


def _describe_defect(error: Exception) -> JobError:
    if is_disk_full(error):
        return JobError(
            code="disk_full",
            message="The disk is full. Free some space, then try again.",
        )
    return JobError(
        code="internal",
        message=f"rft itself broke ({type(error).__name__}); the worker's log has the details. "
        "Try again; if it happens again, report it with that log.",
    )
