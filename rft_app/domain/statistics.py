"""Statistics of rewards: numbers in [0, 1], no units, order irrelevant."""

import math
import random
from collections.abc import Iterable, Sequence

from rft_app.domain.entity import Entity

NUM_BINS = 10
EQUAL_REWARDS = 1e-9
"""Rewards that differ by no more are equal: sums of weights are not exact."""


class RewardStatistics(Entity):
    """How rewards spread; exists only where at least one rollout was graded."""

    n: int
    mean: float
    sd: float
    """Population standard deviation (divided by n): it describes these rewards, it estimates
    nothing beyond them. 0.0 for a single reward."""
    median: float
    p10: float
    p25: float
    p75: float
    p90: float
    share_positive: float
    """Rewards above 0."""
    share_one: float
    """Rewards of 1, but for rounding."""


def summarise(rewards: Sequence[float]) -> RewardStatistics | None:
    """Describe rewards; `None` when there are none, because no number would be true.

    Example:
        >>> found = summarise([0.0, 1.0, 1.0, 0.5])
        >>> found.mean, found.median, found.share_one
        (0.625, 0.75, 0.5)
    """
    if not rewards:
        return None
    ordered = sorted(rewards)
    n = len(ordered)
    mean = min(math.fsum(ordered) / n, ordered[-1])
    return RewardStatistics(
        n=n,
        mean=mean,
        sd=math.sqrt(math.fsum((reward - mean) ** 2 for reward in ordered) / n),
        median=percentile(ordered, 50),
        p10=percentile(ordered, 10),
        p25=percentile(ordered, 25),
        p75=percentile(ordered, 75),
        p90=percentile(ordered, 90),
        share_positive=sum(reward > 0 for reward in ordered) / n,
        share_one=sum(has_passed(reward, 1) for reward in ordered) / n,
    )


def has_passed(reward: float, threshold: float) -> bool:
    """Whether a reward reaches a threshold, but for rounding.

    Example:
        >>> has_passed(0.1 + 0.7, 0.8), 0.1 + 0.7 >= 0.8
        (True, False)
    """
    return reward >= threshold - EQUAL_REWARDS


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The value below which `percent` of the values lie, interpolated between neighbours.

    Args:
        ordered: At least one value, ascending.
        percent: 0 (the smallest) to 100 (the largest).

    Returns:
        Position `percent / 100 * (n - 1)`, counted from 0; the method "inclusive" of Python's
        `statistics.quantiles` and the default of NumPy.

    Example:
        >>> percentile([0.0, 1.0], 25)
        0.25
    """
    position = percent / 100 * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def histogram(rewards: Iterable[float]) -> tuple[int, ...]:
    """Counts in ten bins of width 0.1; each holds its lower edge, the last also 1.0.

    Example:
        >>> histogram([0.0, 0.05, 0.1, 1.0])
        (2, 1, 0, 0, 0, 0, 0, 0, 0, 1)
    """
    counts = [0] * NUM_BINS
    for reward in rewards:
        counts[min(int(reward * NUM_BINS), NUM_BINS - 1)] += 1
    return tuple(counts)


def bootstrap_mean(
    values: Sequence[float], *, num_resamples: int = 2_000, seed: int = 0
) -> tuple[float, float]:
    """95% interval of the mean, by the percentile bootstrap; the same seed gives the same one.

    Args:
        values: At least one; of paired data, the differences.
        num_resamples: How often as many values are drawn, with replacement.
        seed: Of the draw.

    Example:
        >>> bootstrap_mean([0.5, 0.5])
        (0.5, 0.5)
    """
    return bootstrap_groups([(value,) for value in values], num_resamples=num_resamples, seed=seed)


def bootstrap_groups(
    groups: Sequence[Sequence[float]], *, num_resamples: int = 2_000, seed: int = 0
) -> tuple[float, float]:
    """95% interval of the mean of all values where those of a group are alike.

    Whole groups are drawn, as many as there are: values of one group tell less than as many of
    different groups.  Field and Welsh, "Bootstrapping clustered data", 2007.

    Args:
        groups: At least one, none of them empty.
        num_resamples: How often they are drawn, with replacement.
        seed: Of the draw.

    Example:
        >>> bootstrap_groups([[0.0] * 10, [1.0] * 10])
        (0.0, 1.0)
    """
    draw = random.Random(seed).choices
    sums = [(math.fsum(values), len(values)) for values in groups]
    means: list[float] = []
    for _ in range(num_resamples):
        drawn = draw(sums, k=len(sums))
        means.append(math.fsum(total for total, _ in drawn) / sum(size for _, size in drawn))
    means.sort()
    return percentile(means, 2.5), percentile(means, 97.5)
