"""How far people agree beyond chance, where they judged the same records."""

from collections import Counter
from collections.abc import Callable, Mapping

from rft_app.domain.entity import Entity

Pairs = Mapping[tuple[int, int], int]
"""How often the first person said one number and the second another."""


class Kappa(Entity):
    """Cohen's kappa with the number of records it rests on."""

    value: float | None
    """1 is full agreement, 0 what chance gives, below 0 less; `None` where it is undefined: without
    a common record, or where chance alone would agree always."""
    n: int
    """Records that both judged."""
    share_equal: float | None
    """Of these, the share on which both said the same; `None` without any."""


def cohen_kappa(pairs: Pairs) -> Kappa:
    """Agreement on classes, all disagreements alike: 1 - observed / expected disagreement.

    Example:
        >>> cohen_kappa({(1, 1): 20, (1, 0): 5, (0, 1): 10, (0, 0): 15}).value
        0.4
        >>> cohen_kappa({(1, 1): 9}).value is None
        True
    """
    return _kappa(pairs, lambda first, second: float(first != second))


def weighted_kappa(pairs: Pairs) -> Kappa:
    """Agreement on a scale: a disagreement counts by the square of its distance.

    Source: Cohen, "Weighted kappa", Psychological Bulletin 70, 1968.

    Example:
        >>> weighted_kappa({(1, 1): 1, (5, 5): 1, (1, 5): 1, (5, 1): 1}).value
        0.0
        >>> weighted_kappa({(5, 4): 1, (1, 1): 1}).value > cohen_kappa({(5, 4): 1, (1, 1): 1}).value
        True
    """
    return _kappa(pairs, lambda first, second: float((first - second) ** 2))


def _kappa(pairs: Pairs, weigh: Callable[[int, int], float]) -> Kappa:
    n = sum(pairs.values())
    if not n:
        return Kappa(value=None, n=0, share_equal=None)
    firsts: Counter[int] = Counter()
    seconds: Counter[int] = Counter()
    for (first, second), number in pairs.items():
        firsts[first] += number
        seconds[second] += number
    observed = sum(weigh(*pair) * number for pair, number in pairs.items()) / n
    expected = sum(
        weigh(first, second) * a * b for first, a in firsts.items() for second, b in seconds.items()
    )
    num_equal = sum(number for (first, second), number in pairs.items() if first == second)
    return Kappa(
        value=round(1 - observed * n * n / expected, 12) if expected else None,
        n=n,
        share_equal=num_equal / n,
    )
