"""One graded answer as a card: dry run, grader trial and record detail share it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from rft_app.domain.grading import Abstention, FailureKind, GradeOutcome, Verdict, Votes
from rft_app.domain.paid import PaidTotals
from rft_app.services.dry_runs import GradedRollout
from rft_app.services.grader_trial import TriedGrade
from rft_app.ui.state.figure import Figure
from rft_app.ui.state.record_row import leaf
from rft_app.ui.words import count, dollars, latency, reward, share

CENT = 0.01
GOOD, FAIR = 0.7, 0.3
"""From the first reward on the figure is green, below the second red."""
LONGEST = 600
FAILURES = {
    FailureKind.EXCEPTION: "The script raised",
    FailureKind.TIMEOUT: "Too slow",
    FailureKind.MEMORY: "Out of memory",
    FailureKind.CRASHED: "The grading process died",
    FailureKind.NOT_A_NUMBER: "Not a number",
    FailureKind.NOT_FINITE: "Not a finite number",
    FailureKind.OUT_OF_RANGE: "Outside the range",
    FailureKind.NO_REFERENCE: "No reference",
    FailureKind.NO_OUTPUT: "No answer",
    FailureKind.NOT_SAMPLED: "Not given",
    FailureKind.MISSING_VARIABLE: "Missing in the record",
    FailureKind.PROVIDER_REFUSED: "The provider refused",
    FailureKind.NOT_REACHED: "Provider not reached",
    FailureKind.TOO_LATE: "No reply in time",
    FailureKind.NO_COMPLETION: "No chat API answered",
    FailureKind.NO_REPLY: "Empty reply",
    FailureKind.BAD_REPLY: "Unreadable reply",
    FailureKind.DECLINED: "The model declined",
}


@dataclass(frozen=True)
class OutputCall:
    """One tool call of an answer."""

    name: str
    arguments: str


@dataclass(frozen=True)
class RolloutView:
    """Ready to show."""

    record_id: str
    topic: str
    question: str
    answer: str
    has_output: bool = True
    calls: list[OutputCall] = field(default_factory=list)
    reference: str = ""
    is_graded: bool = True
    reward: str = "–"
    tone: str = "neutral"
    percent: float = 0.0
    is_abstained: bool = False
    """Whether the grader would not judge."""
    criteria: list[Figure] = field(default_factory=list)
    """What the grader told of its parts."""
    votes: str = ""
    """How the votes of a judge fell; empty where there was one."""
    failure: str = ""
    """Kind of failure in words; empty where there is none."""
    reason: str = ""
    """Why this grade, or what went wrong."""
    origin: str = ""
    took: str = ""
    """How long the grader needed, and what it cost; empty where that was not measured."""

    @classmethod
    def of(cls, rollout: GradedRollout | TriedGrade) -> "RolloutView":
        """Build the card."""
        return cls(
            record_id=rollout.record_id,
            topic=leaf(rollout.topic) if rollout.topic else "",
            question=shorten(rollout.question) or "(no user message)",
            answer=shorten(rollout.output_text),
            has_output=bool(rollout.output_text or rollout.output_tools),
            calls=view_calls(rollout.output_tools),
            reference=shorten(rollout.reference or ""),
            origin=_origin(rollout),
            took=describe_effort(rollout) if isinstance(rollout, TriedGrade) else "",
            **describe_outcome(rollout.outcome),
        )


def describe_outcome(outcome: GradeOutcome) -> dict[str, Any]:
    """The fields that a grade, or the lack of one, decides.

    Example:
        >>> describe_outcome(Verdict(reward=0.92))["tone"]
        'ok'
    """
    if isinstance(outcome, Verdict):
        value = outcome.reward
        return {
            "reward": reward(value),
            "tone": "ok" if value >= GOOD else "warn" if value >= FAIR else "bad",
            "percent": round(100 * value, 1),
            "reason": outcome.reason or "",
            "criteria": [Figure(name, f"{one:.3g}") for name, one in outcome.criteria.items()],
            "votes": describe_votes(outcome.votes),
        }
    if isinstance(outcome, Abstention):
        why = outcome.reason or "The grader gave no reason."
        return {"is_graded": False, "is_abstained": True, "reason": shorten(why)}
    return {
        "is_graded": False,
        "failure": FAILURES[outcome.failure_kind],
        "reason": outcome.message,
    }


def describe_effort(tried: TriedGrade) -> str:
    """How long grading took and what its calls cost; empty where it was not measured."""
    if tried.latency_ms is None:
        return ""
    return " · ".join([latency(tried.latency_ms), *_describe_paid(tried.paid)])


def _describe_paid(paid: PaidTotals | None) -> list[str]:
    if paid is None:
        return []
    if not paid.num_calls:
        return [f"{count(paid.num_cached, 'cached reply', 'cached replies')}, nothing paid"]
    if paid.cost_usd == 0:
        return [count(paid.num_calls, "call"), "free"]
    return [count(paid.num_calls, "call"), describe_small_cost(paid.cost_usd)]


def describe_small_cost(cost_usd: float | None) -> str:
    """What one answer cost, to two digits where that is less than a cent.

    Example:
        >>> describe_small_cost(0.00204), describe_small_cost(0.5), describe_small_cost(None)
        ('$0.0020', '$0.50', 'cost unknown')
    """
    if cost_usd is None:
        return "cost unknown"
    if not 0 < cost_usd < CENT:
        return dollars(cost_usd)
    return f"${cost_usd:.{1 - math.floor(math.log10(cost_usd))}f}"


def describe_votes(votes: Votes | None) -> str:
    """Each vote and how far they agree.

    Example:
        >>> describe_votes(Votes(rewards=(1.0, 0.5), num_failed=1, agreement=0.5, sd=0.25))
        'Votes 1.00, 0.50, 1 failed · 50% agree · sd 0.25'
    """
    if votes is None:
        return ""
    parts = [reward(one) for one in votes.rewards]
    parts += [f"{votes.num_abstained} abstained"] if votes.num_abstained else []
    parts += [f"{votes.num_failed} failed"] if votes.num_failed else []
    return f"Votes {', '.join(parts)} · {share(votes.agreement)} agree · sd {reward(votes.sd)}"


def view_calls(calls: Sequence[dict[str, Any]]) -> list[OutputCall]:
    """Names and arguments of tool calls; a call of another shape shows as its JSON.

    Example:
        >>> view_calls([{"function": {"name": "cancel", "arguments": "{}"}}])
        [OutputCall(name='cancel', arguments='{}')]
    """
    views: list[OutputCall] = []
    for call in calls:
        function = call.get("function")
        if isinstance(function, dict) and isinstance(function.get("name"), str):
            arguments = function.get("arguments", "")
            text = (
                arguments if isinstance(arguments, str) else msgspec.json.encode(arguments).decode()
            )
            views.append(OutputCall(function["name"], shorten(text)))
        else:
            views.append(OutputCall("call", shorten(msgspec.json.encode(call).decode())))
    return views


def shorten(text: str) -> str:
    """One paragraph of at most `LONGEST` characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= LONGEST else f"{flat[:LONGEST]} …"


def _origin(rollout: GradedRollout | TriedGrade) -> str:
    if not isinstance(rollout, GradedRollout):
        return rollout.model or ""
    return "recorded answer" if rollout.is_recorded else rollout.model or "imported answer"
