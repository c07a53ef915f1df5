"""What dry runs say of one record: a mean, or that nothing could be graded, never a zero."""

from rft_app.domain.entity import Entity
from rft_app.domain.grader import MadeBy


class GradedRun(Entity):
    """A finished dry run, as the head of a column."""

    id: str
    number: int
    made_by: MadeBy = MadeBy()
    """Which version of the grader graded it."""


class RecordGrade(Entity):
    """One record's rollouts in one dry run."""

    mean: float | None
    """Of the graded ones; `None` when none was graded."""
    num_graded: int
    num_failed: int
    """Answers that the grader could not judge."""
    num_abstained: int = 0
    num_not_sampled: int = 0
    """Answers that the model did not give, so that there was nothing to grade."""
