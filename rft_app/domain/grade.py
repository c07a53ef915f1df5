"""One rollout's outcome as a report sums it up."""

from collections.abc import Mapping
from dataclasses import dataclass

from rft_app.domain.grading import FailureKind


@dataclass(frozen=True, slots=True)
class Grade:
    """One stored outcome, with what groups it; there may be a million of them."""

    record_seq: int
    topic_id: int | None = None
    reward: float | None = None
    failure_kind: FailureKind | None = None
    """Set exactly where there is neither a reward nor an abstention."""
    failure_message: str | None = None
    is_abstention: bool = False
    abstention_reason: str | None = None
    criteria: Mapping[str, float] | None = None
    """What the grader told of its parts; `None` where it told none."""
    agreement: float | None = None
    """Of the votes behind it; `None` where there was one vote."""
