"""Attacks on a grader, on the wire."""

from pydantic import Field

from rft_app.api.schemas._base import Wire, WireRequest
from rft_app.api.schemas.generation import CostRange
from rft_app.api.schemas.grader import GraderConfig, GraderTestResult
from rft_app.api.schemas.job import Paid
from rft_app.domain.attack import AttackName
from rft_app.services import grader_attacks
from rft_app.services.grader_attacks import MAX_ATTACKED, NUM_ATTACKED
from rft_app.services.grader_trial import TriedGrade
from rft_app.services.judge_costs import JudgeEstimate


class GraderAttackRequest(WireRequest):
    """Which grader to attack with how many records."""

    sample_size: int = Field(default=NUM_ATTACKED, ge=1, le=MAX_ATTACKED)
    seed: int = Field(default=0, ge=-(2**63), lt=2**63)
    """The same records for the same seed."""
    config: GraderConfig | None = None
    """Settings to attack without saving them; absent means the saved grader."""


class GraderAttackEstimate(Wire):
    """What an attack will ask of a judge and cost, as far as that can be known."""

    model: str | None
    """`null` while no provider is configured."""
    calls: int
    """At most, but for replies that have to be asked for twice."""
    prompt_tokens: int
    reply_tokens: int
    cost_range: CostRange | None
    """`null` where the model's prices are not known."""
    cost_formula: str
    prices_date: str | None
    obstacle: str
    """Why it cannot start; mostly empty."""

    @classmethod
    def of(cls, found: JudgeEstimate) -> "GraderAttackEstimate":
        """Convert from the use case's value."""
        return cls(
            model=found.model,
            calls=found.num_calls,
            prompt_tokens=found.tokens.num_prompt_tokens,
            reply_tokens=found.tokens.num_reply_tokens,
            cost_range=CostRange.of(found.cost),
            cost_formula=found.cost.formula,
            prices_date=found.cost.prices_date,
            obstacle=found.obstacle,
        )


class AttackedAnswer(GraderTestResult):
    """An attack on one record beside what the grader says of it."""

    answer: str

    @classmethod
    def of_grade(cls, grade: TriedGrade) -> "AttackedAnswer":
        """Convert from the use case's value."""
        told = GraderTestResult.of(grade.record_id, grade.outcome)
        return cls(**told.model_dump(), answer=grade.output_text)


class AttackSpread(Wire):
    """Rewards of some answers; failures and abstentions are in none of them."""

    mean: float | None
    """`null` where nothing was graded."""
    rewards: list[float]
    failed: int
    abstained: int

    @classmethod
    def of(cls, spread: grader_attacks.Spread) -> "AttackSpread":
        """Convert from the use case's value."""
        return cls(
            mean=spread.mean,
            rewards=list(spread.rewards),
            failed=spread.num_failed,
            abstained=spread.num_abstained,
        )


class AttackFinding(AttackSpread):
    """What one attack got."""

    attack: AttackName
    label: str
    meaning: str
    """What the answer is, in a few words."""
    not_applicable: int
    """Records that have not what the attack is made of; they are in no other figure."""
    suspicious: bool
    reason: str
    """Why it is suspicious; empty where it is not."""
    results: list[AttackedAnswer]

    @classmethod
    def of_finding(cls, finding: grader_attacks.AttackFinding) -> "AttackFinding":
        """Convert from the use case's value."""
        return cls(
            **AttackSpread.of(finding.spread).model_dump(),
            attack=finding.attack,
            label=finding.label,
            meaning=finding.meaning,
            not_applicable=finding.num_not_applicable,
            suspicious=bool(finding.suspicion),
            reason=finding.suspicion,
            results=[AttackedAnswer.of_grade(grade) for grade in finding.grades],
        )


class GraderAttack(Wire):
    """A grader attacked with a few records."""

    records: int
    recorded: AttackSpread
    """What the records' own answers get."""
    limit: float
    """The mean reward from which an attack is suspicious: that of the recorded answers, else 0.5.
    A mean of 0 never is."""
    compares_with_reference: bool
    """Whether the reference itself should get at least 0.5."""
    attacks: list[AttackFinding]
    unasked: int
    """Answers that the judge was not asked about, because further calls would only have failed,
    too; among the failed."""
    problem: str
    """Why it was not, with the remedy; mostly empty."""
    notice: str
    """Why the recorded answers flatter the grader; mostly empty."""
    paid: Paid | None
    """What a judge's calls cost; `null` where no model was asked."""

    @classmethod
    def of(cls, report: grader_attacks.AttackReport) -> "GraderAttack":
        """Convert from the use case's value."""
        return cls(
            records=report.num_records,
            recorded=AttackSpread.of(report.recorded),
            limit=report.limit,
            compares_with_reference=report.compares,
            attacks=[AttackFinding.of_finding(finding) for finding in report.findings],
            unasked=report.num_unasked,
            problem=report.problem,
            notice=report.notice,
            paid=None if report.paid is None else Paid.of(report.paid),
        )
