"""One watcher per web process polls the database; the open pages wait for it."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator

import reflex as rx
from sqlalchemy.exc import SQLAlchemyError

from rft_app.services import activity
from rft_app.storage.session import reading

POLL_INTERVAL_S = 0.5
CHECK_INTERVAL_S = 5.0
"""How often a waiting page looks whether its tab is still open."""

AGEING_S = 30.0
"""Pages are read again after so long even if nothing changed: "5 min ago" becomes "6 min ago"."""

_log = logging.getLogger(__name__)


class Feed:
    """Counts changes; pages wait until the count moves on."""

    def __init__(self) -> None:
        self.tick = 0
        self._changed = asyncio.Condition()

    async def publish(self) -> None:
        """Wake everybody."""
        async with self._changed:
            self.tick += 1
            self._changed.notify_all()

    async def wait_beyond(self, seen: int, timeout_s: float) -> int:
        """Wait until the count is above `seen`, or the time is up; returns the count."""
        async with self._changed:
            try:
                async with asyncio.timeout(timeout_s):
                    await self._changed.wait_for(lambda: self.tick > seen)
            except TimeoutError:
                pass
            return self.tick


feed = Feed()


def _read_fingerprint() -> str:
    with reading() as session:
        return activity.read_fingerprint(session)


async def watch_database() -> None:
    """Poll for ever and publish each change; a lifespan task of the web server."""
    last = ""
    while True:
        try:
            now = await rx.run_in_thread(_read_fingerprint)
        except SQLAlchemyError:
            _log.exception("The database did not answer; pages are not updated meanwhile.")
            await asyncio.sleep(CHECK_INTERVAL_S)
            continue
        if now != last:
            last = now
            await feed.publish()
        await asyncio.sleep(POLL_INTERVAL_S)


def is_tab_open(token: str) -> bool:
    """Whether the browser tab behind a client token is still connected."""
    from reflex.utils.prerequisites import get_app

    namespace = get_app().app.event_namespace
    return namespace is not None and token in namespace.token_to_sid


async def changes(token: str, refresh_s: float = AGEING_S) -> AsyncGenerator[None]:
    """Yields after each change in the database; ends when the tab has gone.

    Args:
        token: Of the tab that watches.
        refresh_s: Yield after this many seconds even if nothing changed.
    """
    seen, shown_at = feed.tick, time.monotonic()
    while True:
        now = await feed.wait_beyond(seen, CHECK_INTERVAL_S)
        if not is_tab_open(token):
            return
        if now != seen or time.monotonic() - shown_at >= refresh_s:
            seen, shown_at = now, time.monotonic()
            yield
