"""What a dry run will ask, for its answers and by its judge, before it asks anything."""

from typing import NamedTuple

from sqlmodel import Session

from rft_app.domain.dry_run import DryRunSettings
from rft_app.services.expected_rollouts import ExpectedRollouts
from rft_app.services.judge_costs import JudgeEstimate, estimate_judge
from rft_app.services.sampling_costs import SamplingEstimate, estimate_sampling


class RunEstimate(NamedTuple):
    """Both halves of a dry run."""

    answers: SamplingEstimate | None
    """`None` where recorded answers are graded."""
    judge: JudgeEstimate | None
    """`None` where the grader asks no model."""


def estimate_dry_run(session: Session, dataset_id: str, settings: DryRunSettings) -> RunEstimate:
    """What a dry run with the current grader would ask; its rollouts are looked up once for both.

    Raises:
        ConflictError: No record has an answer, and none is asked for.
        InvalidInputError: There is no such model; the message lists those there are.
        NotAvailableError: Answers are asked for and there is no model at all.
    """
    expected = ExpectedRollouts(session, dataset_id, settings)
    return RunEstimate(
        answers=estimate_sampling(session, dataset_id, settings, expected),
        judge=estimate_judge(session, dataset_id, settings, expected),
    )
