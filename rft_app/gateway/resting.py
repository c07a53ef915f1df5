"""Models that are left alone for a while: they could not be reached, or said nothing."""

import time
from typing import Final, NamedTuple

from rft_app.gateway.relay import LEFT_WAITING, Call

REST_S: Final = 2.0
"""So long nobody is asked who could not be reached."""
_SILENT: Final = frozenset({"upstream_timeout", LEFT_WAITING[0]})
_UNREACHED: Final = frozenset({"upstream_unreachable", "not_available"})
_FAULTS: Final = {
    True: ("upstream_timeout", "It said nothing a moment ago, and is not asked for now."),
    False: ("upstream_unreachable", "It could not be reached a moment ago."),
}

Key = tuple[str, str]
"""A deployment and one of its variants."""


class _Rest(NamedTuple):
    until: float
    is_silent: bool


class Rests:
    """Who rests; after a rest one call at a time tries, until there is an answer."""

    def __init__(self) -> None:
        self._rests: dict[Key, _Rest] = {}
        self._answered: dict[Key, float] = {}
        """When each answered last."""
        self._trials: dict[Key, Call] = {}

    def find_fault(self, key: Key, call: Call) -> tuple[str, str] | None:
        """Why a call must not go there now; `None` where it may."""
        rest = self._rests.get(key)
        if rest is None:
            return None
        trial = self._trials.get(key)
        if trial is not None and trial.has_begun:
            self._wake(key)
            return None
        if trial is not None or time.monotonic() < rest.until:
            return _FAULTS[rest.is_silent]
        self._trials[key] = call
        return None

    def note(self, key: Key, call: Call, began: float) -> None:
        """Keep what a call, which began then, tells of who was asked.

        That a client left tells nothing where others were answered meanwhile.
        """
        if self._trials.get(key) is call:
            del self._trials[key]
        kind = "" if call.fault is None else call.fault[0]
        if call.has_begun or not kind:
            self._wake(key)
        elif kind in _UNREACHED:
            self._rests[key] = _Rest(time.monotonic() + REST_S, is_silent=False)
        elif kind in _SILENT and self._answered.get(key, 0.0) < began:
            self._rests[key] = _Rest(time.monotonic() + REST_S, is_silent=True)

    def _wake(self, key: Key) -> None:
        self._rests.pop(key, None)
        self._answered[key] = time.monotonic()
