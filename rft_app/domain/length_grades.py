"""Whether short and long records earn different rewards."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from rft_app.domain.entity import Entity
from rft_app.domain.statistics import summarise

NUM_LENGTHS = 4
"""Parts of like size that records are put into."""
LEAST_SPREAD = 1.5
"""How much longer than the shortest record the longest is, where length may matter."""


class LengthGrades(Entity):
    """The grades of the records of like length, a quarter of all."""

    min_tokens: int
    max_tokens: int
    """Of the record with its recorded answer, estimated."""
    num_graded: int
    mean: float | None
    """`None` where nothing was graded."""


def group_by_length(graded: Iterable[tuple[int, float]]) -> tuple[LengthGrades, ...]:
    """Parts of about as many rollouts, cut between different lengths; shortest first.

    Args:
        graded: The length of a rollout's record in tokens, and its reward.

    Returns:
        At most `NUM_LENGTHS`; none where there are fewer different lengths, or all are about as
        long.

    Example:
        >>> parts = group_by_length([(10, 0.0), (20, 0.0), (30, 1.0), (40, 1.0)])
        >>> [(part.min_tokens, part.mean) for part in parts]
        [(10, 0.0), (20, 0.0), (30, 1.0), (40, 1.0)]
    """
    rewards_of: defaultdict[int, list[float]] = defaultdict(list)
    for tokens, reward in graded:
        rewards_of[tokens].append(reward)
    if len(rewards_of) < NUM_LENGTHS or max(rewards_of) < LEAST_SPREAD * min(rewards_of):
        return ()
    total = sum(map(len, rewards_of.values()))
    parts: list[list[int]] = [[] for _ in range(NUM_LENGTHS)]
    num_before = 0
    for length in sorted(rewards_of):
        parts[NUM_LENGTHS * num_before // total].append(length)
        num_before += len(rewards_of[length])
    return tuple(_summarise(part, rewards_of) for part in parts if part)


def _summarise(lengths: list[int], rewards_of: Mapping[int, list[float]]) -> LengthGrades:
    rewards = [reward for length in lengths for reward in rewards_of[length]]
    found = summarise(rewards)
    return LengthGrades(
        min_tokens=lengths[0],
        max_tokens=lengths[-1],
        num_graded=len(rewards),
        mean=found.mean if found else None,
    )
