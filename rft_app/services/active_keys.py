"""Digests of the keys that are accepted, in memory: a check asks the database once a second.

Where the database does not answer, those that it named last go on to be accepted.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from math import inf
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from rft_app.errors import RftError
from rft_app.settings import get_settings
from rft_app.storage import intake_keys
from rft_app.storage.session import reading, unit_of_work

logger = logging.getLogger("rft.keys")

Digests = Mapping[bytes, str]
"""Of keys, each with the id of its key."""
FRESH_S: Final = 1.0
"""So long what was read counts; a key that is revoked elsewhere is refused by then."""
_PATIENCE_S: Final = 0.25
"""How long a sender waits for a database that does not answer."""
_FIRST_PATIENCE_S: Final = 5.0
"""As long as no key was ever read: to take everybody for want of an answer would open the door."""
_NOTED_S: Final = 60.0
"""Uses of a key within it are noted once."""
_GONE: Final = (SQLAlchemyError, RftError, OSError)
_looks = ThreadPoolExecutor(1, "key-looks")
_notes = ThreadPoolExecutor(1, "key-notes")


class ActiveKeys:
    """Those that one database names."""

    def __init__(self) -> None:
        self._digests: Digests = {}
        self._look: Future[None] | None = None
        self._begun_at = -inf
        self._noted_at: dict[bytes, float] = {}
        self._is_failing = False
        self._is_known = False

    async def read(self) -> Digests:
        """All of them."""
        now = time.monotonic()
        look = self._look
        if look is None or (look.done() and now - self._begun_at >= FRESH_S):
            look, self._begun_at = _looks.submit(self._load), now
            self._look = look
        patience = self._begun_at + (_PATIENCE_S if self._is_known else _FIRST_PATIENCE_S) - now
        if not look.done() and patience > 0:
            await asyncio.wait([asyncio.wrap_future(look)], timeout=patience)
        return self._digests

    def forget(self) -> None:
        """Look again at once: some were created or revoked."""
        self._look = None

    def note_use(self, digest: bytes) -> None:
        """Say that a key was used, behind the sender's back."""
        now = time.monotonic()
        if digest in self._digests and now - self._noted_at.get(digest, -inf) >= _NOTED_S:
            self._noted_at[digest] = now
            _notes.submit(_note_use, digest)

    def _load(self) -> None:
        try:
            with reading() as session:
                self._digests = intake_keys.list_digests(session)
            self._is_failing, self._is_known = False, True
        except _GONE as error:
            if not self._is_failing:
                logger.warning("keys cannot be read: %s", str(error).partition("\n")[0])
            self._is_failing = True


def find_active_keys() -> ActiveKeys:
    """Those of this process's database."""
    return _find(get_settings().resolved_database_url)


@cache
def _find(_url: str) -> ActiveKeys:
    return ActiveKeys()


def _note_use(digest: bytes) -> None:
    try:
        with unit_of_work() as session:
            intake_keys.note_use(session, digest, datetime.now(UTC))
    except _GONE as error:
        logger.warning("the use of a key is not noted: %s", str(error).partition("\n")[0])
