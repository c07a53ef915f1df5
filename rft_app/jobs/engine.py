"""Durable execution on DBOS: the only module that imports it.

A queued row becomes a workflow with the row's id, so handing it over twice changes nothing.  The
workflow calls the job's kind once, from the start; what the kind wrote to the app's database is
its ledger.  When a worker dies, another one finds its heartbeat missing, locks its row, puts its
unfinished workflows back into the queue and strikes it off.  The fence: whoever begins a job
writes its own id into the job's row, and nobody else can write progress or a result after that.
"""

import logging
import os
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from dbos import DBOS, DBOSConfig, SetWorkflowID
from sqlalchemy.engine import make_url

from rft_app.domain.worker import Worker
from rft_app.jobs.kind import JobKind
from rft_app.jobs.liveness import is_alive, this_host
from rft_app.jobs.running import JobRunner
from rft_app.registry import Registry
from rft_app.settings import Settings
from rft_app.storage import jobs, workers
from rft_app.storage.ids import new_id
from rft_app.storage.session import reading, unit_of_work

logger = logging.getLogger(__name__)

QUEUE = "jobs"
APPLICATION_VERSION = "1"
"""Pinned: a new release goes on with the workflows of the last one."""
SCHEMA = "dbos"
POLL_S = 0.15
"""How often rows are handed over and the queue is read."""


class Engine:
    """This process as a worker; at most one per process."""

    def __init__(self, kinds: Registry[JobKind], settings: Settings) -> None:
        now = datetime.now(UTC)
        self.worker = Worker(
            id=new_id("worker"),
            pid=os.getpid(),
            host=this_host(),
            started_at=now,
            heartbeat_at=now,
        )
        self._settings = settings
        self._runner = JobRunner(kinds, self.worker.id)

    def start(self) -> None:
        """Launch DBOS, register as a worker, and take up what dead ones left."""
        DBOS(config=self._config())

        @DBOS.workflow(name="job")
        def run_job(job_id: str, attempt: int) -> None:
            self._run(job_id, attempt)

        self._workflow = run_job
        DBOS.launch()
        DBOS.register_queue(
            QUEUE,
            worker_concurrency=self._settings.worker_concurrency,
            polling_interval_sec=POLL_S,
            on_conflict="always_update",
        )
        with unit_of_work() as session:
            workers.add_worker(session, self.worker)
        self.hand_over()
        self._hand_over_all()
        self.take_over_dead()

    def _config(self) -> DBOSConfig:
        url = self._settings.resolved_jobs_database_url
        _prepare_sqlite(url)
        return DBOSConfig(
            name="rft",
            system_database_url=url,
            dbos_system_schema=SCHEMA,
            application_version=APPLICATION_VERSION,
            executor_id=self.worker.id,
            enable_otlp=False,
            log_level="WARNING",
            use_listen_notify=False,
        )

    def _run(self, job_id: str, attempt: int) -> None:
        """Be the workflow of a job.

        A workflow that returns has ended for good.  Work that is not settled must be done again
        elsewhere, so this thread waits for the end of the process instead.
        """
        while not self._runner.run(job_id, attempt):
            logger.info("job %s is left to another worker", job_id)
            _wait_for_the_end()

    def hand_over(self) -> None:
        """Give queued rows to DBOS, and settle those cancelled before they started."""
        with reading() as session:
            waiting = jobs.list_waiting(session)
        for job_id, attempt, is_cancelled in waiting:
            if is_cancelled:
                self._runner.cancel_waiting(job_id)
            else:
                self._enqueue(job_id, attempt)

    def _hand_over_all(self) -> None:
        """Give DBOS every unsettled row again: its database may be another one than before."""
        with reading() as session:
            active = jobs.list_active_attempts(session)
        for job_id, attempt in active:
            self._enqueue(job_id, attempt)

    def _enqueue(self, job_id: str, attempt: int) -> None:
        with SetWorkflowID(f"{job_id}.{attempt}" if attempt else job_id):
            DBOS.enqueue_workflow(QUEUE, self._workflow, job_id, attempt)
        with unit_of_work() as session:
            jobs.mark_dispatched(session, job_id)

    def beat(self) -> bool:
        """Say that this worker lives; `False` when others gave it up: it must end at once."""
        with unit_of_work() as session:
            return workers.beat(session, self.worker.id, datetime.now(UTC))

    def take_over_dead(self) -> None:
        """Put what dead workers left unfinished back into the queue."""
        with reading() as session:
            dead = [worker for worker in workers.list_workers(session) if not is_alive(worker)]
        for worker in dead:
            with unit_of_work() as session:
                locked = workers.lock_worker(session, worker.id)
                if locked is None or is_alive(locked):
                    continue
                self._resume_workflows_of(worker.id)
                workers.delete_worker(session, worker.id)

    def _resume_workflows_of(self, worker_id: str) -> None:
        left = DBOS.list_workflows(status="PENDING", executor_id=worker_id, load_input=False)
        for workflow in left:
            logger.info("%s goes on; its worker %s is gone", workflow.workflow_id, worker_id)
            DBOS.resume_workflow(workflow.workflow_id, queue_name=QUEUE)

    def is_idle(self) -> bool:
        """Whether nothing is queued or running anywhere."""
        with reading() as session:
            return not jobs.list_active_attempts(session)

    def stop(self, timeout_s: float) -> None:
        """Let running work stop at its next check, and leave it to the next worker.

        The process must end after this: threads of unfinished workflows still wait.
        """
        self._runner.is_stopping = True
        deadline = time.monotonic() + timeout_s
        while self._runner.num_running and time.monotonic() < deadline:
            time.sleep(POLL_S / 3)
        with unit_of_work() as session:
            workers.retire_worker(session, self.worker.id)


def _wait_for_the_end() -> None:
    while True:
        time.sleep(3600)


def _prepare_sqlite(url: str) -> None:
    """Create DBOS's file and switch it to a write-ahead log, which it does not do itself."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return
    Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(parsed.database, timeout=15)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
