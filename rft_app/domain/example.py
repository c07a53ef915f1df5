"""Examples: what one row of a training file is made of, where that is more than a record."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from rft_app.domain.record import RecordBytes
from rft_app.domain.statistics import EQUAL_REWARDS, has_passed


class Unit(StrEnum):
    """What a row of a format stands for."""

    RECORD = "record"
    PAIR = "pair"
    """Two answers to one record, one better than the other."""
    LABEL = "label"
    """One answer, called good or bad."""


class Origin(StrEnum):
    """What judged the answers of an example, strongest first."""

    FEEDBACK = "feedback"
    """A person preferred, liked or rated one."""
    CORRECTION = "correction"
    """A person put one in the place of the other."""
    IMPORTED = "imported"
    """The source row named both."""
    REWARD = "reward"
    """Rewards of the record's rollouts."""


class Answer(NamedTuple):
    """One answer to a record."""

    key: int
    """Of the rollout; 0 for the record's own recorded answer."""
    messages: tuple[bytes, ...]
    """One JSON object per message."""
    reward: float | None = None
    """In [0, 1]; `None` where nothing or nobody could tell."""
    is_abstained: bool = False
    """Whether the grader was asked and would not tell."""
    is_failed: bool = False
    """Whether the grader was asked and could not tell."""


class Pair(NamedTuple):
    """Two answers to the same input."""

    record: RecordBytes
    chosen: tuple[bytes, ...]
    """The better answer: one JSON object per message."""
    rejected: tuple[bytes, ...]
    origin: Origin


def best_and_worst(answers: Iterable[Answer], margin: float) -> tuple[Answer, Answer] | None:
    """The answers of highest and lowest reward, the first of each; `None` when they are too near.

    Args:
        answers: Those without a reward do not take part.
        margin: Smallest difference of their rewards, above 0; rounding aside.

    Example:
        >>> rewards = (0.5, None, 1.0, 0.0)
        >>> answers = [Answer(key, (b"{}",), reward) for key, reward in enumerate(rewards)]
        >>> [answer.key for answer in best_and_worst(answers, 0.5)]
        [2, 3]
        >>> best_and_worst(answers[:3], 0.6) is None
        True
    """
    rewarded = [(answer.reward, answer) for answer in answers if answer.reward is not None]
    if not rewarded:
        return None
    best_reward, best = max(rewarded, key=lambda pair: pair[0])
    worst_reward, worst = min(rewarded, key=lambda pair: pair[0])
    gap = best_reward - worst_reward
    return (best, worst) if gap > EQUAL_REWARDS and has_passed(gap, margin) else None


class Labelled(NamedTuple):
    """One answer with a label."""

    record: RecordBytes
    answer: tuple[bytes, ...]
    """One JSON object per message."""
    is_good: bool
    origin: Origin
