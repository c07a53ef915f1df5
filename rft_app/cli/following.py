"""Start jobs from the command line and follow them to their end."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rft_app.cli.installation import ROOT, rft_command
from rft_app.cli.output import note
from rft_app.domain.job import Job, JobStatus
from rft_app.errors import ConflictError, RftError, TooLargeError
from rft_app.jobs.liveness import list_live_workers
from rft_app.jobs.queue import cancel_job, get_job
from rft_app.settings import get_settings
from rft_app.storage.session import reading, unit_of_work

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

POLL_S = 0.1
CHECK_WORKER_S = 2.0
PLAIN_EVERY_S = 2.0
CANCEL_WAIT_S = 10.0
MAX_STARTS = 3


class WorkerMissingError(RftError):
    """No worker could be started."""

    code = "no_worker"


class Follower:
    """Waits for jobs; where no worker lives, one runs as our child for as long as we wait."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._num_starts = 0
        self._check_at = 0.0

    def follow(self, job: Job, title: str, *, cancels: bool = True) -> Job:
        """Show the job's progress until it has ended.

        Args:
            job: As it was read last.
            title: What a person reads.
            cancels: Whether an interruption stops the job, too.

        Raises:
            RftError: It failed or was cancelled; the class is the one the job raised.
        """
        with _shown_progress(title) as show:
            try:
                while not job.status.is_settled:
                    self._ensure_worker()
                    time.sleep(POLL_S)
                    job = _read(job.id)
                    show(job)
            except KeyboardInterrupt:
                if cancels:
                    self._cancel(job)
                raise
        if job.status is not JobStatus.DONE:
            raise error_of(job)
        return job

    def _ensure_worker(self) -> None:
        if time.monotonic() < self._check_at:
            return
        self._check_at = time.monotonic() + CHECK_WORKER_S
        if self._child is not None and self._child.poll() is None:
            return
        with reading() as session:
            if list_live_workers(session):
                return
        self._start_worker()

    def _start_worker(self) -> None:
        log_path = get_settings().folder("logs") / "worker.log"
        if self._num_starts == MAX_STARTS:
            raise WorkerMissingError(f"The worker keeps ending. Its log is {log_path}.")
        self._num_starts += 1
        with log_path.open("ab") as log:
            self._child = subprocess.Popen(
                rft_command("worker", "--parent", str(os.getpid())),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _cancel(self, job: Job) -> None:
        note("Cancelling …")
        with unit_of_work() as session:
            if not get_job(session, job.id).status.is_settled:
                cancel_job(session, job.id)
        deadline = time.monotonic() + CANCEL_WAIT_S
        while not _read(job.id).status.is_settled and time.monotonic() < deadline:
            time.sleep(POLL_S)

    def close(self) -> None:
        """End the worker that we started; what it still had to do waits for the next one."""
        if self._child is not None and self._child.poll() is None:
            self._child.terminate()
            try:
                self._child.wait(15)
            except subprocess.TimeoutExpired:
                self._child.kill()


def error_of(job: Job) -> RftError:
    """The error that a failed or cancelled job stands for."""
    if job.error is None:
        return ConflictError("The job was cancelled.", job=job.id)
    kinds = {kind.code: kind for kind in (*RftError.__subclasses__(), TooLargeError)}
    return kinds.get(job.error.code, RftError)(job.error.message, job=job.id)


@contextmanager
def following() -> Generator[Follower]:
    """A follower that ends its worker when the block ends."""
    follower = Follower()
    try:
        yield follower
    finally:
        follower.close()


def _read(job_id: str) -> Job:
    with reading() as session:
        return get_job(session, job_id)


# --- progress


Show = Callable[[Job], None]


@contextmanager
def _shown_progress(title: str) -> Generator[Show]:
    """A bar on a terminal, else a line every two seconds; always on stderr."""
    if not sys.stderr.isatty():
        yield _plain_progress(title)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[words]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(title, total=None, words="")
        yield lambda job: _update_bar(progress, task, job)


def _update_bar(progress: "Progress", task: "TaskID", job: Job) -> None:
    done, total = job.progress_done, job.progress_total
    if job.status is JobStatus.DONE:
        done = total = max(done, 1)
    progress.update(task, completed=done, total=total, words=job.progress_label)


def _plain_progress(title: str) -> Show:
    last = ""
    next_at = 0.0

    def show(job: Job) -> None:
        nonlocal last, next_at
        words = job.progress_label or job.status.value
        if words == last or (time.monotonic() < next_at and not job.status.is_settled):
            return
        note(f"{title}: {words}")
        last, next_at = words, time.monotonic() + PLAIN_EVERY_S

    return show
