"""The dry run: which rollouts are graded, what the grades say, and the verdict."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import Field

from rft_app.domain.dry_run_advice import Advice
from rft_app.domain.dry_run_rules import (
    DryRunVerdict,
    Quality,
    RuleRow,
    advise,
    apply_rules,
    quality_of,
    worst_verdict,
)
from rft_app.domain.entity import Entity
from rft_app.domain.grade import Grade
from rft_app.domain.grading import FailureKind, FailureOrigin, find_main_failures
from rft_app.domain.length_grades import LengthGrades, group_by_length
from rft_app.domain.measured import Answers, Measure, Measured
from rft_app.domain.paid import JudgeUse
from rft_app.domain.record import record_id
from rft_app.domain.sampling import PASSED, PassRates, Sampling, find_pass_rates
from rft_app.domain.statistics import (
    EQUAL_REWARDS,
    NUM_BINS,
    RewardStatistics,
    has_passed,
    histogram,
    summarise,
)

NO_TOPIC = "(no topic)"


class DryRunSettings(Entity):
    """How many rollouts are graded, and which."""

    num_records: int = Field(default=300, ge=1, le=100_000)
    num_rollouts: int = Field(default=4, ge=1, le=64)
    """Most rollouts of one record; a record with fewer contributes those it has."""
    seed: int = 0
    stratify: bool = True
    """Choose records in proportion to their topics; else from all alike."""
    sampling: Sampling | None = None
    """Whom to ask for the answers; `None` grades the recorded and imported ones."""
    budget_usd: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """What answers and judge may cost together; the run stops there and can go on."""
    pass_reward: float = Field(default=PASSED, gt=0, le=1)
    """The reward from which a rollout passes."""


class TopicGrades(Entity):
    """The grades of one leaf topic."""

    topic: str
    """Slash path, or `(no topic)`."""
    num_graded: int
    num_failed: int
    num_abstained: int = 0
    mean: float | None
    """`None` where no rollout of the topic was graded."""
    topic_ids: tuple[int, ...] = ()
    """Database keys that its grades were stored under, 0 for none; a path can change later."""


class CriterionMean(Entity):
    """What a grader told of one part of its grades, on that part's own scale."""

    name: str
    mean: float
    low: float
    """The lowest there was, like `high`; no bound of the scale."""
    high: float
    num_told: int
    """Graded rollouts that the grader told it of."""


class VoteSummary(Entity):
    """How far the votes behind the grades agree."""

    num_voted: int
    """Graded rollouts with several votes, at least one."""
    mean_agreement: float
    """Mean over them of the share of votes within 0.1 of the grade."""
    num_unanimous: int
    """Those of them whose votes all lie that near."""


class DryRunReport(Entity):
    """What the grades say.

    Every figure ignores failures and abstentions, except the ones about them.
    """

    num_records: int
    """Records with at least one planned rollout."""
    num_rollouts: int
    """Planned rollouts; graded, failed and abstained ones add up to it."""
    max_rollouts_per_record: int
    """K; 1 when each record brought one answer."""
    num_graded: int
    num_failed: int
    num_abstained: int = 0
    """Rollouts that the grader would not judge."""
    abstention_example: str = ""
    """The first reason, with its record; empty where it never abstained."""
    failure_rate: float | None
    failures: dict[FailureKind, int]
    """How often each kind occurred; kinds that did not are absent."""
    failure_examples: dict[FailureKind, str] = Field(default_factory=dict[FailureKind, str])
    """The first message of each kind that occurred, with its record."""
    statistics: RewardStatistics | None
    """`None` when nothing was graded."""
    histogram: tuple[int, ...] = (0,) * NUM_BINS
    topics: tuple[TopicGrades, ...]
    criteria: tuple[CriterionMean, ...] = ()
    """Parts of the grades, as the grader names them; mostly none."""
    votes: VoteSummary | None = None
    """`None` where no answer was judged several times."""
    pass_threshold: float | None = None
    """The reward from which a rollout has passed; `None` where the grader has none."""
    num_passed: int | None = None
    """Graded rollouts that have; `None` without a threshold."""
    lengths: tuple[LengthGrades, ...] = ()
    """By the length of the record, shortest first; empty where all are as long."""
    num_groups: int
    """Records with two or more graded rollouts."""
    num_learnable: int
    """Those of them whose rewards differ."""
    learnable_share: float | None
    """`None` where no record has two graded rollouts."""
    pass_rates: PassRates | None = None
    """`None` where no record has all of its rollouts graded."""
    rules: tuple[RuleRow, ...]
    verdict: DryRunVerdict
    dataset_quality: Quality
    grader_quality: Quality
    judge: JudgeUse | None = None
    """What asking a model came to; `None` for graders that ask none."""
    sampler: JudgeUse | None = None
    """What asking for the answers came to; `None` where recorded ones were graded."""
    num_not_sampled: int = 0
    """Planned answers that the model did not give; they are in no other figure."""
    not_sampled_example: str = ""
    """The first of them: its record and what the provider said."""
    num_cut: int = 0
    """Answers of a model that reached the longest length; they were graded as they were."""
    notice: str = ""
    """That answers are the reference itself: left out, or graded; empty where none flatters."""
    hints: tuple[str, ...] = ()
    """What to keep in mind beside a verdict, which changes nothing in it."""

    @property
    def abstention_share(self) -> float | None:
        """Of all planned rollouts; `None` where none was planned."""
        return self.num_abstained / self.num_rollouts if self.num_rollouts else None

    @property
    def not_sampled_share(self) -> float | None:
        """Answers that the model did not give, of all that were planned."""
        planned = self.num_rollouts + self.num_not_sampled
        return self.num_not_sampled / planned if planned else None

    @property
    def passed_share(self) -> float | None:
        """Of the graded rollouts; `None` without a threshold, or where nothing was graded."""
        passed = self.num_passed
        return None if passed is None or not self.num_graded else passed / self.num_graded

    @property
    def warnings(self) -> tuple[str, ...]:
        """One sentence for each row that speaks against training."""
        return tuple(row.sentence for row in self.rules if row.status.is_bad)

    @property
    def advice(self) -> tuple[Advice, ...]:
        """What to do about such rows, each advice once, in the order to do it."""
        return advise(self.rules)

    @property
    def failure_origin(self) -> FailureOrigin | None:
        """Where more than half of the failures come from; `None` where no origin has so many."""
        found = find_main_failures(self.failures)
        return found.origin if found else None

    @property
    def provider_row(self) -> RuleRow | None:
        """The rule that too many failures of a provider broke: nothing to mend in the grader."""
        if self.failure_origin is not FailureOrigin.PROVIDER:
            return None
        row = next((row for row in self.rules if row.measure is Measure.FAILURE_RATE), None)
        return row if row and row.status.is_bad else None


class DryRun(Entity):
    """One dry run of a dataset."""

    id: str
    dataset_id: str
    number: int
    """Counts from 1 within the dataset."""
    snapshot_id: str
    grader_version_id: str
    settings: DryRunSettings
    input_hash: str | None
    """Of what the plan was made from; `None` for runs of releases that did not keep it."""
    num_planned: int
    num_done: int
    """Rollouts with an outcome so far."""
    report: DryRunReport | None
    """`None` until every rollout has an outcome."""
    job_id: str | None
    created_at: datetime
    finished_at: datetime | None


def make_report(
    outcomes: Sequence[Grade],
    topic_names: Mapping[int, str],
    pass_threshold: float | None = None,
    *,
    settings: DryRunSettings = DryRunSettings(),  # noqa: B008  # frozen
    num_tokens: Mapping[int, int] | None = None,
    num_cut: int = 0,
) -> DryRunReport:
    """Turn all outcomes of a dry run into its report.

    Args:
        outcomes: One for each planned rollout.
        topic_names: Slash path by the topic's key.
        pass_threshold: The reward from which the grader says that a rollout has passed.
        settings: What counts as passed where the grader does not say it.
        num_tokens: The length of each record by its key, where lengths shall be reported.
        num_cut: Answers of a model that reached the longest length.
    """
    unsampled = [one for one in outcomes if one.failure_kind is FailureKind.NOT_SAMPLED]
    grades = [one for one in outcomes if one.failure_kind is not FailureKind.NOT_SAMPLED]
    rewards = [grade.reward for grade in grades if grade.reward is not None]
    kinds = [grade.failure_kind for grade in grades if grade.failure_kind is not None]
    failures = {kind: kinds.count(kind) for kind in FailureKind if kind in kinds}
    statistics = summarise(rewards)
    topics = _by_topic(grades, topic_names)
    groups = _groups(grades)
    graded_groups = [group for group in groups.values() if len(group.rewards) > 1]
    num_learnable = sum(group.is_learnable for group in graded_groups)
    k = max((group.size for group in groups.values()), default=0)
    rewards_of = [group.rewards for group in groups.values()]
    passed_from = settings.pass_reward if pass_threshold is None else pass_threshold
    num_abstained = sum(grade.is_abstention for grade in grades)
    measured = Measured(
        failure_rate=len(kinds) / len(grades) if grades else None,
        num_graded=len(rewards),
        mean=statistics.mean if statistics else None,
        sd=statistics.sd if statistics else None,
        learnable_share=num_learnable / len(graded_groups) if graded_groups else None,
        topic_means={topic.topic: topic.mean for topic in topics if topic.mean is not None},
        failures=failures,
        max_rollouts_per_record=k,
        num_abstained=num_abstained,
        pass_rates=find_pass_rates(rewards_of, k, passed_from),
        answers=Answers.of(
            settings.sampling, len(outcomes), num_cut=num_cut, num_not_given=len(unsampled)
        ),
    )
    rules = apply_rules(measured)
    return DryRunReport(
        num_records=len(groups),
        num_rollouts=len(grades),
        max_rollouts_per_record=k,
        num_graded=len(rewards),
        num_failed=len(kinds),
        num_abstained=num_abstained,
        abstention_example=_find_abstention(grades),
        failure_rate=measured.failure_rate,
        failures=failures,
        failure_examples=_find_examples(grades),
        statistics=statistics,
        histogram=histogram(rewards),
        topics=topics,
        criteria=_by_criterion(grades),
        votes=_sum_up_votes(grades),
        pass_threshold=pass_threshold,
        num_passed=None
        if pass_threshold is None
        else sum(has_passed(reward, pass_threshold) for reward in rewards),
        lengths=group_by_length(_find_lengths(grades, num_tokens or {})),
        pass_rates=measured.pass_rates,
        num_not_sampled=len(unsampled),
        num_cut=num_cut,
        not_sampled_example="".join(_find_examples(unsampled).values()),
        num_groups=len(graded_groups),
        num_learnable=num_learnable,
        learnable_share=measured.learnable_share,
        rules=rules,
        verdict=worst_verdict(rules),
        **quality_of(rules),
    )


def _find_examples(grades: Sequence[Grade]) -> dict[FailureKind, str]:
    examples: dict[FailureKind, str] = {}
    for grade in grades:
        if (kind := grade.failure_kind) is not None and kind not in examples:
            examples[kind] = f"{record_id(grade.record_seq)}: {grade.failure_message}"
    return examples


def _find_abstention(grades: Sequence[Grade]) -> str:
    found = next((grade for grade in grades if grade.is_abstention), None)
    if found is None:
        return ""
    return f"{record_id(found.record_seq)}: {found.abstention_reason or 'no reason given'}"


def _sum_up_votes(grades: Sequence[Grade]) -> VoteSummary | None:
    found = [grade.agreement for grade in grades if grade.agreement is not None]
    if not found:
        return None
    return VoteSummary(
        num_voted=len(found),
        mean_agreement=math.fsum(found) / len(found),
        num_unanimous=sum(agreement == 1 for agreement in found),
    )


def _by_criterion(grades: Sequence[Grade]) -> tuple[CriterionMean, ...]:
    """In the order in which the grader first names them."""
    told: defaultdict[str, list[float]] = defaultdict(list)
    for grade in grades:
        for name, score in (grade.criteria or {}).items():
            told[name].append(score)
    return tuple(
        CriterionMean(
            name=name,
            mean=math.fsum(scores) / len(scores),
            low=min(scores),
            high=max(scores),
            num_told=len(scores),
        )
        for name, scores in told.items()
    )


@dataclass(slots=True)
class _Group:
    size: int = 0
    rewards: list[float] = field(default_factory=list[float])

    @property
    def is_learnable(self) -> bool:
        return max(self.rewards) - min(self.rewards) > EQUAL_REWARDS


def _groups(grades: Sequence[Grade]) -> dict[int, _Group]:
    groups: defaultdict[int, _Group] = defaultdict(_Group)
    for grade in grades:
        group = groups[grade.record_seq]
        group.size += 1
        if grade.reward is not None:
            group.rewards.append(grade.reward)
    return groups


def _by_topic(grades: Sequence[Grade], topic_names: Mapping[int, str]) -> tuple[TopicGrades, ...]:
    members: defaultdict[str, list[Grade]] = defaultdict(list)
    for grade in grades:
        members[topic_names.get(grade.topic_id or 0, NO_TOPIC)].append(grade)
    return tuple(_topic_grades(topic, members[topic]) for topic in sorted(members))


def _find_lengths(
    grades: Sequence[Grade], num_tokens: Mapping[int, int]
) -> Iterator[tuple[int, float]]:
    for grade in grades:
        if (tokens := num_tokens.get(grade.record_seq)) is not None and grade.reward is not None:
            yield tokens, grade.reward


def _topic_grades(topic: str, grades: Sequence[Grade]) -> TopicGrades:
    rewards = [grade.reward for grade in grades if grade.reward is not None]
    found = summarise(rewards)
    return TopicGrades(
        topic=topic,
        num_graded=len(rewards),
        num_failed=sum(grade.failure_kind is not None for grade in grades),
        num_abstained=sum(grade.is_abstention for grade in grades),
        mean=found.mean if found else None,
        topic_ids=tuple(sorted({grade.topic_id or 0 for grade in grades})),
    )
