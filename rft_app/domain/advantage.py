"""How much better an answer is than the others of its group, as GRPO trains with it."""

import math
from collections.abc import Sequence
from typing import Final

NEARLY_NONE: Final = 1e-4
"""Added to the standard deviation, as TRL does (arXiv:2402.03300, equation 21)."""


def scale_rewards(rewards: Sequence[float | None]) -> list[float | None]:
    """Advantages of one group: reward less the mean, over the sample's standard deviation.

    Answers without a reward have none and are in neither figure. Where fewer than two have one,
    there is nothing to compare: 0.

    Example:
        >>> [round(one, 2) for one in scale_rewards([0.0, 1.0])], scale_rewards([0.5, None])
        ([-0.71, 0.71], [0.0, None])
    """
    known = [one for one in rewards if one is not None]
    if len(known) < 2:
        return [None if one is None else 0.0 for one in rewards]
    mean = math.fsum(known) / len(known)
    variance = math.fsum((one - mean) ** 2 for one in known) / (len(known) - 1)
    scale = math.sqrt(variance) + NEARLY_NONE
    return [None if one is None else (one - mean) / scale for one in rewards]
