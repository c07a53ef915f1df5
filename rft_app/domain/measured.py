"""The figures of a dry run that its rules look at."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Self

from pydantic import Field

from rft_app.domain.entity import Entity
from rft_app.domain.grading import FailureKind, MainFailures, find_main_failures
from rft_app.domain.sampling import PassRates, Sampling
from rft_app.domain.words import count, share

FEW_GRADED = 50
"""Below so many graded rollouts the figures are mostly chance."""
WHOLE_MEAN = 0.20
"""From this mean on, a topic near zero stands out."""
MANY_CUT, MOSTLY_CUT = 0.1, 0.5
"""Shares of answers cut off from which they are named beside a low mean, and explain it."""


class Measure(StrEnum):
    """What the rules look at, in the order they are listed."""

    FAILURE_RATE = "failure_rate"
    NUM_GRADED = "num_graded"
    MEAN = "mean"
    SD = "sd"
    LEARNABLE_SHARE = "learnable_share"
    TOPIC_MEAN = "topic_mean"


class Answers(Entity):
    """What asking a model for the answers came to."""

    num_asked: int
    num_cut: int = 0
    """Those that reached the longest length, and were graded as they were."""
    num_not_given: int = 0
    """Those that no model gave, which are in no figure."""
    max_tokens: int
    """The longest length."""

    @classmethod
    def of(
        cls, sampling: Sampling | None, num_asked: int, *, num_cut: int, num_not_given: int
    ) -> Self | None:
        """What came of asking; `None` where recorded answers were graded."""
        return sampling and cls(
            num_asked=num_asked,
            num_cut=num_cut,
            num_not_given=num_not_given,
            max_tokens=sampling.max_tokens,
        )

    @property
    def cut_share(self) -> float:
        """Of the answers that were given."""
        num_given = self.num_asked - self.num_not_given
        return self.num_cut / num_given if num_given > 0 else 0.0

    @property
    def advice(self) -> str:
        """What to do about answers that were cut off."""
        return (
            f"{share(self.cut_share)} of the answers were cut off at "
            f"{count(self.max_tokens, 'token')} and graded as they were: raise the longest answer "
            "(--max-tokens, maxTokens) and run again before anything else."
        )


class Measured(Entity):
    """The figures the rules look at; `None` where there is none."""

    failure_rate: float | None
    num_graded: int
    mean: float | None
    sd: float | None
    learnable_share: float | None
    topic_means: dict[str, float]
    """Topic to mean reward, topics without a graded rollout left out."""
    failures: dict[FailureKind, int] = Field(default_factory=dict[FailureKind, int])
    """How often each kind occurred."""
    answers: Answers | None = None
    """`None` where recorded answers were graded."""
    max_rollouts_per_record: int = 0
    """K, as planned."""
    num_abstained: int = 0
    pass_rates: PassRates | None = None
    """`None` where no record has all of its rollouts graded."""

    @property
    def num_not_given(self) -> int:
        """Planned answers that no model gave."""
        return self.answers.num_not_given if self.answers else 0

    @property
    def main_failures(self) -> MainFailures | None:
        """Where most failures come from."""
        return find_main_failures(self.failures)

    @property
    def advice_on_cut(self) -> str:
        """What to do about answers cut off where the mean is low; empty where they are few."""
        answers, mean = self.answers, self.mean
        if answers is None or mean is None or mean >= WHOLE_MEAN or answers.cut_share < MANY_CUT:
            return ""
        return answers.advice

    @property
    def worst_topic(self) -> tuple[str, float] | None:
        """The topic with the lowest mean, where the whole is good enough to compare with."""
        if self.mean is None or self.mean < WHOLE_MEAN or not self.topic_means:
            return None
        return min(self.topic_means.items(), key=lambda pair: (pair[1], pair[0]))

    def tell_ungraded(self) -> str:
        """How many answers were not given and how many rollouts failed; empty where none."""
        missing, failed = self.num_not_given, sum(self.failures.values())
        told = [f"{count(missing, 'answer was', 'answers were')} not given"] * bool(missing)
        told += [f"{count(failed, 'rollout')} failed"] * bool(failed)
        return " and ".join(told)

    def tell_absence(self, measure: Measure) -> str:
        """Why a rule does not apply that has no value."""
        if self.num_graded == 0:
            return self._tell_nothing_graded()
        if measure is Measure.TOPIC_MEAN:
            return self._tell_topics_absent()
        if self.max_rollouts_per_record < 2:
            return "One rollout per record: no spread within a record."
        told = self.tell_ungraded()
        return f"No record has two graded rollouts{f': {told}' if told else ''}."

    def _tell_topics_absent(self) -> str:
        if self.mean is None or self.mean >= WHOLE_MEAN:
            return "No topic has a graded rollout."
        return f"The whole mean is {self.mean:.2f}; topics are compared from {WHOLE_MEAN:.2f} on."

    def _tell_nothing_graded(self) -> str:
        abstained = count(self.num_abstained, "rollout")
        told = [self.tell_ungraded()]
        told += [f"the grader abstained on {abstained}"] * bool(self.num_abstained)
        why = ", ".join(part for part in told if part)
        return f"Nothing was graded: {why or 'no rollout was planned'}."

    def value(self, measure: Measure) -> float | None:
        """The figure behind one rule."""
        values: Mapping[Measure, float | None] = {
            Measure.FAILURE_RATE: self.failure_rate,
            Measure.NUM_GRADED: self.num_graded,
            Measure.MEAN: self.mean,
            Measure.SD: self.sd,
            Measure.LEARNABLE_SHARE: self.learnable_share,
            Measure.TOPIC_MEAN: self.worst_topic[1] if self.worst_topic else None,
        }
        return values[measure]
