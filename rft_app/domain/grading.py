"""What a grader says of one rollout: a grade, or why there is none."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from rft_app.domain.entity import Entity

Reward = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
"""The one number training maximises, in [0, 1]."""


class FailureKind(StrEnum):
    """What kept the grader from judging."""

    EXCEPTION = "exception"
    """The script raised."""
    TIMEOUT = "timeout"
    MEMORY = "memory"
    CRASHED = "crashed"
    """The grading process died or broke its protocol."""
    NOT_A_NUMBER = "not_a_number"
    """The script returned something that is not a number."""
    NOT_FINITE = "not_finite"
    """NaN or infinity."""
    OUT_OF_RANGE = "out_of_range"
    """A number outside [0, 1]."""
    NO_REFERENCE = "no_reference"
    """The grader compares with a reference and the record has none."""
    NO_OUTPUT = "no_output"
    """There is nothing to grade."""


class Verdict(Entity):
    """The grader reached a judgement."""

    kind: Literal["verdict"] = "verdict"
    reward: Reward
    reason: str | None = None
    """One sentence of evidence."""


class GradingFailure(Entity):
    """The grader could not judge; this says nothing of the rollout and is never a reward of 0."""

    kind: Literal["failure"] = "failure"
    failure_kind: FailureKind
    message: str


GradeOutcome = Annotated[Verdict | GradingFailure, Field(discriminator="kind")]
