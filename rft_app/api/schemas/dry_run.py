"""Dry runs on the wire."""

import itertools
from datetime import datetime

from pydantic import Field, StrictBool

from rft_app.api.schemas._base import Wire, WireRequest
from rft_app.api.schemas.job import Paid
from rft_app.domain import dry_run as domain
from rft_app.domain import paid as domain_paid
from rft_app.domain import sampling as domain_sampling
from rft_app.domain.dry_run_advice import Advice
from rft_app.domain.dry_run_rules import (
    Blame,
    DryRunVerdict,
    Measure,
    Quality,
    RowStatus,
    RuleRow,
)
from rft_app.domain.grading import REMEDIES, FailureKind, FailureOrigin
from rft_app.domain.sampling import PASSED, Sampling
from rft_app.domain.statistics import NUM_BINS, RewardStatistics


class DryRunRequest(WireRequest):
    """What to grade."""

    sample_size: int = Field(default=300, ge=1, le=100_000)
    """Records."""
    rollouts_per_record: int = Field(default=4, ge=1, le=64)
    seed: int = 0
    stratify_by_topic: StrictBool = True
    model: str | None = Field(default=None, min_length=1)
    """Who is asked for the answers; `null` grades the recorded and imported ones."""
    temperature: float | None = Field(default=1.0, ge=0, le=2)
    """Of the answers; `null` leaves it to the model."""
    max_tokens: int = Field(default=512, ge=1, le=32_768)
    """Of an answer."""
    budget_usd: float | None = Field(default=None, gt=0)
    """What answers and judge may cost together; the run stops there and can go on."""
    pass_reward: float = Field(default=PASSED, gt=0, le=1)
    """The reward from which a rollout passes, for `passRates`."""

    def to_settings(self) -> domain.DryRunSettings:
        """Convert to the domain."""
        sampling = None
        if self.model is not None:
            sampling = Sampling(
                model=self.model, temperature=self.temperature, max_tokens=self.max_tokens
            )
        return domain.DryRunSettings(
            sampling=sampling,
            budget_usd=self.budget_usd,
            pass_reward=self.pass_reward,
            num_records=self.sample_size,
            num_rollouts=self.rollouts_per_record,
            seed=self.seed,
            stratify=self.stratify_by_topic,
        )


class Percentiles(Wire):
    """Rewards below which so many per cent of the rewards lie."""

    p10: float
    p25: float
    p75: float
    p90: float


class ScoreFractions(Wire):
    """Shares of the rewards, in [0, 1]."""

    gt_zero: float
    eq_one: float


class VoteSummary(Wire):
    """How far a judge's votes on the same answers agree."""

    voted: int
    """Graded rollouts with several votes."""
    mean_agreement: float
    """Mean over them of the share of votes within 0.1 of the grade."""
    unanimous: int
    """Those of them whose votes all lie that near."""

    @classmethod
    def of(cls, found: domain.VoteSummary) -> "VoteSummary":
        """Convert from the domain."""
        return cls(
            voted=found.num_voted,
            mean_agreement=found.mean_agreement,
            unanimous=found.num_unanimous,
        )


class DryRunStatistics(Wire):
    """How the rewards spread."""

    mean: float
    std: float
    median: float
    percentiles: Percentiles
    score_fractions: ScoreFractions


class TopicScore(Wire):
    """The rewards of one topic."""

    mean: float | None
    """`null` where no rollout of the topic was graded."""
    count: int
    """Graded rollouts, of which a record can have several."""
    failed: int = 0
    abstained: int = 0


class CriterionScore(Wire):
    """What a grader told of one part of its grades, on that part's own scale."""

    name: str
    mean: float
    min: float
    max: float
    count: int
    """Graded rollouts that it was told of."""


class RuleAdvice(Wire):
    """One thing to do, and the rules that it is about."""

    text: str
    rules: list[Measure]
    """As `measure` in `rules` of the report."""
    labels: list[str]

    @classmethod
    def of(cls, found: Advice) -> "RuleAdvice":
        """Convert from the domain."""
        return cls(text=found.text, rules=list(found.measures), labels=list(found.labels))


class DryRunDiagnosis(Wire):
    """The verdict and what made it."""

    dataset_quality: Quality
    grader_quality: Quality
    verdict: DryRunVerdict
    warnings: list[str]
    recommendations: list[str]
    """What to do, in the order to do it."""
    advice: list[RuleAdvice]
    """The same with the rules that each is about."""


class DryRunRule(Wire):
    """One row of the rule table with the value it found."""

    measure: Measure
    label: str
    value: float | None
    """`null` where the rule does not apply."""
    shown_value: str
    no_go: str | None
    """When the row says NO_GO, e.g. `> 10%`; `null` where it never does."""
    caution: str
    blames: Blame
    status: RowStatus
    note: str
    remedy: str


class JudgeUse(Wire):
    """What a dry run's judge was asked and what that cost."""

    model: str
    paid: Paid | None
    """`null` where no reply came."""
    note: str

    @classmethod
    def of(cls, found: domain_paid.JudgeUse) -> "JudgeUse":
        """Convert from the domain."""
        return cls(model=found.model, paid=Paid.of(found.paid), note=found.note)


class PassRates(Wire):
    """How often one answer passes, and how often one of K does."""

    threshold: float
    k: int
    records: int
    """With at least K graded rollouts; only they count."""
    pass_at_1: float
    pass_at_k: float

    @classmethod
    def of(cls, found: domain_sampling.PassRates) -> "PassRates":
        """Convert from the domain."""
        return cls(
            threshold=found.threshold,
            k=found.k,
            records=found.num_groups,
            pass_at_1=found.pass_at_1,
            pass_at_k=found.pass_at_k,
        )


class LengthScore(Wire):
    """The rewards of the records of like length, a quarter of all."""

    min_tokens: int
    max_tokens: int
    num_graded: int
    mean: float | None


class DryRunReport(Wire):
    """What the grades of a dry run say."""

    timestamp: datetime
    samples_evaluated: int
    """Records that were evaluated, as `sampleSize` counts them; for rollouts see `rollouts`."""
    statistics: DryRunStatistics | None
    """`null` when nothing could be graded."""
    distribution: dict[str, int]
    """Rewards by bin of 0.1, e.g. `0.0-0.1`; the last bin holds 1, too."""
    by_topic: dict[str, TopicScore]
    diagnosis: DryRunDiagnosis
    run_id: str
    number: int
    snapshot_id: str
    records: int
    rollouts: int
    """Planned ones: graded, failed and abstained."""
    failed: int
    abstained: int
    """Rollouts that the grader would not judge: neither zeros nor failures."""
    abstention_share: float | None
    abstention_example: str
    """The first reason, with its record; empty where it never abstained."""
    criteria: list[CriterionScore]
    """Parts of the grades, where the grader tells of them."""
    votes: VoteSummary | None
    """`null` where no answer was judged several times."""
    pass_threshold: float | None
    """The reward from which a rollout has passed; `null` where the grader has none."""
    passed: int | None
    passed_share: float | None
    """Of the graded rollouts."""
    failures: dict[FailureKind, int]
    failure_examples: dict[FailureKind, str]
    """The first failure of each kind: where it happened and its message."""
    failure_remedies: dict[FailureKind, str]
    """What to do about each kind that occurred."""
    failure_origin: FailureOrigin | None
    """Where more than half of the failures come from; `null` where no origin has so many."""
    failure_rate: float | None
    learnable_share: float | None
    """Records whose rollouts' rewards differ; `null` where none has two."""
    rules: list[DryRunRule]
    pass_rates: PassRates | None
    """`null` where no record has all of its rollouts graded."""
    by_length: list[LengthScore]
    """By the length of the record, shortest first; empty where all are as long."""
    not_sampled: int
    """Planned answers that the model did not give; they are in no other figure."""
    not_sampled_example: str
    cut_off: int
    """Answers of a model that reached `maxTokens`; they were graded as they were."""
    sampler: JudgeUse | None
    """Whom the answers were asked of; `null` where recorded ones were graded."""
    notice: str
    """That answers are the reference itself: left out, or graded and flattering; mostly empty."""
    hints: list[str]
    """What to keep in mind beside the verdict, which changes nothing in it."""
    judge: JudgeUse | None
    """Whom a judge asked and what that cost; `null` for graders that ask no model."""

    @classmethod
    def of(cls, run: domain.DryRun) -> "DryRunReport | None":
        """Convert from the domain; `None` while the run is not finished."""
        if (report := run.report) is None:
            return None
        return cls(
            timestamp=run.finished_at or run.created_at,
            samples_evaluated=report.num_records,
            statistics=_to_statistics(report.statistics),
            distribution=_to_distribution(report.histogram),
            by_topic={
                t.topic: TopicScore(
                    mean=t.mean,
                    count=t.num_graded,
                    failed=t.num_failed,
                    abstained=t.num_abstained,
                )
                for t in report.topics
            },
            diagnosis=DryRunDiagnosis(
                dataset_quality=report.dataset_quality,
                grader_quality=report.grader_quality,
                verdict=report.verdict,
                warnings=list(report.warnings),
                recommendations=[one.text for one in report.advice],
                advice=[RuleAdvice.of(one) for one in report.advice],
            ),
            run_id=run.id,
            number=run.number,
            snapshot_id=run.snapshot_id,
            records=report.num_records,
            rollouts=report.num_rollouts,
            failed=report.num_failed,
            abstained=report.num_abstained,
            abstention_share=report.abstention_share,
            abstention_example=report.abstention_example,
            criteria=[_to_criterion(one) for one in report.criteria],
            votes=report.votes and VoteSummary.of(report.votes),
            pass_threshold=report.pass_threshold,
            passed=report.num_passed,
            passed_share=report.passed_share,
            failures=report.failures,
            failure_examples=report.failure_examples,
            failure_remedies={kind: REMEDIES[kind] for kind in report.failures},
            failure_origin=report.failure_origin,
            failure_rate=report.failure_rate,
            learnable_share=report.learnable_share,
            rules=[_to_rule(row) for row in report.rules],
            pass_rates=report.pass_rates and PassRates.of(report.pass_rates),
            by_length=[LengthScore(**one.model_dump()) for one in report.lengths],
            not_sampled=report.num_not_sampled,
            not_sampled_example=report.not_sampled_example,
            cut_off=report.num_cut,
            notice=report.notice,
            hints=list(report.hints),
            sampler=report.sampler and JudgeUse.of(report.sampler),
            judge=report.judge and JudgeUse.of(report.judge),
        )


def _to_statistics(found: RewardStatistics | None) -> DryRunStatistics | None:
    if found is None:
        return None
    return DryRunStatistics(
        mean=found.mean,
        std=found.sd,
        median=found.median,
        percentiles=Percentiles(p10=found.p10, p25=found.p25, p75=found.p75, p90=found.p90),
        score_fractions=ScoreFractions(gt_zero=found.share_positive, eq_one=found.share_one),
    )


def _to_distribution(histogram: tuple[int, ...]) -> dict[str, int]:
    edges = [number / NUM_BINS for number in range(NUM_BINS + 1)]
    names = [f"{low:.1f}-{high:.1f}" for low, high in itertools.pairwise(edges)]
    return dict(zip(names, histogram, strict=True))


def _to_rule(row: RuleRow) -> DryRunRule:
    return DryRunRule(**row.model_dump(exclude={"unit", "first_step"}))


def _to_criterion(found: domain.CriterionMean) -> CriterionScore:
    return CriterionScore(
        name=found.name, mean=found.mean, min=found.low, max=found.high, count=found.num_told
    )
