"""Comparing two models while the figures come in, however often somebody looks.

A usual 95 % interval holds for one look at a number of answers that was fixed before.  A confidence
sequence holds at all numbers at once: the chance that the true mean is ever outside is at most
`alpha`, so that looking every minute and stopping at the first good moment is no cheating.

Source: Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", Journal
of the Royal Statistical Society B 86 (2024), theorem 2 (predictable plug-in empirical Bernstein),
which builds on Howard, Ramdas, McAuliffe and Sekhon, "Time-uniform, nonparametric, nonasymptotic
confidence sequences", Annals of Statistics 49 (2021).

Deviations: two independent means are compared by one sequence for each at `alpha / 2`, which by the
union bound holds for both and is wider than it need be.  Pairs are compared by one sequence of
their differences, moved from [-1, 1] to [0, 1].
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

ALPHA = 0.05
"""Chance of a false finding, over all looks together."""
_CAP = 0.5
"""Largest bet; the theorem takes any below 1, and its authors 1/2 or 3/4."""


class Interval(NamedTuple):
    """Where a mean lies, both ends included."""

    low: float
    high: float


class Difference(NamedTuple):
    """How much higher the tuned model's mean reward is than the base's."""

    mean: float
    interval: Interval
    is_paired: bool
    """Whether both answered the same requests."""

    @property
    def is_better(self) -> bool:
        """Whether the evidence says that the tuned model is better."""
        return self.interval.low > 0

    @property
    def is_worse(self) -> bool:
        """Whether the evidence says that it is worse."""
        return self.interval.high < 0


def bound_mean(rewards: Sequence[float], alpha: float = ALPHA) -> Interval:
    """An interval that holds for the mean of rewards at every number of them.

    With `m` the mean and `v` the variance of what came before, each with half a reward and a
    quarter added as if seen before the first,

        bet_t   = min(sqrt(2 ln(2 / alpha) / (v_{t-1} t ln(1 + t))), 1/2)
        centre  = sum(bet_i x_i) / sum(bet_i)
        width   = (ln(2 / alpha) + sum((x_i - m_{i-1})^2 (-ln(1 - bet_i) - bet_i))) / sum(bet_i)

    and the interval is where those of all numbers so far overlap.

    Args:
        rewards: In [0, 1], in the order in which they became known.
        alpha: Chance that the mean is outside at any number.

    Returns:
        All of [0, 1] without rewards. Where what is seen cannot come from one mean, so that
        nothing is left, the point in the middle.

    Example:
        >>> bound_mean([])
        Interval(low=0.0, high=1.0)
        >>> low, high = bound_mean([0.0, 1.0] * 500)
        >>> 0.4 < low < 0.5 < high < 0.6
        True
    """
    low, high = 0.0, 1.0
    log_term = math.log(2 / alpha)
    total, squares = 0.5, 0.25
    mean, variance = 0.5, 0.25
    bets = weighted = spread = 0.0
    for number, reward in enumerate(rewards, 1):
        bet = min(math.sqrt(2 * log_term / (variance * number * math.log1p(number))), _CAP)
        bets += bet
        weighted += bet * reward
        spread += (reward - mean) ** 2 * (-math.log1p(-bet) - bet)
        width = (log_term + spread) / bets
        low, high = max(low, weighted / bets - width), min(high, weighted / bets + width)
        total += reward
        mean = total / (number + 1)
        squares += (reward - mean) ** 2
        variance = squares / (number + 1)
    if low > high:
        low = high = (low + high) / 2
    return Interval(low, high)


def compare_means(
    base: Sequence[float], tuned: Sequence[float], alpha: float = ALPHA
) -> Difference | None:
    """The difference of two models' mean rewards; `None` while one has none.

    Args:
        base: Rewards of the base, in the order in which they became known.
        tuned: Of the tuned model.
        alpha: Chance of a false finding at any time.
    """
    if not base or not tuned:
        return None
    ours, theirs = bound_mean(tuned, alpha / 2), bound_mean(base, alpha / 2)
    mean = math.fsum(tuned) / len(tuned) - math.fsum(base) / len(base)
    return Difference(mean, Interval(ours.low - theirs.high, ours.high - theirs.low), False)


def compare_pairs(pairs: Sequence[tuple[float, float]], alpha: float = ALPHA) -> Difference | None:
    """The same of answers to the same requests, as (base, tuned); `None` without any.

    Example:
        >>> found = compare_pairs([(0.2, 0.9)] * 100)
        >>> round(found.mean, 3), found.is_better
        (0.7, True)
    """
    if not pairs:
        return None
    found = bound_mean([(tuned - base + 1) / 2 for base, tuned in pairs], alpha)
    mean = math.fsum(tuned - base for base, tuned in pairs) / len(pairs)
    return Difference(mean, Interval(2 * found.low - 1, 2 * found.high - 1), True)


def describe_evidence(difference: Difference | None, base_name: str, tuned_name: str) -> str:
    """Whether there is enough evidence, in a sentence.

    Example:
        >>> describe_evidence(Difference(0.2, Interval(0.1, 0.3), False), "small", "small-tuned")
        'Enough evidence: small-tuned is better than small, by 0.10 to 0.30.'
    """
    if difference is None:
        return "No evidence yet: both models need graded answers."
    low, high = difference.interval
    if difference.is_better:
        return (
            f"Enough evidence: {tuned_name} is better than {base_name}, by {low:.2f} to {high:.2f}."
        )
    if difference.is_worse:
        return (
            f"Enough evidence: {tuned_name} is worse than {base_name}, by {-high:.2f} to "
            f"{-low:.2f}."
        )
    return (
        f"Not enough evidence yet: {tuned_name} may be {max(-low, 0):.2f} worse or "
        f"{max(high, 0):.2f} better than {base_name}."
    )
