"""Small writes of many threads in one durable transaction.

A disk takes milliseconds to make a transaction durable, however small that is, and SQLite has one
writer: while one thread writes, the others gather, and the next one writes for all of them.
"""

from collections.abc import Callable
from threading import Lock

from sqlmodel import Session

from rft_app.errors import BusyError, RftError
from rft_app.storage.session import durable_unit_of_work

Work = Callable[[Session], None]


class _Turn:
    """What one thread wants written, and what became of it."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.is_taken = False
        self.is_durable = False
        """Only ever true once the transaction has ended well, whatever else went wrong."""
        self.refusal: RftError | None = None

    def run(self, session: Session) -> None:
        """Write; a refusal concerns this thread alone."""
        try:
            self.work(session)
        except RftError as error:
            self.refusal = error


class GroupCommit:
    """Gathers what threads of this process want written."""

    def __init__(self) -> None:
        self._gathering = Lock()
        self._writing = Lock()
        self._turns: list[_Turn] = []

    def write(self, work: Work) -> None:
        """Return once what `work` wrote is on disk.

        Args:
            work: It refuses before it writes anything, or not at all.

        Raises:
            RftError: What `work` refused with.
            BusyError: Nothing was written, because the transaction that held this one broke.
            DBAPIError: The same, where this thread ran the transaction.
        """
        own = _Turn(work)
        with self._gathering:
            self._turns.append(own)
        with self._writing:
            if not own.is_taken:
                self._write_all()
        if own.refusal is not None:
            raise own.refusal
        if not own.is_durable:
            raise BusyError("It could not be stored together with others. Send it again.")

    @property
    def num_waiting(self) -> int:
        """Threads whose writing nobody has begun."""
        with self._gathering:
            return len(self._turns)

    def _write_all(self) -> None:
        with self._gathering:
            turns, self._turns = self._turns, []
        for turn in turns:
            turn.is_taken = True
        with durable_unit_of_work() as session:
            for turn in turns:
                turn.run(session)
        for turn in turns:
            turn.is_durable = True
