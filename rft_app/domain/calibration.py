"""How far a grader agrees with people: what they said of answers beside the rewards of these."""

import math
from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import NamedTuple

from rft_app.domain.entity import Entity
from rft_app.domain.feedback import MAX_RATING, MIN_RATING, Thumb, label
from rft_app.domain.statistics import EQUAL_REWARDS, has_passed
from rft_app.domain.words import share

MIN_RECORDS = 20
"""Below so many records agreement is unknown: it would be mostly chance."""
TARGET_WIDTH = 0.2
"""How wide an interval may be; a wider one asks for more labels."""
DEFAULT_THRESHOLD = 0.5
"""The reward from which an answer has passed, where the grader has no threshold of its own."""
MIN_GAP = 0.25
"""How far people and grader must be apart to be listed as a disagreement."""
NUM_ASKED, NUM_LOCAL = 50, 1000
"""Answers that are graded in one go: by a model, and without one."""
MIN_TOLD = 5
"""From so many records on it is told that all are alike."""
RULE_OF_THREE = 3.0
"""What was seen in none of n happens in at most 3 / n of all, with 95 % confidence."""


class Said(NamedTuple):
    """What one person said of one record's own answer."""

    reviewer: str
    thumb: Thumb | None = None
    rating: int | None = None
    """1 (worst) to 5."""
    is_corrected: bool = False
    """Whether the person wrote a better answer."""
    note: str = ""

    @property
    def label(self) -> bool | None:
        """Whether the answer is good; a correction says no where neither thumb nor rating is."""
        is_silent = self.thumb is None and self.rating is None
        return False if is_silent and self.is_corrected else label(self)

    @property
    def value(self) -> float | None:
        """The same on the scale of rewards; a rating's place between its ends."""
        if self.thumb is None and self.rating is not None:
            return (self.rating - MIN_RATING) / (MAX_RATING - MIN_RATING)
        return None if self.label is None else float(self.label)


class Judgement(NamedTuple):
    """What all people together said of one record's answer."""

    label: bool | None
    """What more of them said; `None` where as many said yes as no, or none of either."""
    rating: float | None
    """Mean of the ratings; `None` without any."""
    value: float
    """Mean on the scale of rewards."""


def sum_up(opinions: Iterable[Said]) -> Judgement | None:
    """One judgement of several opinions; `None` where nobody said how good the answer is.

    Example:
        >>> sum_up([Said("Ada", Thumb.UP), Said("Bo", Thumb.DOWN, rating=2)])
        Judgement(label=None, rating=2.0, value=0.5)
        >>> sum_up([Said("Ada", is_corrected=True)])
        Judgement(label=False, rating=None, value=0.0)
    """
    told = [one for one in opinions if one.value is not None]
    if not told:
        return None
    votes = sum(1 if one.label else -1 for one in told if one.label is not None)
    ratings = [one.rating for one in told if one.rating is not None]
    return Judgement(
        label=votes > 0 if votes else None,
        rating=fmean(ratings) if ratings else None,
        value=fmean(one.value for one in told if one.value is not None),
    )


class Confusion(Entity):
    """Records by what people said and whether the grader let the answer pass."""

    good_passed: int = 0
    good_refused: int = 0
    bad_passed: int = 0
    bad_refused: int = 0

    @property
    def n(self) -> int:
        """All of them."""
        return self.good_passed + self.good_refused + self.bad_passed + self.bad_refused

    @property
    def num_agreed(self) -> int:
        """Records of which both say the same."""
        return self.good_passed + self.bad_refused


class Coefficient(Entity):
    """One figure of agreement with its uncertainty."""

    n: int
    """Records that it rests on."""
    value: float | None = None
    """-1 to 1; `None` where it is unknown."""
    low: float | None = None
    """Ends of the 95 % interval; `None` where resampling cannot tell."""
    high: float | None = None
    num_more: int | None = None
    """Labels to add until the interval is `TARGET_WIDTH` wide; 0 where it is, `None` if unknown."""
    note: str = ""
    """Why something is unknown; mostly empty."""

    @property
    def more(self) -> str:
        """How many labels to add, and what that number is; empty where none is missing.

        Example:
            >>> too_few(3).more
            'Label 17 more: at least 20 labels are needed before agreement is told.'
        """
        if not self.num_more:
            return ""
        if self.n < MIN_RECORDS:
            return (
                f"Label {self.num_more:,} more: at least {MIN_RECORDS} labels are needed before "
                "agreement is told."
            )
        if self.low is None or self.high is None:
            return (
                f"Label about {self.num_more:,} more: none differs so far; if none will, at most "
                f"{share(TARGET_WIDTH / 2)} of all others can."
            )
        return (
            f"Label about {self.num_more:,} more, estimated from the interval's present width of "
            f"{self.high - self.low:.2f}: then it is {TARGET_WIDTH:.2f} wide, if the rest is like "
            "these."
        )


def count_more(n: int, width: float) -> int:
    """How many records to add until an interval of that width shrinks to `TARGET_WIDTH`.

    Widths shrink with the root of n, so `n * (width / TARGET_WIDTH) ** 2` records are needed.  An
    interval without any width comes of a sample in which all agree: by the rule of three so many
    are needed that at most half of `TARGET_WIDTH` of all others can disagree.

    Example:
        >>> count_more(50, 0.4), count_more(50, 0.2), count_more(20, 0.0)
        (150, 0, 10)
    """
    needed = n * (width / TARGET_WIDTH) ** 2 if width else 2 * RULE_OF_THREE / TARGET_WIDTH
    return max(0, math.ceil(round(needed, 6)) - n)


def warn(pairs: Sequence[tuple[Judgement, float]], threshold: float) -> tuple[str, ...]:
    """What keeps the figures from saying anything: all rewards or all labels are alike.

    Args:
        pairs: What people said of an answer, and its reward.
        threshold: The reward from which an answer has passed.

    Example:
        >>> said = sum_up([Said("Ada", Thumb.UP)])
        >>> len(warn([(said, 1.0)] * MIN_TOLD, 0.5)), warn([(said, 1.0)] * 4, 0.5)
        (2, ())
    """
    told: list[str] = []
    rewards = [reward for _, reward in pairs]
    if len(rewards) >= MIN_TOLD and max(rewards) - min(rewards) <= EQUAL_REWARDS:
        told.append(
            f"All {len(rewards):,} rewards are {rewards[0]:.2f}: the grader tells none of these "
            "answers apart, so neither kappa nor Spearman says anything."
        )
    elif len(rewards) >= MIN_TOLD and len({has_passed(one, threshold) for one in rewards}) == 1:
        side = "pass" if has_passed(rewards[0], threshold) else "fail"
        told.append(
            f"All {len(rewards):,} answers {side} at {threshold:.2f}: kappa says nothing of the "
            "grader. Move its threshold, or label answers of another kind."
        )
    labels = [judgement.label for judgement, _ in pairs if judgement.label is not None]
    if len(labels) >= MIN_TOLD and len(set(labels)) == 1:
        kind, other = ("good", "bad") if labels[0] else ("bad", "good")
        told.append(
            f"People call all {len(labels):,} answers {kind}: kappa says nothing until some are "
            f"labelled that are {other}."
        )
    ratings = [judgement.rating for judgement, _ in pairs if judgement.rating is not None]
    if len(ratings) >= MIN_TOLD and len(set(ratings)) == 1:
        told.append(
            f"All {len(ratings):,} ratings are {ratings[0]:g}: Spearman says nothing without an "
            "order."
        )
    return tuple(told)


def too_few(n: int) -> Coefficient:
    """What can be said below `MIN_RECORDS`."""
    return Coefficient(
        n=n,
        num_more=MIN_RECORDS - n,
        note=f"Unknown below {MIN_RECORDS} records; there are {n}.",
    )
