"""Graded rollouts on the wire."""

from typing import Any

from pydantic import Field

from rft_app.api.schemas._base import Wire
from rft_app.domain.grading import (
    Abstention,
    FailureKind,
    GradeOutcome,
    GradingFailure,
    Verdict,
)
from rft_app.services import dry_runs as domain


class Votes(Wire):
    """How several votes of a judge made one score."""

    rewards: list[float]
    abstained: int
    failed: int
    agreement: float
    """Share of the rewards within 0.1 of the score."""
    std: float

    @classmethod
    def of(cls, outcome: GradeOutcome) -> "Votes | None":
        """Convert from the domain; `None` where there are none."""
        found = outcome.votes if isinstance(outcome, Verdict) else None
        return found and cls(
            rewards=list(found.rewards),
            abstained=found.num_abstained,
            failed=found.num_failed,
            agreement=found.agreement,
            std=found.sd,
        )


class GradedRollout(Wire):
    """One answer with what the grader said of it."""

    item: int
    """Position in the dry run's plan."""
    record_id: str
    topic: str | None
    question: str
    reference: str | None
    output: str
    tool_calls: list[dict[str, Any]]
    is_recorded: bool
    """Whether it is the record's own answer rather than an imported one."""
    model: str | None
    score: float | None
    """`null` for a grading failure, where `error` says why, and for an abstention."""
    abstained: bool = False
    """Whether the grader would not judge: no zero and no failure; `reasoning` says why."""
    criteria: dict[str, float] = Field(default_factory=dict[str, float])
    """What the grader told of its parts, each on a scale of its own."""
    votes: Votes | None = None
    """How several votes of a judge made the score; `null` where there was one."""
    reasoning: str | None = None
    error: str | None = None
    error_kind: FailureKind | None = None

    @classmethod
    def of(cls, graded: domain.GradedRollout) -> "GradedRollout":
        """Convert from the use case's value."""
        outcome = graded.outcome
        failure = outcome if isinstance(outcome, GradingFailure) else None
        return cls(
            item=graded.item,
            record_id=graded.record_id,
            topic=graded.topic,
            question=graded.question,
            reference=graded.reference,
            output=graded.output_text,
            tool_calls=list(graded.output_tools),
            is_recorded=graded.is_recorded,
            model=graded.model,
            score=graded.reward,
            abstained=isinstance(outcome, Abstention),
            criteria=outcome.criteria if isinstance(outcome, Verdict) else {},
            votes=Votes.of(outcome),
            reasoning=None if isinstance(outcome, GradingFailure) else outcome.reason,
            error=failure and failure.message,
            error_kind=failure and failure.failure_kind,
        )
