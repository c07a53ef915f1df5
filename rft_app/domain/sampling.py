"""Answers that are asked of a model anew, several for each record."""

import math
from collections.abc import Iterable

from pydantic import Field

from rft_app.domain.entity import Entity
from rft_app.domain.statistics import has_passed

PASSED = 1.0
"""The reward from which a rollout passes, unless another is set."""


class Sampling(Entity):
    """Whom to ask for the answers, and how."""

    model: str = Field(min_length=1)
    """As the catalogue of providers names it."""
    temperature: float | None = Field(default=1.0, ge=0, le=2, allow_inf_nan=False)
    """`None` leaves it to the model."""
    max_tokens: int = Field(default=512, ge=1, le=32_768)
    """Longest answer; a longer one is cut there and graded as it is."""


class PassRates(Entity):
    """How often one answer passes, and how often one of K does."""

    threshold: float
    """The reward from which a rollout passes."""
    k: int
    num_groups: int
    """Records with at least K graded rollouts; only they count."""
    pass_at_1: float
    pass_at_k: float


def pass_at_k(num_rollouts: int, num_passed: int, k: int) -> float:
    """The chance that of `k` rollouts, drawn from those there are, at least one passes.

    Source: Chen et al., "Evaluating large language models trained on code", 2021.

    Example:
        >>> pass_at_k(4, 1, 1), pass_at_k(4, 1, 2), pass_at_k(4, 1, 4)
        (0.25, 0.5, 1.0)
    """
    return 1.0 - math.comb(num_rollouts - num_passed, k) / math.comb(num_rollouts, k)


def find_pass_rates(
    groups: Iterable[list[float]], k: int, threshold: float = PASSED
) -> PassRates | None:
    """The mean over records; `None` where no record has `k` graded rollouts.

    Args:
        groups: The rewards of each record.
        k: How many answers are drawn.
        threshold: The reward from which one passes.

    Example:
        >>> found = find_pass_rates([[1, 0], [0, 0], [1]], k=2)
        >>> found.num_groups, found.pass_at_1, found.pass_at_k
        (2, 0.25, 0.5)
    """
    counts = [
        (len(rewards), sum(has_passed(reward, threshold) for reward in rewards))
        for rewards in groups
        if len(rewards) >= max(k, 1)
    ]
    if not counts or k < 1:
        return None
    return PassRates(
        threshold=threshold,
        k=k,
        num_groups=len(counts),
        pass_at_1=math.fsum(passed / size for size, passed in counts) / len(counts),
        pass_at_k=math.fsum(pass_at_k(size, passed, k) for size, passed in counts) / len(counts),
    )
