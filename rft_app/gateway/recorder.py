"""Calls on their way to the database, in memory, behind the backs of those who wait for answers.

A thread of its own writes what gathered, in one transaction.  While the database is gone it tries
again; what does not fit into memory meanwhile is counted, and the count is stored with the next
calls.
"""

import logging
import threading
from collections import Counter, deque
from collections.abc import Sequence
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from rft_app.domain.intake import Outcome
from rft_app.errors import BusyError, RftError
from rft_app.services.gateway import store_batch
from rft_app.storage.session import unit_of_work
from rft_app.traces.recorded_call import Feedback, RecordedCall

logger = logging.getLogger("rft.gateway")

GATHER_S: Final = 0.05
"""How long calls gather for one transaction."""
PAUSE_S: Final = 1.0
"""Before a database is tried again."""
BATCH_BYTES: Final = 4_000_000
_FRAME_BYTES: Final = 500
"""Of a call beside its bodies, about."""
_PIECE_BYTES: Final = 150
"""Of a piece beside its bytes."""
_STOP_S: Final = 10.0

Kept = RecordedCall | Feedback


class Recorder:
    """What waits to be written; safe to use from any thread."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._waiting: deque[tuple[int, Kept]] = deque()
        self._counts: Counter[Outcome] = Counter()
        self._num_bytes = 0
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._must_stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.is_failing = False
        self.num_lost = 0
        """Calls that were served since the start and are not recorded."""

    def add_call(self, call: RecordedCall) -> None:
        """Take a call that ended."""
        size = len(call.request) + sum(len(piece) + _PIECE_BYTES for _, piece in call.pieces)
        if not self._add(size + _FRAME_BYTES, call):
            self.lose()

    def add_feedback(self, feedback: Feedback) -> bool:
        """Take feedback; `False` when too much waits already."""
        return self._add(len(feedback.comment or "") + _FRAME_BYTES, feedback)

    def lose(self) -> None:
        """Count a call that is not recorded."""
        self.num_lost += 1
        self.count(Outcome.NOT_RECORDED)

    def count(self, outcome: Outcome) -> None:
        """Count what became of a request that is no call."""
        with self._lock:
            self._counts[outcome] += 1
        self._begin()

    @property
    def num_waiting(self) -> int:
        """Calls and feedback that nobody has written."""
        return len(self._waiting)

    @property
    def num_bytes(self) -> int:
        """What they take in memory."""
        return self._num_bytes

    def close(self) -> None:
        """Write what waits, if that is possible within moments."""
        self._must_stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(_STOP_S)
        if self._waiting:
            logger.error("%d calls could not be recorded before the end", len(self._waiting))

    def _add(self, size: int, kept: Kept) -> bool:
        with self._lock:
            if self._num_bytes + size > self._max_bytes:
                return False
            self._num_bytes += size
            self._waiting.append((size, kept))
        self._begin()
        return True

    def _begin(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
            self._thread.start()
        if not self._wake.is_set():
            self._wake.set()

    def _run(self) -> None:
        while not self._must_stop.is_set():
            self._wake.wait()
            self._must_stop.wait(GATHER_S)
            self._wake.clear()
            self._write_all()
        self._write_all()

    def _write_all(self) -> None:
        while self._waiting or self._counts:
            try:
                self._write()
                self.is_failing = False
                continue
            except (SQLAlchemyError, RftError, OSError) as error:
                if not self.is_failing:
                    logger.warning("calls wait in memory: %s", str(error).partition("\n")[0])
            except Exception:
                if not self.is_failing:
                    logger.exception("calls wait in memory")
            self.is_failing = True
            if self._must_stop.wait(PAUSE_S):
                return

    def _write(self) -> None:
        """Write the oldest; they wait until they are written."""
        with self._lock:
            batch = self._peek()
            counts = Counter(self._counts)
        try:
            self._store([each for _, each in batch], counts)
        except BusyError:
            self._store([], counts)
            self._forget([], counts)
            raise
        self._forget(batch, counts)

    def _store(self, kept: Sequence[Kept], counts: Counter[Outcome]) -> None:
        calls = [each for each in kept if isinstance(each, RecordedCall)]
        feedback = [each for each in kept if isinstance(each, Feedback)]
        with unit_of_work() as session:
            store_batch(session, calls, feedback, counts)

    def _forget(self, batch: Sequence[tuple[int, Kept]], counts: Counter[Outcome]) -> None:
        with self._lock:
            for size, _ in batch:
                self._waiting.popleft()
                self._num_bytes -= size
            self._counts -= counts

    def _peek(self) -> list[tuple[int, Kept]]:
        batch: list[tuple[int, Kept]] = []
        left = BATCH_BYTES
        for each in self._waiting:
            left -= each[0]
            if batch and left < 0:
                break
            batch.append(each)
        return batch
