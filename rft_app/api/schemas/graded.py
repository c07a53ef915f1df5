"""Graded rollouts on the wire."""

from typing import Any

from rft_app.api.schemas._base import Wire
from rft_app.domain.grading import FailureKind, Verdict
from rft_app.services import dry_runs as domain


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
    """`null` for a grading failure; then `error` says why."""
    reasoning: str | None = None
    error: str | None = None
    error_kind: FailureKind | None = None

    @classmethod
    def of(cls, graded: domain.GradedRollout) -> "GradedRollout":
        """Convert from the use case's value."""
        outcome = graded.outcome
        is_verdict = isinstance(outcome, Verdict)
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
            score=outcome.reward if is_verdict else None,
            reasoning=outcome.reason if is_verdict else None,
            error=None if is_verdict else outcome.message,
            error_kind=None if is_verdict else outcome.failure_kind,
        )
