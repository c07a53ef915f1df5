"""The rewards of several graders as one."""

import math
from collections.abc import Mapping
from typing import Any

from rft_app.graders.portable.formula import Formula
from rft_app.graders.portable.lookup import NotGradedError


def combine(spec: Mapping[str, Any], rewards: Mapping[str, float]) -> float:
    """One reward of several; 0 where one is below its gate.

    Args:
        spec: The settings of the whole, as of `MultiSpec`.
        rewards: Of all of its graders.

    Raises:
        NotGradedError: The formula gives no number from 0 to 1.
    """
    if any(rewards[name] < least for name, least in spec["gates"].items()):
        return 0.0
    match spec["combine"]:
        case "weighted_mean":
            return weigh(rewards, {n: part["weight"] for n, part in spec["graders"].items()})
        case "product":
            return math.prod(rewards.values())
        case "minimum":
            return min(rewards.values())
        case _:
            return _compute(spec["formula"], rewards)


def weigh(rewards: Mapping[str, float], weights: Mapping[str, float | None]) -> float:
    """The mean by weight; 1 where a grader has none."""
    given = {name: 1.0 if weight is None else weight for name, weight in weights.items()}
    total = sum(given.values())
    # Rounding may leave [0, 1] by the last bit.
    return min(sum(rewards[name] * given[name] for name in given) / total, 1.0)


def _compute(formula: str, rewards: Mapping[str, float]) -> float:
    try:
        reward = Formula(formula).compute(rewards)
    except ArithmeticError as error:
        raise NotGradedError(f"The formula has no value: {error}.") from error
    if not 0 <= reward <= 1:
        raise NotGradedError(f"The formula gave {reward:g}, not 0 to 1.")
    return reward
