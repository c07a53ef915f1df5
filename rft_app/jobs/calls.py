"""Many slow calls at a time inside a job, which lets go of them when it is cancelled."""

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Generic, TypeVar

from rft_app.errors import JobCancelledError
from rft_app.jobs.context import JobContext

POLL_S = 0.2
"""How often a cancellation is looked for while all calls are under way."""

MOMENT_S = 0.05
WAITING = 4
"""One call for so many under way waits for a thread, so that none is idle until the job looks."""

T = TypeVar("T")


class Calls(Generic[T]):
    """Numbered calls, each made once in a thread; what they bring is taken in the job's thread."""

    def __init__(
        self,
        context: JobContext,
        *,
        num_at_once: int,
        make: Callable[[int], T],
        take: Callable[[int, T], None],
        report: Callable[[], None],
        stop: Callable[[], None],
    ) -> None:
        """Prepare; nothing is called.

        Args:
            context: The job.
            num_at_once: Most calls under way.
            make: Makes a call; raises `JobCancelledError` if it was stopped in time.
            take: Gets the number of a call and what it brought.
            report: Writes the job's progress.
            stop: Keeps calls that wait from being made.
        """
        self._context = context
        self._num_at_once = num_at_once
        self._make = make
        self._take = take
        self._report = report
        self._stop = stop
        self._look_at = 0.0
        self._is_stopped = False

    def run(self, num_calls: int, is_hopeless: Callable[[], bool]) -> None:
        """Make all calls, or those until it is hopeless.

        Raises:
            JobCancelledError: Somebody asked to stop; calls under way were waited for and taken.
        """

        def make(number: int) -> T:
            if self._is_stopped or is_hopeless():
                raise JobCancelledError
            return self._make(number)

        left = iter(range(num_calls))
        most = self._num_at_once + self._num_at_once // WAITING
        under_way: dict[Future[T], int] = {}
        with ThreadPoolExecutor(self._num_at_once, "calls") as pool:
            try:
                while True:
                    self._report()
                    while len(under_way) < most and not is_hopeless():
                        if (number := next(left, None)) is None:
                            break
                        self._look_for_cancelling()
                        under_way[pool.submit(make, number)] = number
                    if not under_way:
                        return
                    wait(under_way, timeout=POLL_S, return_when=FIRST_COMPLETED)
                    self._take_done(under_way)
            except JobCancelledError:
                self._is_stopped = True
                self._stop()
                wait(under_way)
                self._take_done(under_way)
                with suppress(JobCancelledError):
                    self._report()
                self._context.flush()
                raise

    def _look_for_cancelling(self) -> None:
        """Before a call; one look stands for all that begin in the same moment."""
        if time.monotonic() >= self._look_at:
            self._context.check_cancelled(now=True)
            self._look_at = time.monotonic() + MOMENT_S

    def _take_done(self, under_way: dict[Future[T], int]) -> None:
        """Calls that were stopped in time brought nothing."""
        for future in [future for future in under_way if future.done()]:
            number = under_way.pop(future)
            if not isinstance(future.exception(), JobCancelledError):
                self._take(number, future.result())
