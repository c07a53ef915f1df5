"""Cohen's kappa and Spearman's rank correlation, each with a seeded bootstrap interval.

Both depend only on how often each pair of values occurs, so a resample is a row of counts, one for
each distinct pair: all resamples are computed together.

Suffixes of shapes: B resamples, K distinct pairs, N records, X and Y distinct values.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rft_app.domain.calibration import (
    MIN_RECORDS,
    RULE_OF_THREE,
    Coefficient,
    count_more,
    too_few,
)
from rft_app.domain.words import share

NUM_RESAMPLES = 1000
MAX_UNDEFINED = 0.05
"""Share of resamples that may be without a figure; with more there is no interval."""
_AT_ONCE = 1_000_000
"""Drawn records in memory."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Statistic = Callable[[Ints], Floats]
"""From counts (B, K) to figures (B); NaN where one is undefined."""


def find_kappa(pairs: Sequence[tuple[bool, bool]], seed: int) -> Coefficient:
    """Agreement beyond chance of people (first) and grader (second).

    Example:
        >>> pairs = [(True, True)] * 20 + [(True, False)] * 5
        >>> pairs += [(False, True)] * 10 + [(False, False)] * 15
        >>> find_kappa(pairs, seed=0).value
        0.4
    """
    people = {good for good, _ in pairs}
    if len(pairs) >= MIN_RECORDS and len(people) == 1:
        said = "good" if people.pop() else "bad"
        note = f"Unknown: people call all of them {said}. Label some of the others."
        return Coefficient(n=len(pairs), note=note)
    if len(pairs) >= MIN_RECORDS and len({passed for _, passed in pairs}) == 1:
        side = "lets all of them pass" if pairs[0][1] else "lets none of them pass"
        return Coefficient(n=len(pairs), note=f"Unknown: the grader {side}.")
    cells = np.array([2 * good + passed for good, passed in pairs], dtype=np.int64)
    return _estimate(np.bincount(cells, minlength=4), kappa_of_counts, seed)


def find_spearman(pairs: Sequence[tuple[float, float]], seed: int) -> Coefficient:
    """Rank correlation of ratings (first) and rewards (second); equal values share their rank.

    Example:
        >>> find_spearman([(1, 0.1), (2, 0.3), (3, 0.2), (4, 0.9), (5, 0.8)] * 4, seed=0).value
        0.8
    """
    if len(pairs) < MIN_RECORDS:
        return too_few(len(pairs))
    values = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    for column, words in enumerate(("all ratings", "all rewards")):
        if np.ptp(values[:, column]) == 0:
            return Coefficient(n=len(pairs), note=f"Unknown: {words} are equal, so no order shows.")
    distinct, counts_K = np.unique(values, axis=0, return_counts=True)
    return _estimate(counts_K, _RankCorrelation(distinct), seed)


def kappa_of_counts(counts_BK: Ints) -> Floats:
    """Cohen's kappa of rows (bad refused, bad passed, good refused, good passed)."""
    n = counts_BK.sum(axis=1).astype(np.float64)
    observed = counts_BK[:, 1] + counts_BK[:, 2]
    good, passed = counts_BK[:, 2] + counts_BK[:, 3], counts_BK[:, 1] + counts_BK[:, 3]
    expected = good * (n - passed) + (n - good) * passed
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(expected > 0, 1 - observed * n / expected, np.nan)


class _RankCorrelation:
    """Spearman's coefficient of counts of some distinct pairs."""

    def __init__(self, distinct_K2: Floats) -> None:
        self._axes = [_Axis(distinct_K2[:, column]) for column in range(2)]

    def __call__(self, counts_BK: Ints) -> Floats:
        """Pearson's correlation of the shared ranks."""
        (first, spread), (second, other) = (axis.rank(counts_BK) for axis in self._axes)
        together = np.einsum("bk,bk,bk->b", counts_BK, first, second)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(spread * other > 0, together / np.sqrt(spread * other), np.nan)


class _Axis:
    """One of the two values of some pairs."""

    def __init__(self, values_K: Floats) -> None:
        distinct_X, self._codes_K = np.unique(values_K, return_inverse=True)
        self._order_K = np.argsort(self._codes_K, kind="stable")
        self._starts_X = np.searchsorted(self._codes_K[self._order_K], np.arange(len(distinct_X)))

    def rank(self, counts_BK: Ints) -> tuple[Floats, Floats]:
        """Each pair's rank, less the mean rank, (B, K); and the sum of the squares, (B)."""
        counts_BX = np.add.reduceat(counts_BK[:, self._order_K], self._starts_X, axis=1)
        ends_BX = np.cumsum(counts_BX, axis=1)
        ranks_BX = ends_BX - (counts_BX + ends_BX[:, -1:]) / 2
        return ranks_BX[:, self._codes_K], np.einsum("bx,bx,bx->b", counts_BX, ranks_BX, ranks_BX)


def _estimate(counts_K: Ints, statistic: Statistic, seed: int) -> Coefficient:
    n = int(counts_K.sum())
    if n < MIN_RECORDS:
        return too_few(n)
    value = float(statistic(counts_K[None, :])[0])
    found = np.concatenate([statistic(drawn) for drawn in _resample(counts_K, seed)])
    defined = found[~np.isnan(found)]
    if np.isnan(value) or len(defined) < (1 - MAX_UNDEFINED) * len(found):
        note = "No interval: too many resamples hold one kind of answer only. Label more."
        return Coefficient(n=n, value=None if np.isnan(value) else round(value, 12), note=note)
    low, high = (float(end) for end in np.percentile(defined, [2.5, 97.5]))
    known: dict[str, Any] = {
        "n": n,
        "value": round(value, 12),
        "num_more": count_more(n, high - low),
    }
    if high - low < 1e-9:
        others = share(RULE_OF_THREE / n)
        note = f"No record differs, so no interval shows; up to {others} of all others still may."
        return Coefficient(**known | {"num_more": count_more(n, 0)}, note=note)
    return Coefficient(**known, low=low, high=high)


def _resample(counts_K: Ints, seed: int) -> Iterator[Ints]:
    """Counts of as many records, drawn with replacement, in blocks."""
    generator, size = np.random.default_rng(seed), len(counts_K)
    cells_N = np.repeat(np.arange(size), counts_K)
    rows = max(1, _AT_ONCE // len(cells_N))
    for start in range(0, NUM_RESAMPLES, rows):
        num = min(rows, NUM_RESAMPLES - start)
        drawn = cells_N[generator.integers(0, len(cells_N), (num, len(cells_N)))]
        drawn += np.arange(num)[:, None] * size
        yield np.bincount(drawn.ravel(), minlength=num * size).reshape(num, size)
