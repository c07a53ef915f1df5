"""Keys that statements name."""

from collections.abc import Collection, Iterator
from typing import TypeVar

KeyT = TypeVar("KeyT", int, str)
_PER_STATEMENT = 500


def split_keys(keys: Collection[KeyT]) -> Iterator[list[KeyT]]:
    """In order, as many at a time as one statement names."""
    ordered = sorted(keys)
    for start in range(0, len(ordered), _PER_STATEMENT):
        yield ordered[start : start + _PER_STATEMENT]
