"""Groups of texts that say nearly the same, found among a million in linear time.

Each text becomes a sketch: its shingles (`text.similarity`) fall into 128 bins, and the smallest
one of each bin is kept, in 16 bits (one-permutation MinHash; Li, Owen and Zhang 2012).  Empty bins
borrow from their right neighbour (densification by rotation; Shrivastava and Li 2014).  Texts whose
sketches agree in a band of four bins are compared, first by their sketches, then exactly.

A group is a star: every member is near the text that is kept, so a chain of small changes never
joins texts that differ.  The same texts in the same order give the same groups, everywhere.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rft_app.text.similarity import Shingles, read_shingles, similarity

NUM_BINS = 128
BYTES_PER_TEXT = 2 * NUM_BINS
MIN_THRESHOLD, MAX_THRESHOLD = 0.5, 1.0
_ROWS_PER_BAND = 4
_NUM_BANDS = NUM_BINS // _ROWS_PER_BAND
_BIN_SHIFT = np.uint64(64 - 7)
_VALUE_MASK = np.uint64((1 << 57) - 1)
_EMPTY = np.uint64((1 << 64) - 1)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_STEP = np.uint64(0x94D049BB133111EB)
_MARGIN = 0.2
"""How far a sketch's estimate may lie below the threshold for the texts to be compared."""
_MAX_KEPT_PER_BUCKET = 16
_MAX_ROUNDS = 6

Sketches = NDArray[np.uint16]
"""One row of `NUM_BINS` per text."""
Read = Callable[[Sequence[int]], Iterable[str]]
"""The texts with these numbers, in their order."""


@dataclass(frozen=True)
class NearGroup:
    """A text and those that are nearly it."""

    kept: int
    """Number of the text the others are near to; the first of them in the order given."""
    others: tuple[tuple[int, float], ...]
    """Numbers ascending, each with its similarity to the kept text."""


def sketch(texts: Iterable[str]) -> Sketches:
    """A sketch of each text, in their order."""
    shingles = [read_shingles(text) for text in texts]
    if not shingles:
        return np.empty((0, NUM_BINS), np.uint16)
    rows = np.repeat(np.arange(len(shingles)), [len(found) for found in shingles])
    hashes = np.concatenate(shingles) * _MIX
    hashes ^= hashes >> np.uint64(31)
    hashes *= _STEP
    least = np.full(len(shingles) * NUM_BINS, _EMPTY, np.uint64)
    bins = rows * NUM_BINS + (hashes >> _BIN_SHIFT).astype(np.int64)
    np.minimum.at(least, bins, hashes & _VALUE_MASK)
    return _fill(least.reshape(-1, NUM_BINS)).astype(np.uint16)


def _fill(least: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Let empty bins borrow from the next full one, marked with how far away it is."""
    is_empty = least == _EMPTY
    places = np.arange(2 * NUM_BINS)
    full = np.where(np.tile(is_empty, 2), 2 * NUM_BINS, places)
    nearest = np.minimum.accumulate(full[:, ::-1], axis=1)[:, ::-1][:, :NUM_BINS]
    distance = (nearest - places[:NUM_BINS]).astype(np.uint64)
    return np.take_along_axis(least, nearest % NUM_BINS, axis=1) + distance * _MIX


def find_near_duplicates(
    sketches: Sketches,
    threshold: float,
    read: Read,
    *,
    origins: NDArray[np.int64] | None = None,
    check: Callable[[int], None] = lambda done: None,
) -> list[NearGroup]:
    """Groups of near-duplicates, the largest first.

    Args:
        sketches: Of all texts; the ones to keep rather than others come first.
        threshold: Least similarity to the kept text, in [0.5, 1].
        read: Reads texts again, to compare them exactly.
        origins: Texts with the same number here are never each other's duplicates.
        check: Called now and then with how many texts are placed; may raise to stop.
    """
    origins = np.arange(len(sketches)) if origins is None else origins
    buckets = _find_buckets(sketches)
    left = np.flatnonzero((buckets >= 0).any(axis=1)).tolist()
    groups: dict[int, list[tuple[int, float]]] = {}
    for _ in range(_MAX_ROUNDS):
        placed = _place(left, sketches, buckets, origins, threshold - _MARGIN, check)
        found, left = _verify(placed, threshold, read, check)
        for kept, other, how_near in found:
            groups.setdefault(kept, []).append((other, how_near))
        if not left:
            break
        left = sorted(set(left))
    whole = [NearGroup(kept, tuple(sorted(others))) for kept, others in groups.items()]
    return sorted(whole, key=lambda group: (-len(group.others), group.kept))


def _find_buckets(sketches: Sketches) -> NDArray[np.int32]:
    """For each text and band the number of its bucket; -1 where it is alone in it."""
    keys = np.ascontiguousarray(sketches).view(np.uint64)
    buckets = np.full(keys.shape, -1, np.int32)
    first = 0
    for band in range(keys.shape[1]):
        _, inverse, counts = np.unique(keys[:, band], return_inverse=True, return_counts=True)
        numbers = np.where(counts > 1, first + np.cumsum(counts > 1) - 1, -1)
        buckets[:, band] = numbers[inverse]
        first += int((counts > 1).sum())
    return buckets


def _place(
    left: Sequence[int],
    sketches: Sketches,
    buckets: NDArray[np.int32],
    origins: NDArray[np.int64],
    least: float,
    check: Callable[[int], None],
) -> list[tuple[int, int]]:
    """Pairs of a kept text and another that its sketch calls near; others are kept themselves."""
    kept_in: dict[int, list[int]] = {}
    pairs: list[tuple[int, int]] = []
    for done, number in enumerate(left):
        if not done % 1000:
            check(done)
        own = [bucket for bucket in buckets[number].tolist() if bucket >= 0]
        near = sorted({kept for bucket in own for kept in kept_in.get(bucket, ())})
        best = _find_nearest(number, near, sketches, origins, least)
        if best is not None:
            pairs.append((best, number))
            continue
        for bucket in own:
            kept = kept_in.setdefault(bucket, [])
            if len(kept) < _MAX_KEPT_PER_BUCKET:
                kept.append(number)
    return pairs


def _find_nearest(
    number: int,
    near: Sequence[int],
    sketches: Sketches,
    origins: NDArray[np.int64],
    least: float,
) -> int | None:
    """The text with the most similar sketch, the first among equals; `None` when none is near."""
    others = np.array([other for other in near if origins[other] != origins[number]], np.int64)
    if not len(others):
        return None
    shares = (sketches[others] == sketches[number]).mean(axis=1)
    best = int(shares.argmax())
    return int(others[best]) if shares[best] >= least else None


def _verify(
    pairs: Sequence[tuple[int, int]],
    threshold: float,
    read: Read,
    check: Callable[[int], None],
) -> tuple[list[tuple[int, int, float]], list[int]]:
    """Pairs that are near by their texts, and the texts of the others, for another round."""
    near: list[tuple[int, int, float]] = []
    far: list[int] = []
    last, shingles = -1, np.empty(0, np.uint64)
    for done, (kept, other, found) in enumerate(_read_pairs(sorted(pairs), read)):
        if not done % 1000:
            check(done)
        if kept != last:
            last, shingles = kept, found[0]
        how_near = similarity(shingles, found[-1])
        if how_near >= threshold:
            near.append((kept, other, how_near))
        else:
            far.append(other)
    return near, far


def _read_pairs(
    pairs: Sequence[tuple[int, int]], read: Read
) -> Iterator[tuple[int, int, tuple[Shingles, ...]]]:
    """Shingles of the pairs' texts; the kept text comes with the first of its pairs only."""
    numbers: list[int] = []
    last = -1
    for kept, other in pairs:
        numbers += [other] if kept == last else [kept, other]
        last = kept
    texts = iter(map(read_shingles, read(numbers)))
    last = -1
    for kept, other in pairs:
        found = (next(texts),) if kept == last else (next(texts), next(texts))
        last = kept
        yield kept, other, found
