"""Edge: the process that executes jobs."""

import logging
import os
import signal
import sys
import threading
import time
from types import FrameType

from sqlalchemy.exc import DBAPIError

from rft_app.children import die_with_parent, warm_up
from rft_app.jobs.engine import POLL_S, Engine
from rft_app.jobs.kind import JobKind
from rft_app.registry import Registry
from rft_app.services.dataset_files import remove_abandoned_uploads, remove_expired_exports
from rft_app.services.intake_reading import read_waiting
from rft_app.services.retention import start_clean_up
from rft_app.services.search_jobs import index_next_traces
from rft_app.services.traffic_grading import grade_waiting
from rft_app.settings import get_settings
from rft_app.storage.session import unit_of_work

logger = logging.getLogger("rft.worker")

INTAKE_POLL_S = 0.1
QUIET_S = 1.0
"""Without arrivals: making traces findable would hold back those that arrive."""
MOST_BEHIND_S = 10.0
"""Search may lag so far behind where something always arrives, but for moments."""
INTAKE_PAUSE_S = 5.0
GRADING_POLL_S = 1.0

HEARTBEAT_S = 3.0
CLEAN_S = 3_600.0
STOP_TIMEOUT_S = 10.0
GIVEN_UP_EXIT = 3
"""Exit code of a worker that others declared dead, e.g. after the machine slept."""


class Worker:
    """The loop around the engine: hand over, beat, take over, until told to stop."""

    def __init__(self, kinds: Registry[JobKind], *, is_until_idle: bool) -> None:
        self._engine = Engine(kinds, get_settings())
        self._is_until_idle = is_until_idle
        self._must_stop = False
        self._next_beat_at = 0.0
        self._next_cleaning_at = 0.0
        self._grading = threading.Thread(target=self._grade_traffic, name="grading", daemon=True)
        self._intake = threading.Thread(target=self._read_intake, name="intake", daemon=True)

    def run(self) -> None:
        """Work until stopped; ends the process."""
        signal.signal(signal.SIGTERM, self._request_stop)
        signal.signal(signal.SIGINT, self._request_stop)
        warm_up()
        self._engine.start()
        logger.info("worker %s ready", self._engine.worker.id)
        self._clean()
        self._intake.start()
        self._grading.start()
        while not self._must_stop and not (self._is_until_idle and self._engine.is_idle()):
            self._turn()
            time.sleep(POLL_S)
        self._engine.stop(STOP_TIMEOUT_S)
        logger.info("worker %s stopped", self._engine.worker.id)
        _end_process(0)

    def _request_stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._must_stop = True

    def _turn(self) -> None:
        try:
            self._engine.hand_over()
            if time.monotonic() >= self._next_beat_at:
                self._beat()
            if time.monotonic() >= self._next_cleaning_at:
                self._clean()
        except DBAPIError as error:  # a busy or restarting database; the next turn tries again
            logger.warning("database: %s", str(error.orig).partition("\n")[0])

    def _read_intake(self) -> None:
        """Make traces of what arrives, and make them findable, beside the jobs."""
        read_at = 0.0
        behind_since: float | None = 0.0  # an earlier version or a killed worker may have left some
        while not self._must_stop:
            try:
                now = time.monotonic()
                if read_waiting():
                    read_at, behind_since = now, behind_since or now
                elif behind_since is not None and (
                    now > read_at + QUIET_S or now > behind_since + MOST_BEHIND_S
                ):
                    behind_since = None if index_next_traces() is None else behind_since
                else:
                    time.sleep(INTAKE_POLL_S)
            except DBAPIError as error:  # as above
                logger.warning("intake: %s", str(error.orig).partition("\n")[0])
                time.sleep(INTAKE_PAUSE_S)
            except Exception:
                logger.exception("what arrived could not be read; it is tried again")
                time.sleep(INTAKE_PAUSE_S)

    def _grade_traffic(self) -> None:
        """Grade what deployments answer, beside the jobs."""
        while not self._must_stop:
            try:
                if not grade_waiting():
                    time.sleep(GRADING_POLL_S)
            except DBAPIError as error:  # as above
                logger.warning("grading: %s", str(error.orig).partition("\n")[0])
                time.sleep(INTAKE_PAUSE_S)
            except Exception:
                logger.exception("answers of deployments could not be graded; they are tried again")
                time.sleep(INTAKE_PAUSE_S)

    def _beat(self) -> None:
        if not self._engine.beat():
            logger.error("others took this worker's jobs over; it ends")
            _end_process(GIVEN_UP_EXIT)
        self._engine.take_over_dead()
        self._next_beat_at = time.monotonic() + HEARTBEAT_S

    def _clean(self) -> None:
        self._next_cleaning_at = time.monotonic() + CLEAN_S
        try:
            remove_abandoned_uploads(time.time())
            remove_expired_exports(time.time())
            with unit_of_work() as session:
                start_clean_up(session)
        except (OSError, DBAPIError) as error:  # e.g. another worker was faster; tried again
            logger.warning("cleaning: %s", error)


def run_worker(
    kinds: Registry[JobKind], *, is_until_idle: bool = False, parent_pid: int | None = None
) -> None:
    """Be a worker until the process is told to end, or until nothing is queued or running.

    Args:
        kinds: What it can do.
        is_until_idle: End when there is nothing to do.
        parent_pid: End when this process is gone.
    """
    if parent_pid is not None:
        die_with_parent(parent_pid)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(name)s: %(message)s", stream=sys.stderr
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)
    Worker(kinds, is_until_idle=is_until_idle).run()


def _end_process(code: int) -> None:
    """End now: threads of unfinished workflows would keep the interpreter."""
    logging.shutdown()
    os._exit(code)
