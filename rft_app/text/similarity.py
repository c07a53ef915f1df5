"""Texts that say nearly the same: words and pairs of words in common, found without comparing all.

MinHash signatures in bands lead to the few texts worth comparing; the similarity itself is exact.
"""

import re
from collections import defaultdict
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

NEAR = 0.8
"""From this similarity on two texts are near-duplicates."""
_NUM_BANDS, _ROWS_PER_BAND = 16, 4
_WORD = re.compile(r"\w+")
_PAIR = np.uint64(0x9E3779B97F4A7C15)
_CHANCE = np.random.default_rng(20261122)
_NUM_HASHES = _NUM_BANDS * _ROWS_PER_BAND
_FACTORS = _CHANCE.integers(1, 1 << 63, _NUM_HASHES, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
_OFFSETS = _CHANCE.integers(0, 1 << 63, _NUM_HASHES, dtype=np.uint64)

Shingles = NDArray[np.uint64]
"""Hashes of a text's words and neighbouring pairs, ascending, each once."""


def read_shingles(text: str) -> Shingles:
    """The words and pairs of a text, numbers included; a text without any is one itself.

    The same in every process.
    """
    words = _WORD.findall(text.casefold()) or [text.strip()]
    hashes = np.fromiter(map(_hash_word, words), np.uint64, len(words))
    return np.unique(np.concatenate((hashes, hashes[:-1] * _PAIR + hashes[1:])))


@lru_cache(maxsize=1 << 16)
def _hash_word(word: str) -> int:
    digest = blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def similarity(a: Shingles, b: Shingles) -> float:
    """Shared terms among all terms of two texts, in [0, 1].

    Example:
        >>> one, two = read_shingles("Book a flight!"), read_shingles("book a flight")
        >>> similarity(one, two), similarity(one, read_shingles("Book a hotel"))
        (1.0, 0.42857142857142855)
    """
    num_shared = len(np.intersect1d(a, b, assume_unique=True))
    return num_shared / (len(a) + len(b) - num_shared)


class SimilarTexts:
    """Texts by number, ready to be searched for near-duplicates."""

    def __init__(self) -> None:
        self._shingles: dict[int, Shingles] = {}
        self._bands: list[defaultdict[bytes, list[int]]] = [
            defaultdict(list) for _ in range(_NUM_BANDS)
        ]

    def __len__(self) -> int:
        return len(self._shingles)

    def add(self, number: int, text: str) -> None:
        """Remember a text."""
        shingles = read_shingles(text)
        self._shingles[number] = shingles
        for band, key in zip(self._bands, _band_keys(shingles), strict=True):
            band[key].append(number)

    def find(self, text: str, at_least: float = NEAR) -> tuple[int, float] | None:
        """The most similar text, the first among equals, with its similarity; else nothing."""
        shingles = read_shingles(text)
        near: set[int] = set()
        for band, key in zip(self._bands, _band_keys(shingles), strict=True):
            near.update(band.get(key, ()))
        found = [(similarity(shingles, self._shingles[number]), -number) for number in near]
        best, number = max(found, default=(0.0, 0))
        return (-number, best) if best >= at_least else None


def _band_keys(shingles: Shingles) -> list[bytes]:
    signature = (shingles[:, None] * _FACTORS + _OFFSETS).min(axis=0)
    return [band.tobytes() for band in signature.reshape(_NUM_BANDS, _ROWS_PER_BAND)]
