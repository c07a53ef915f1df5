"""The report of a dry run, ready to show."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rft_app.domain.attack import AttackSummary, describe_attacks
from rft_app.domain.dry_run import (
    CriterionMean,
    DryRun,
    DryRunReport,
    TopicGrades,
)
from rft_app.domain.dry_run_rules import DryRunVerdict, RowStatus, RuleRow
from rft_app.domain.grader import MadeBy
from rft_app.domain.grading import REMEDIES
from rft_app.domain.length_grades import LengthGrades
from rft_app.domain.sampling import PassRates
from rft_app.ui.state.advice_view import AdviceView
from rft_app.ui.state.figure import Figure
from rft_app.ui.state.judge_view import describe_use
from rft_app.ui.state.made_by import describe_maker, name_grader
from rft_app.ui.state.record_row import leaf
from rft_app.ui.state.rollout_view import FAILURES, shorten
from rft_app.ui.words import count, reward, share

TONES = {DryRunVerdict.GO: "ok", DryRunVerdict.CAUTION: "warn", DryRunVerdict.NO_GO: "bad"}
LOW_TOPIC = 0.05
QUALITY_STATUS = {"good": "complete", "attention": "attention", "problem": "failed"}
_ROW_STATUS = {
    RowStatus.OK: "complete",
    RowStatus.CAUTION: "attention",
    RowStatus.NO_GO: "failed",
    RowStatus.NOT_APPLICABLE: "waiting",
}


@dataclass(frozen=True)
class RuleView:
    """One row of the rule table."""

    label: str
    value: str
    caution: str
    no_go: str
    blames: str
    status: str
    """A step status, whose glyph the row shows."""
    words: str
    note: str
    remedy: str

    @classmethod
    def of(cls, row: RuleRow) -> "RuleView":
        """Build the row."""
        is_used = row.status is not RowStatus.NOT_APPLICABLE
        return cls(
            label=row.label,
            value=row.shown_value,
            caution=row.caution,
            no_go=row.no_go or "–",
            blames=row.blames if is_used else "",
            status=_ROW_STATUS[row.status],
            words="not applicable" if not is_used else row.status.replace("_", " ").upper(),
            note=row.note,
            remedy=row.remedy if row.status.is_bad else "",
        )


@dataclass(frozen=True)
class TopicBar:
    """The mean reward of one topic."""

    name: str
    path: str
    label: str
    """As an option of a menu: the path, and how many rollouts it has."""
    mean: str
    percent: float
    num_graded: str
    num_failed: int
    num_abstained: int
    is_low: bool
    finding: str

    @classmethod
    def of(cls, topic: TopicGrades) -> "TopicBar":
        """Build the bar."""
        rollouts = count(topic.num_graded, "rollout")
        number = topic.num_graded + topic.num_failed + topic.num_abstained
        return cls(
            name=leaf(topic.topic),
            path=topic.topic,
            label=f"{topic.topic.replace('/', ' › ')} ({number:,})",
            mean=reward(topic.mean),
            percent=round(100 * (topic.mean or 0.0), 1),
            num_graded=f"{topic.num_graded:,}",
            num_failed=topic.num_failed,
            num_abstained=topic.num_abstained,
            is_low=topic.mean is not None and topic.mean < LOW_TOPIC,
            finding=f"{topic.topic}: mean {reward(topic.mean)} of {rollouts}",
        )


@dataclass(frozen=True)
class LengthBar:
    """The mean reward of the records of like length."""

    name: str
    mean: str
    percent: float
    num_graded: str
    finding: str

    @classmethod
    def of(cls, part: LengthGrades) -> "LengthBar":
        """Build the bar.

        Example:
            >>> part = LengthGrades(min_tokens=10, max_tokens=1200, num_graded=8, mean=0.5)
            >>> LengthBar.of(part).name
            '10–1,200 tokens'
        """
        low, high = f"{part.min_tokens:,}", f"{part.max_tokens:,}"
        name = f"{low if low == high else f'{low}–{high}'} tokens"
        return cls(
            name=name,
            mean=reward(part.mean),
            percent=round(100 * (part.mean or 0.0), 1),
            num_graded=f"{part.num_graded:,}",
            finding=f"{name}: mean {reward(part.mean)} of {count(part.num_graded, 'rollout')}",
        )


@dataclass(frozen=True)
class FailureGroup:
    """All failures of one kind."""

    kind: str
    words: str
    number: str
    example: str
    """The first one: its record and what was said."""
    remedy: str


@dataclass(frozen=True)
class CriterionRow:
    """What the grader told of one part of its grades."""

    name: str
    mean: str
    span: str
    """Lowest to highest."""
    num_told: str

    @classmethod
    def of(cls, found: CriterionMean) -> "CriterionRow":
        """Build the row."""
        span = f"{found.low:.3g} to {found.high:.3g}"
        return cls(found.name, f"{found.mean:.3g}", span, f"{found.num_told:,}")


@dataclass(frozen=True)
class ReportView:
    """One finished dry run."""

    id: str = ""
    number: int = 0
    stale: str = ""
    """Which version of the grader made it, where that was changed since."""
    witness: str = ""
    verdict: str = ""
    meaning: str = ""
    """What the verdict says of training."""
    tone: str = "neutral"
    ruling: str = ""
    """Which rules decided, e.g. `worst of the 5 rules that apply`."""
    sentences: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What else the grades say: how many passed, how far votes agree."""
    notice: str = ""
    praise: str = ""
    """Shown when no rule speaks against training."""
    remedies: list[AdviceView] = field(default_factory=list)
    data_status: str = "waiting"
    data_words: str = ""
    grader_status: str = "waiting"
    grader_words: str = ""
    attack_words: str = ""
    attack_status: str = "waiting"
    blames_grader: bool = False
    """Whether there is something to mend in the grader, like `blames_data` in the data."""
    blames_provider: bool = False
    """Whether a provider failed too often: nothing else can be told before that is mended."""
    blames_data: bool = False
    rules: list[RuleView] = field(default_factory=list)
    num_graded: str = ""
    passes: str = ""
    """From which reward on an answer passes; empty where answers do not repeat."""
    has_rewards: bool = False
    figures: list[Figure] = field(default_factory=list)
    topics: list[TopicBar] = field(default_factory=list)
    lengths: list[LengthBar] = field(default_factory=list)
    failures: list[FailureGroup] = field(default_factory=list)
    num_failed: int = 0
    num_abstained: int = 0
    num_not_sampled: int = 0
    abstentions: str = ""
    """How many and which share, in words; empty where there are none."""
    abstention_example: str = ""
    ungraded: str = ""
    """What is in no mean, as a sentence; empty where all is graded."""
    criteria: list[CriterionRow] = field(default_factory=list)
    num_learnable: int = 0
    counts: list[int] = field(default_factory=list)
    mean: float | None = None
    snapshot: str = ""
    settings: str = ""


def view_report(run: DryRun, made_by: MadeBy, attacked: AttackSummary | None = None) -> ReportView:
    """Lay out a finished run."""
    report = run.report
    if report is None:
        return ReportView(id=run.id, number=run.number)
    bad = [row for row in report.rules if row.status.is_bad]
    is_about = set() if report.provider_row else {row.blames for row in bad}
    return ReportView(
        id=run.id,
        number=run.number,
        witness=_witness(report, name_grader(made_by.label or None)),
        stale=describe_maker(made_by) if made_by.is_stale else "",
        verdict=report.verdict.value,
        meaning=f"{report.verdict.meaning.capitalize()}.",
        tone=TONES[report.verdict],
        ruling=_ruling(report.rules),
        sentences=[*report.warnings, *_judge_notes(report)],
        notes=[*_notes(report), *report.hints],
        notice=report.notice,
        praise=_praise(report),
        remedies=[AdviceView.of(one) for one in report.advice],
        data_status=QUALITY_STATUS[report.dataset_quality],
        data_words=f"Data: {report.dataset_quality}",
        grader_status=QUALITY_STATUS[report.grader_quality],
        grader_words=f"Grader: {report.grader_quality}",
        attack_words=describe_attacks(attacked),
        attack_status=_rate_attacks(attacked),
        blames_grader="grader" in is_about,
        blames_data="data" in is_about,
        blames_provider=report.provider_row is not None,
        rules=[RuleView.of(row) for row in report.rules],
        num_graded=count(report.num_graded, "graded rollout"),
        passes=_describe_passing(report.pass_rates),
        has_rewards=report.statistics is not None,
        figures=_figures(report),
        topics=_topics(report.topics),
        lengths=[LengthBar.of(part) for part in report.lengths],
        failures=_failures(report),
        num_failed=report.num_failed,
        num_abstained=report.num_abstained,
        num_not_sampled=report.num_not_sampled,
        abstentions=_describe_abstentions(report),
        abstention_example=shorten(report.abstention_example),
        ungraded=_describe_ungraded(report),
        criteria=[CriterionRow.of(one) for one in report.criteria],
        num_learnable=report.num_learnable,
        counts=list(report.histogram),
        mean=report.statistics.mean if report.statistics else None,
        snapshot=run.snapshot_id,
        settings=f"seed {run.settings.seed}",
    )


def _rate_attacks(found: AttackSummary | None) -> str:
    if found is None:
        return "waiting"
    return "attention" if found.suspicious else "complete"


def _witness(report: DryRunReport, grader: str) -> str:
    k = report.max_rollouts_per_record
    rollouts = "1 recorded answer each" if k == 1 else f"up to {k} rollouts each"
    if report.sampler:
        rollouts = f"{count(k, 'answer')} each of {describe_use(report.sampler)}"
    spent = f" · {describe_use(report.judge)}" if report.judge else ""
    return f"{count(report.num_records, 'record')}, {rollouts} · {grader}{spent}"


def _describe_abstentions(report: DryRunReport) -> str:
    if not report.num_abstained:
        return ""
    part = share(report.abstention_share or 0.0)
    return f"{report.num_abstained:,} of {count(report.num_rollouts, 'rollout')}, {part}"


def _describe_ungraded(report: DryRunReport) -> str:
    """Failures and abstentions in all.

    They are two things, so each has its number.
    """
    parts = [
        *([f"{count(report.num_failed, 'failure')}"] if report.num_failed else []),
        *([f"{count(report.num_abstained, 'abstention')}"] if report.num_abstained else []),
    ]
    return f"{' and '.join(parts)} in all; they count in no mean." if parts else ""


def _notes(report: DryRunReport) -> Iterator[str]:
    if report.passed_share is not None:
        yield (
            f"{share(report.passed_share)} of {count(report.num_graded, 'graded rollout')} passed, "
            f"from a reward of {report.pass_threshold:g} on."
        )
    if votes := report.votes:
        yield (
            f"Votes agree {share(votes.mean_agreement)} on average; on {votes.num_unanimous:,} of "
            f"{count(votes.num_voted, 'rollout')} all lie within 0.1 of the grade."
        )


def _judge_notes(report: DryRunReport) -> list[str]:
    notes = [use.note for use in (report.sampler, report.judge) if use and use.note]
    if report.num_not_sampled:
        missing = count(report.num_not_sampled, "answer was", "answers were")
        notes.append(f"{missing} not given and is in no figure. First {report.not_sampled_example}")
    return notes


def _ruling(rules: Sequence[RuleRow]) -> str:
    used = [row for row in rules if row.status is not RowStatus.NOT_APPLICABLE]
    if not any(row.status.is_bad for row in used):
        return f"all {len(used)} rules that apply hold"
    return f"worst of the {len(used)} rules that apply"


def _figures(report: DryRunReport) -> list[Figure]:
    found = report.statistics
    if found is None:
        return []
    return [
        *_passes(report.pass_rates),
        Figure("mean", reward(found.mean)),
        Figure("sd", reward(found.sd)),
        Figure("p10", reward(found.p10)),
        Figure("p25", reward(found.p25)),
        Figure("median", reward(found.median)),
        Figure("p75", reward(found.p75)),
        Figure("p90", reward(found.p90)),
        Figure("> 0", share(found.share_positive)),
        Figure("= 1", share(found.share_one)),
    ]


def _passes(rates: PassRates | None) -> list[Figure]:
    """Only where answers repeat: of one answer each, both are the share that passes."""
    if rates is None or rates.k == 1:
        return []
    return [
        Figure("pass@1", share(rates.pass_at_1)),
        Figure(f"pass@{rates.k}", share(rates.pass_at_k)),
    ]


def _describe_passing(rates: PassRates | None) -> str:
    return "" if rates is None or rates.k == 1 else f" · passes from {rates.threshold:g}"


def _topics(topics: Sequence[TopicGrades]) -> list[TopicBar]:
    ordered = sorted(topics, key=lambda topic: -1.0 if topic.mean is None else topic.mean)
    return [TopicBar.of(topic) for topic in reversed(ordered)]


def _failures(report: DryRunReport) -> list[FailureGroup]:
    return [
        FailureGroup(
            kind=kind.value,
            words=FAILURES[kind],
            number=f"{number:,}",
            example=shorten(report.failure_examples.get(kind, "")),
            remedy=REMEDIES[kind],
        )
        for kind, number in sorted(report.failures.items(), key=lambda pair: -pair[1])
    ]


def _praise(report: DryRunReport) -> str:
    """What a GO means, and what it does not say."""
    if report.learnable_share is not None:
        return "The rewards differ enough, and often enough, to learn from."
    how = "Ask for 2 or more answers each" if report.sampler else "Import rollouts"
    return (
        "The rewards differ enough. Whether answers to the same record differ is not measured: "
        f"each has one graded answer. {how} to find out."
    )
