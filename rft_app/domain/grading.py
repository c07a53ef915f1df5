"""What a grader says of one rollout: a grade, that it abstains, or why there is none."""

from collections.abc import Mapping
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
    """A number outside [0, 1], or a score outside the judge's range."""
    NO_REFERENCE = "no_reference"
    """The grader compares with a reference and the record has none."""
    NO_OUTPUT = "no_output"
    """There is nothing to grade."""
    NOT_SAMPLED = "not_sampled"
    """The model that was asked for the answer gave none; no fault of the grader."""
    MISSING_VARIABLE = "missing_variable"
    """The judge's prompt asks for something that the record or the answer has not."""
    PROVIDER_REFUSED = "provider_refused"
    """The provider did not take the call: key, credit, limits, or a fault of its own."""
    NO_REPLY = "no_reply"
    """Nothing came back, or nothing in it."""
    BAD_REPLY = "bad_reply"
    """The reply holds no score that can be read, nor does the second one."""
    DECLINED = "declined"
    """The model would not judge."""


REMEDIES: Mapping[FailureKind, str] = {
    FailureKind.EXCEPTION: "Read the message, then handle this case in the grader.",
    FailureKind.TIMEOUT: "Make the script do less for each answer, or raise its time limit.",
    FailureKind.MEMORY: "Make the script hold less at once, or raise its memory limit.",
    FailureKind.CRASHED: "The script ended its process or wrote past it; let `grade` only return.",
    FailureKind.NOT_A_NUMBER: "Let `grade` return a number from 0 to 1 on every path.",
    FailureKind.NOT_FINITE: "A division or a logarithm gave no finite number; guard it.",
    FailureKind.OUT_OF_RANGE: (
        "Scale what a script returns to 0 to 1; tell a judge its range in the prompt."
    ),
    FailureKind.NO_REFERENCE: "Add references to these records, or use a grader that needs none.",
    FailureKind.NO_OUTPUT: "Import answers for these records, or let it read another field.",
    FailureKind.NOT_SAMPLED: "Read what the provider said, then run again.",
    FailureKind.MISSING_VARIABLE: "Add it to these records, or take it out of the prompt.",
    FailureKind.PROVIDER_REFUSED: "Read what the provider said, then run again.",
    FailureKind.NO_REPLY: "Run again later, or raise RFT_LLM_TIMEOUT_S.",
    FailureKind.BAD_REPLY: (
        "Ask for less in the output schema, allow more tokens, or choose another model."
    ),
    FailureKind.DECLINED: "Reword the prompt, or choose another model.",
}
"""What to do about failures of each kind."""


class Votes(Entity):
    """How several votes of a judge made one grade."""

    rewards: tuple[Reward, ...]
    """Of the votes that judged, in the order in which they were asked for."""
    num_abstained: int = 0
    num_failed: int = 0
    agreement: float
    """Share of the votes that judged whose reward is within 0.1 of the grade's."""
    sd: float
    """Population standard deviation of the rewards."""


class Verdict(Entity):
    """The grader reached a judgement."""

    kind: Literal["verdict"] = "verdict"
    reward: Reward
    reason: str | None = None
    """One sentence of evidence."""
    criteria: dict[str, float] = Field(default_factory=dict[str, float])
    """What the grader told of its parts, each on a scale of its own; empty where it told none."""
    votes: Votes | None = None
    """Where the judge was asked several times."""


class Abstention(Entity):
    """The grader looked and would not say: neither a reward of 0 nor a failure."""

    kind: Literal["abstention"] = "abstention"
    reason: str | None = None
    """Why, where it says so."""


class GradingFailure(Entity):
    """The grader could not judge; this says nothing of the rollout and is never a reward of 0."""

    kind: Literal["failure"] = "failure"
    failure_kind: FailureKind
    message: str


NO_ANSWER = GradingFailure(
    failure_kind=FailureKind.NO_OUTPUT, message="The record has no recorded answer."
)
"""The outcome where no grader need be asked."""

Outcome = Verdict | Abstention | GradingFailure
"""Exactly one of three: a reward, none because the grader would not, none because it could not."""
GradeOutcome = Annotated[Outcome, Field(discriminator="kind")]


class GradeOrder(StrEnum):
    """Which grades a page shows, and in which order."""

    BEST = "best"
    """Graded ones, highest reward first."""
    WORST = "worst"
    FAILED = "failed"
    """Those that the grader could not judge."""
    ABSTAINED = "abstained"
    """Those that it would not judge."""
    NOT_SAMPLED = "not_sampled"
    """Answers that the model did not give: there was nothing to judge."""
    SPLIT = "split"
    """All rollouts of the records whose rewards differ: by the gap between a record's highest and
    lowest reward, the widest first; a record's rollouts stand together."""
    ALL = "all"
    """In the order of the plan: a record's rollouts stand together."""
