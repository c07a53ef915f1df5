"""Digests of the keys that are accepted, in memory.

As long as no key was ever read, a sender waits longer: to take everybody for want of an answer
would open the door.
"""

import logging
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from math import inf
from typing import Final

from rft_app.services.refreshed import GONE, Refreshed
from rft_app.settings import get_settings
from rft_app.storage import intake_keys
from rft_app.storage.session import unit_of_work

logger = logging.getLogger("rft.keys")

Digests = Mapping[bytes, str]
"""Of keys, each with the id of its key."""
_NOTED_S: Final = 60.0
"""Uses of a key within it are noted once."""
_notes = ThreadPoolExecutor(1, "key-notes")


class ActiveKeys(Refreshed[Digests]):
    """Those that one database names."""

    def __init__(self) -> None:
        super().__init__("keys", intake_keys.list_digests, {})
        self._noted_at: dict[bytes, float] = {}

    def note_use(self, digest: bytes) -> None:
        """Say that a key was used, behind the sender's back."""
        now = time.monotonic()
        if digest in self.value and now - self._noted_at.get(digest, -inf) >= _NOTED_S:
            self._noted_at[digest] = now
            _notes.submit(_note_use, digest)


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
    except GONE as error:
        logger.warning("the use of a key is not noted: %s", str(error).partition("\n")[0])
