"""Grading that somebody waits for: how far it is, what it takes, how they stop it."""

import threading
import time
from collections.abc import Callable, Sequence

from rft_app.domain.grading import Outcome
from rft_app.domain.paid import PaidTotals
from rft_app.domain.rollout import Item, Sample
from rft_app.errors import JobCancelledError
from rft_app.graders._asking import AskingSession
from rft_app.graders._base import Grades

OnProgress = Callable[[int, int], None]
"""Takes how many answers are graded, of how many."""


def _show_nothing(_num_done: int, _num_all: int) -> None:
    """For those who do not look."""


class Watch:
    """Seen from the thread that grades and from the one that waits."""

    def __init__(self, on_progress: OnProgress = _show_nothing) -> None:
        self.num_done = self.num_all = 0
        """Answers; those of which nobody asks the grader are none of them."""
        self.paid: PaidTotals | None = None
        """What a judge's calls cost so far, known at the end; `None` where no model is asked."""
        self.scope: str | None = None
        """Of these calls in the ledger."""
        self.latencies_ms: dict[int | None, float] = {}
        """How long each answer took, by its place among those that are graded."""
        self._on_progress = on_progress
        self._lock = threading.RLock()
        """Taken again where `on_progress` stops it."""
        self._is_stopped = False
        self._stop_calls: Callable[[], None] | None = None

    def begin(self, num_all: int) -> None:
        """So many answers are to be graded."""
        self.num_all = num_all
        self._on_progress(0, num_all)

    def count(self, place: int, latency_s: float) -> None:
        """The answer at `place` is graded."""
        with self._lock:
            self.num_done += 1
            self.latencies_ms[place] = 1000 * latency_s
            self._on_progress(self.num_done, self.num_all)

    def stop(self) -> None:
        """Begin no further answer and no further call; those under way are waited for."""
        with self._lock:
            self._is_stopped = True
            if self._stop_calls is not None:
                self._stop_calls()

    def require_going(self) -> None:
        """Before an answer.

        Raises:
            JobCancelledError: It was stopped.
        """
        if self._is_stopped:
            raise JobCancelledError

    def hold(self, stop_calls: Callable[[], None]) -> None:
        """Let `stop` keep calls from being made that wait for their turn."""
        with self._lock:
            self._stop_calls = stop_calls
            if self._is_stopped:
                stop_calls()


class WatchedGrading:
    """A grader that asks no model, and looks before each answer whether to go on."""

    def __init__(self, grading: Grades, watch: Watch) -> None:
        self._grading, self._watch = grading, watch

    def grade(self, batch: Sequence[tuple[Sample, Item]]) -> list[Outcome]:
        """Judge a batch, answer by answer.

        Raises:
            JobCancelledError: It was stopped.
        """
        self._watch.begin(len(batch))
        outcomes: list[Outcome] = []
        for place, pair in enumerate(batch):
            self._watch.require_going()
            started_at = time.perf_counter()
            outcomes += self._grading.grade([pair])
            self._watch.count(place, time.perf_counter() - started_at)
        return outcomes


class WatchedAsking:
    """The same of one that asks models, many at a time."""

    def __init__(self, judge: AskingSession, watch: Watch) -> None:
        self._judge, self._watch = judge, watch
        watch.hold(judge.stop)

    def grade(self, batch: Sequence[tuple[Sample, Item]]) -> list[Outcome]:
        """Judge a batch.

        Raises:
            JobCancelledError: It was stopped; replies to calls under way are in the ledger.
        """
        self._watch.begin(len(batch))
        return self._judge.grade(batch, self._watch.count)
