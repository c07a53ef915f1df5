"""Several votes of a judge on one answer: one outcome, and how far they agree."""

import statistics
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum

from rft_app.domain.grading import (
    Abstention,
    GradingFailure,
    Outcome,
    Verdict,
    Votes,
)

TOLERANCE = 0.1
"""Votes this near to the grade agree with it, in units of the reward."""
_DIGITS = 9
"""Rewards that are the same so far are one for a majority."""


class VoteRule(StrEnum):
    """How several votes become one reward."""

    MEAN = "mean"
    MEDIAN = "median"
    MAJORITY = "majority"
    """What more than half of the votes that judged gave; without that the judge abstains."""


def count_votes(outcomes: Sequence[Outcome], rule: VoteRule) -> Outcome:
    """The outcome of at least one vote.

    A reward needs more than half of all votes to have judged.  Where fewer did, the others decide:
    an abstention where more abstained than failed, else the failure that came first.

    Example:
        >>> found = count_votes([Verdict(reward=1.0), Verdict(reward=0.5)], VoteRule.MEAN)
        >>> found.reward, found.votes.agreement
        (0.75, 0.0)
    """
    verdicts = [one for one in outcomes if isinstance(one, Verdict)]
    if len(outcomes) == 1 or 2 * len(verdicts) <= len(outcomes):
        return outcomes[0] if len(outcomes) == 1 else _without_majority(outcomes)
    rewards = [one.reward for one in verdicts]
    if (reward := _decide(rewards, rule)) is None:
        said = ", ".join(f"{one:.2f}" for one in sorted(rewards))
        return Abstention(reason=f"No reward has a majority: {said}.")
    nearest = min(verdicts, key=lambda one: abs(one.reward - reward))
    return Verdict(
        reward=reward,
        reason=nearest.reason,
        votes=Votes(
            rewards=tuple(rewards),
            num_abstained=sum(isinstance(one, Abstention) for one in outcomes),
            num_failed=sum(isinstance(one, GradingFailure) for one in outcomes),
            agreement=sum(abs(one - reward) <= TOLERANCE + 1e-9 for one in rewards) / len(rewards),
            sd=statistics.pstdev(rewards),
        ),
    )


def _decide(rewards: Sequence[float], rule: VoteRule) -> float | None:
    match rule:
        case VoteRule.MEAN:
            return min(statistics.fmean(rewards), max(rewards))
        case VoteRule.MEDIAN:
            return statistics.median(rewards)
        case VoteRule.MAJORITY:
            [(reward, number)] = Counter(round(one, _DIGITS) for one in rewards).most_common(1)
            return reward if 2 * number > len(rewards) else None


def _without_majority(outcomes: Sequence[Outcome]) -> Outcome:
    abstained = [one for one in outcomes if isinstance(one, Abstention)]
    failed = [one for one in outcomes if isinstance(one, GradingFailure)]
    told = f"{len(abstained)} of {len(outcomes)} votes abstained, {len(failed)} failed."
    if len(abstained) > len(failed):
        reason = next((one.reason for one in abstained if one.reason), None)
        return Abstention(reason=f"{told} {reason}" if reason else told)
    return failed[0].model_copy(update={"message": f"{told} {failed[0].message}"})
