"""A value of the database in memory: it is read again once a second, behind who asks.

Where the database does not answer, what it said last goes on to count.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from math import inf
from typing import Final, Generic, TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from rft_app.errors import RftError
from rft_app.storage.session import reading

logger = logging.getLogger("rft.refreshed")

FRESH_S: Final = 1.0
"""So long what was read counts; a change elsewhere counts by then."""
PATIENCE_S: Final = 0.25
"""How long who asks waits for a database that does not answer."""
FIRST_PATIENCE_S: Final = 5.0
"""As long as it was never read."""
GONE: Final = (SQLAlchemyError, RftError, OSError)

T = TypeVar("T")


class Refreshed(Generic[T]):
    """One value of one database."""

    def __init__(self, noun: str, load: Callable[[Session], T], empty: T) -> None:
        """Prepare; nothing is read.

        Args:
            noun: What it is, in the plural, for the log.
            load: Reads it.
            empty: What counts before it was ever read.
        """
        self.value = empty
        self._noun, self._load_now = noun, load
        self._looks = ThreadPoolExecutor(1, f"{noun}-looks")
        self._look: Future[None] | None = None
        self._begun_at = -inf
        self._is_failing = self._is_known = False

    async def read(self) -> T:
        """The value, at most `FRESH_S` old where the database answers."""
        now = time.monotonic()
        look = self._look
        if look is None or (look.done() and now - self._begun_at >= FRESH_S):
            look, self._begun_at = self._looks.submit(self._load), now
            self._look = look
        patience = self._begun_at + (PATIENCE_S if self._is_known else FIRST_PATIENCE_S) - now
        if not look.done() and patience > 0:
            await asyncio.wait([asyncio.wrap_future(look)], timeout=patience)
        return self.value

    def forget(self) -> None:
        """Read again at once: it was changed."""
        self._look = None

    def _load(self) -> None:
        try:
            with reading() as session:
                self.value = self._load_now(session)
            self._is_failing, self._is_known = False, True
        except GONE as error:
            if not self._is_failing:
                first_line = str(error).partition("\n")[0]
                logger.warning("%s cannot be read: %s", self._noun, first_line)
            self._is_failing = True
