"""The memory that the bodies of requests take while they are served."""

from types import TracebackType
from typing import Final

_AT_ONCE: Final = 4
"""Largest requests that fit together; most are a thousandth of that."""
_SMALL_SHARE: Final = 64
"""A body no larger than this part of the largest is always taken."""


class Memory:
    """What all bodies take together: the bytes that came, whatever their senders said."""

    def __init__(self, max_body_bytes: int) -> None:
        self.max_bytes = _AT_ONCE * max_body_bytes
        self.small_bytes = max_body_bytes // _SMALL_SHARE
        self.num_bytes = 0


class Share:
    """One body's part, given back at the end of the block."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._num_bytes = 0
        self.is_refused = False
        """Whether the others left no room."""

    def __enter__(self) -> "Share":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._set(0)

    def take(self, num_bytes: int) -> bool:
        """Hold so many bytes in all; `False` where there is no room for them."""
        others = self._memory.num_bytes - self._num_bytes
        is_small = num_bytes <= self._memory.small_bytes
        if not is_small and others + num_bytes > self._memory.max_bytes:
            self.is_refused = True
            self._set(0)
            return False
        self._set(num_bytes)
        return True

    def _set(self, num_bytes: int) -> None:
        self._memory.num_bytes += num_bytes - self._num_bytes
        self._num_bytes = num_bytes
