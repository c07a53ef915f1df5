"""The history of dry runs and two of them compared, ready to show."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rft_app.domain.dry_run import DryRun
from rft_app.domain.dry_run_comparison import (
    DryRunComparison,
    FigurePair,
    PairedDifference,
    RecordPair,
    RulePair,
    TopicPair,
)
from rft_app.domain.dry_run_rules import DryRunVerdict, RuleRow, Unit, show
from rft_app.domain.grader import MadeBy
from rft_app.ui.state.dry_run_view import RuleView
from rft_app.ui.state.made_by import describe_maker, name_grader
from rft_app.ui.state.record_row import leaf
from rft_app.ui.words import ago, count, reward

UNKNOWN = "–"
VERDICT_STATUS = {
    DryRunVerdict.GO: "complete",
    DryRunVerdict.CAUTION: "attention",
    DryRunVerdict.NO_GO: "failed",
}
_NAMES = {
    "records": "Records",
    "graded_rollouts": "Graded rollouts",
    "failure_rate": "Grading failures",
    "abstention_share": "Abstentions",
    "mean": "Mean reward",
    "sd": "Spread (sd)",
    "share_positive": "Rewards above 0",
    "share_one": "Rewards of 1",
    "learnable_share": "Learnable share",
    "not_sampled_share": "Answers not given",
    "pass_at_1": "pass@1",
    "pass_at_k": "pass@K",
}


def show_difference(difference: float | None, unit: Unit) -> str:
    """A difference with its sign; a dash where it is unknown.

    Example:
        >>> show_difference(0.25, "reward"), show_difference(-0.5, "share")
        ('+0.25', '−50 points')
        >>> show_difference(0.0, "count"), show_difference(None, "reward")
        ('0', '–')
    """
    if difference is None:
        return UNKNOWN
    size = show(abs(difference), unit).replace("%", " points")
    if float(size.split(" ")[0].replace(",", "").lstrip("<")) == 0:
        return size
    return f"{'+' if difference > 0 else '−'}{size}"


@dataclass(frozen=True)
class RunRow:
    """One run of the history."""

    id: str
    name: str
    label: str
    """The run in a menu."""
    verdict: str
    status: str
    mean: str
    grader: str
    records: str
    failed: str
    abstained: str
    made: str
    is_finished: bool
    is_stale: bool = False
    """Whether the grader was changed since."""
    maker: str = ""
    """Which version of the grader made it, in words."""

    @classmethod
    def of(cls, run: DryRun, made_by: MadeBy) -> "RunRow":
        """Describe a run."""
        found = cls._of(run, name_grader(made_by.label or None))
        is_stale = made_by.is_stale and found.is_finished
        return replace(found, is_stale=is_stale, maker=describe_maker(made_by))

    @classmethod
    def _of(cls, run: DryRun, grader: str) -> "RunRow":
        report, name, made = run.report, f"Run {run.number}", ago(run.finished_at or run.created_at)
        if report is None:
            return cls(
                verdict="not finished",
                status="waiting",
                mean=UNKNOWN,
                id=run.id,
                name=name,
                label=f"{name} · not finished",
                grader=grader,
                records=UNKNOWN,
                failed=UNKNOWN,
                abstained=UNKNOWN,
                made=made,
                is_finished=False,
            )
        mean = reward(report.statistics.mean if report.statistics else None)
        return cls(
            id=run.id,
            name=name,
            label=f"{name} · {report.verdict} · mean {mean} · {made}",
            verdict=report.verdict.value,
            status=VERDICT_STATUS[report.verdict],
            mean=mean,
            grader=grader,
            records=f"{report.num_records:,}",
            failed=f"{report.num_failed:,}",
            abstained=f"{report.num_abstained:,}",
            made=made,
            is_finished=True,
        )


@dataclass(frozen=True)
class PairRow:
    """One figure, rule or topic of both runs."""

    name: str
    hint: str
    """The whole name, where `name` is short."""
    first: str
    second: str
    difference: str = ""
    direction: str = ""
    """`up`, `down` or nothing."""
    first_status: str = ""
    """A step status, of a rule."""
    second_status: str = ""
    first_words: str = ""
    second_words: str = ""
    first_note: str = ""
    """What the figure is of, e.g. `52`, of a topic's rollouts."""
    second_note: str = ""


@dataclass(frozen=True)
class PairedView:
    """What happened to the records that both runs graded."""

    is_known: bool = False
    mean: str = ""
    """The mean difference."""
    tone: str = "neutral"
    interval: str = ""
    counts: str = ""
    records: list[PairRow] = field(default_factory=list)
    """Those that changed most; `name` is the record's id."""


@dataclass(frozen=True)
class ComparisonView:
    """Two finished runs side by side."""

    first_name: str = ""
    second_name: str = ""
    conditions: list[str] = field(default_factory=list)
    """What else differs between the runs: grader, snapshot, settings."""
    figures: list[PairRow] = field(default_factory=list)
    rules: list[PairRow] = field(default_factory=list)
    topics: list[PairRow] = field(default_factory=list)
    paired: PairedView = field(default_factory=PairedView)
    alone: str = ""
    """Records that only one of the runs graded."""


def view_comparison(found: DryRunComparison, graders: Sequence[str]) -> ComparisonView:
    """Lay out a comparison.

    Args:
        found: The comparison.
        graders: Names of both runs' graders.
    """
    return ComparisonView(
        first_name=f"Run {found.first.number}",
        second_name=f"Run {found.second.number}",
        conditions=list(_conditions(found, graders)),
        figures=[_figure(pair) for pair in found.figures],
        rules=[_rule(pair) for pair in found.rules],
        topics=[_topic(pair) for pair in found.topics],
        alone=_alone(found),
        paired=PairedView() if found.paired is None else _paired(found.paired),
    )


def _conditions(found: DryRunComparison, graders: Sequence[str]) -> list[str]:
    first, second = found.first, found.second
    is_same_data = first.snapshot_id == second.snapshot_id
    sentences = [
        f"Both graded with {graders[0]}."
        if first.grader_version_id == second.grader_version_id
        else f"Graded with {graders[0]}, then with {graders[1]}.",
        "Both chose from the same records." if is_same_data else "The records changed in between.",
    ]
    if first.settings.seed != second.settings.seed:
        sentences.append(f"Seed {first.settings.seed}, then {second.settings.seed}.")
    return sentences


def _figure(pair: FigurePair) -> PairRow:
    return PairRow(
        name=_NAMES.get(pair.name, pair.name),
        hint=pair.note,
        first=_show(pair.first, pair.unit),
        second=_show(pair.second, pair.unit),
        difference=show_difference(pair.difference, pair.unit),
        direction=_direction(pair.difference),
    )


def _show(value: float | None, unit: Unit) -> str:
    return UNKNOWN if value is None else show(value, unit)


def _direction(difference: float | None) -> str:
    if difference is None or abs(difference) < 1e-9:
        return ""
    return "up" if difference > 0 else "down"


def _rule(pair: RulePair) -> PairRow:
    first, second = _side(pair.first), _side(pair.second)
    return PairRow(
        name=pair.label,
        hint="",
        first=first[0],
        second=second[0],
        first_status=first[1],
        second_status=second[1],
        first_words=first[2],
        second_words=second[2],
        difference="changed" if pair.is_changed else "",
    )


def _side(row: RuleRow | None) -> tuple[str, str, str]:
    if row is None:
        return UNKNOWN, "waiting", "not applicable"
    view = RuleView.of(row)
    return view.value, view.status, view.words


def _topic(pair: TopicPair) -> PairRow:
    return PairRow(
        name=leaf(pair.topic),
        hint=pair.topic,
        first=reward(pair.first_mean),
        second=reward(pair.second_mean),
        difference=show_difference(pair.difference, "reward"),
        direction=_direction(pair.difference),
        first_note=f"{pair.first_graded:,}",
        second_note=f"{pair.second_graded:,}",
    )


def _alone(found: DryRunComparison) -> str:
    sides = ((found.num_only_first, found.first), (found.num_only_second, found.second))
    parts = [
        f"{count(number, 'record')} only in run {run.number}" for number, run in sides if number
    ]
    return ", ".join(parts)


def _paired(found: PairedDifference) -> PairedView:
    is_sure = found.low is not None and found.high is not None and found.low * found.high > 0
    return PairedView(
        is_known=True,
        mean=_signed(found.mean),
        tone=("ok" if found.mean > 0 else "bad") if is_sure else "neutral",
        interval="too few records for a confidence interval"
        if found.low is None
        else f"95% interval {_signed(found.low)} to {_signed(found.high)}",
        counts=f"{count(found.n, 'record')} in both: {found.num_better:,} better, "
        f"{found.num_worse:,} worse, {found.num_same:,} the same",
        records=[view_pair(pair) for pair in (*found.most_better, *found.most_worse)],
    )


def _signed(value: float | None) -> str:
    return show_difference(value, "reward")


def view_pair(pair: RecordPair) -> PairRow:
    """One record of both runs."""
    return PairRow(
        name=pair.record_id,
        hint="",
        first=reward(pair.first),
        second=reward(pair.second),
        difference=show_difference(pair.difference, "reward"),
        direction=_direction(pair.difference),
    )
