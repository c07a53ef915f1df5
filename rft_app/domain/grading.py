"""What a grader says of one rollout: a grade, that it abstains, or why there is none."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal, NamedTuple

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
    NOT_REACHED = "not_reached"
    """There is no way to the provider, or the line broke."""
    TOO_LATE = "too_late"
    """The provider did not answer in time."""
    NO_COMPLETION = "no_completion"
    """What answered is no chat API: a web page, or nothing that can be read."""
    NO_REPLY = "no_reply"
    """The model said nothing.  In runs of earlier releases also what the three above mean."""
    BAD_REPLY = "bad_reply"
    """The reply holds no score that can be read, nor does the second one."""
    DECLINED = "declined"
    """The model would not judge."""

    @property
    def origin(self) -> "FailureOrigin":
        """Where the fault lies."""
        return _ORIGINS.get(self, FailureOrigin.GRADER)


class FailureOrigin(StrEnum):
    """Where the fault behind a failure lies, and so who can mend it."""

    GRADER = "grader"
    PROVIDER = "provider"
    """The way to the model: the grader was not at work."""
    MODEL = "model"
    """The judge's model, which the provider reached."""
    RECORDS = "records"

    @property
    def words(self) -> str:
        """Where failures lie, e.g. `in the grader`."""
        return {
            FailureOrigin.GRADER: "in the grader",
            FailureOrigin.PROVIDER: "with the provider, not in the grader",
            FailureOrigin.MODEL: "with the judging model",
            FailureOrigin.RECORDS: "in the records",
        }[self]


_ORIGINS: Mapping[FailureKind, FailureOrigin] = {
    FailureKind.NOT_SAMPLED: FailureOrigin.PROVIDER,
    FailureKind.PROVIDER_REFUSED: FailureOrigin.PROVIDER,
    FailureKind.NOT_REACHED: FailureOrigin.PROVIDER,
    FailureKind.TOO_LATE: FailureOrigin.PROVIDER,
    FailureKind.NO_COMPLETION: FailureOrigin.PROVIDER,
    FailureKind.NO_REPLY: FailureOrigin.MODEL,
    FailureKind.BAD_REPLY: FailureOrigin.MODEL,
    FailureKind.DECLINED: FailureOrigin.MODEL,
    FailureKind.NO_REFERENCE: FailureOrigin.RECORDS,
    FailureKind.NO_OUTPUT: FailureOrigin.RECORDS,
    FailureKind.MISSING_VARIABLE: FailureOrigin.RECORDS,
}
"""All others are the grader's own."""


class MainFailures(NamedTuple):
    """What more than half of some failures have in common."""

    origin: FailureOrigin
    number: int
    total: int
    kind: FailureKind
    """The one of that origin that occurred most often."""

    @property
    def sentence(self) -> str:
        """Where they lie, and how many of all."""
        return f"{self.number:,} of {self.total:,} failures lie {self.origin.words}."


def find_main_failures(failures: Mapping[FailureKind, int]) -> MainFailures | None:
    """Where more than half of the failures come from; `None` where no origin has so many.

    Example:
        >>> found = find_main_failures({FailureKind.EXCEPTION: 1, FailureKind.TOO_LATE: 2})
        >>> found.origin.value, found.number, found.kind.value
        ('provider', 2, 'too_late')
        >>> find_main_failures({FailureKind.EXCEPTION: 1, FailureKind.TOO_LATE: 1})
    """
    total = sum(failures.values())
    for origin in FailureOrigin:
        of_it = {kind: number for kind, number in failures.items() if kind.origin is origin}
        if 2 * sum(of_it.values()) > total:
            kind = max(of_it, key=lambda one: of_it[one])
            return MainFailures(origin, sum(of_it.values()), total, kind)
    return None


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
    FailureKind.NOT_REACHED: (
        "Check the provider's base URL (Settings, or RFT_LLM_BASE_URL) and the network, then run "
        "again."
    ),
    FailureKind.TOO_LATE: (
        "Run again later, or raise the provider's longest wait (Settings, or RFT_LLM_TIMEOUT_S)."
    ),
    FailureKind.NO_COMPLETION: (
        "Run again later. If it stays, check the provider's base URL (Settings, or "
        "RFT_LLM_BASE_URL): what answers there is no chat API."
    ),
    FailureKind.NO_REPLY: "Run again, or choose another model.",
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
