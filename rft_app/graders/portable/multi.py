"""The rewards of several graders as one."""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from rft_app.graders.portable.formula import Formula
from rft_app.graders.portable.lookup import NotGradedError

ROUNDING: Final = 1e-9
"""How far sums of weights, of which most are no binary fractions, may come out beside a reward."""


def is_closed(reward: float, least: float) -> bool:
    """Whether a reward is below its gate, by more than rounding."""
    return reward < least - ROUNDING


def trim(reward: float) -> float:
    """The reward without what rounding put it outside 0 to 1; one farther outside stays.

    Example:
        >>> trim(0.4 + 0.2 + 0.3 + 0.1 + 1e-16), trim(1.1)
        (1.0, 1.1)
    """
    return min(max(reward, 0.0), 1.0) if -ROUNDING <= reward <= 1 + ROUNDING else reward


def grade_multi(
    spec: Mapping[str, Any],
    parts: Mapping[str, Callable[[Any, Any], float | None]],
    sample: Any,  # noqa: ANN401  # as the parts take it
    item: Any,  # noqa: ANN401  # as the parts take it
) -> float | dict[str, Any]:
    """One reward of several; 0 where one is below its gate, even if another has none.

    Args:
        spec: The settings of the whole, as of `MultiSpec`.
        parts: Its graders; `None` of one is an abstention.
        sample: The answer.
        item: The record.

    Raises:
        Exception: What the first part raised that cannot judge.
        NotGradedError: The formula gives no number from 0 to 1.
    """
    found: dict[str, float | None] = {}
    faults: list[Exception] = []
    for name, run in parts.items():
        try:
            found[name] = run(sample, item)
        except Exception as fault:  # noqa: BLE001  # raised below, unless a gate is closed
            faults.append(fault)
    rewards = {name: one for name, one in found.items() if one is not None}
    gates = spec["gates"].items()
    if any(is_closed(rewards[name], least) for name, least in gates if name in rewards):
        return 0.0
    if faults:
        raise faults[0]
    abstained = [name for name, reward in found.items() if reward is None]
    if abstained:
        return {"abstain": True, "reason": f"{abstained[0]} abstains"}
    return combine(spec, rewards)


def combine(spec: Mapping[str, Any], rewards: Mapping[str, float]) -> float:
    """One reward of several.

    Args:
        spec: The settings of the whole, as of `MultiSpec`.
        rewards: Of all of its graders.

    Raises:
        NotGradedError: The formula gives no number from 0 to 1.
    """
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
    return trim(sum(rewards[name] * given[name] for name in given) / total)


def _compute(formula: str, rewards: Mapping[str, float]) -> float:
    try:
        reward = trim(Formula(formula).compute(rewards))
    except ArithmeticError as error:
        raise NotGradedError(f"The formula has no value: {error}.") from error
    if not 0 <= reward <= 1:
        raise NotGradedError(f"The formula gave {reward:g}, not 0 to 1.")
    return reward
