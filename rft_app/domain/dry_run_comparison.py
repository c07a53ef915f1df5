"""Two dry runs side by side: figures, rules, topics, and the records that both graded."""

import math
from collections.abc import Mapping, Sequence

from rft_app.domain.dry_run import DryRun, DryRunReport
from rft_app.domain.dry_run_rules import Measure, RowStatus, RuleRow, Unit
from rft_app.domain.entity import Entity
from rft_app.domain.record import RecordId, record_id
from rft_app.domain.sampling import PassRates
from rft_app.domain.statistics import RewardStatistics, bootstrap_mean

SAME_REWARD = 1e-9
MIN_RECORDS_FOR_INTERVAL = 10
"""Fewer pairs tell too few values to draw from."""
MAX_RECORDS_TO_DRAW = 2_000
"""From more pairs on the bootstrap gives what the normal approximation gives at once."""
NUM_RESAMPLES = 1_000
NORMAL_95 = 1.959964
MOST_CHANGED = 5
"""So many records are named in each direction."""


class FigurePair(Entity):
    """One figure of both runs."""

    name: str
    unit: Unit
    first: float | None
    """`None` where the run has no such figure, e.g. a mean when nothing was graded."""
    second: float | None
    note: str = ""
    """Why the two cannot be compared, as a sentence; empty where they can."""

    @property
    def difference(self) -> float | None:
        """Second less first; `None` where one is unknown or they cannot be compared."""
        return None if self.note else subtract(self.first, self.second)


class RulePair(Entity):
    """One rule of the verdict in both runs; `None` where a run did not know the rule."""

    measure: Measure
    label: str
    first: RuleRow | None
    second: RuleRow | None

    @property
    def is_changed(self) -> bool:
        """Whether the rule says something else now."""
        return self.status(self.first) is not self.status(self.second)

    @staticmethod
    def status(row: RuleRow | None) -> RowStatus:
        """What a side says."""
        return RowStatus.NOT_APPLICABLE if row is None else row.status


class TopicPair(Entity):
    """One topic of both runs; `None` means that nothing of it was graded."""

    topic: str
    first_mean: float | None
    second_mean: float | None
    first_graded: int
    """Graded rollouts."""
    second_graded: int

    @property
    def difference(self) -> float | None:
        """Second mean less first; `None` where one is unknown."""
        return subtract(self.first_mean, self.second_mean)


class RecordPair(Entity):
    """One record that both runs graded, each with the mean of its graded rollouts."""

    record_id: RecordId
    first: float
    second: float

    @property
    def difference(self) -> float:
        """Second less first."""
        return self.second - self.first


class PairedDifference(Entity):
    """What happened to the records that both runs graded; a record counts once."""

    n: int
    mean: float
    """Mean of the records' differences, second less first."""
    low: float | None
    """95% confidence interval of `mean`, by the paired bootstrap over records with a fixed seed;
    `None` below `MIN_RECORDS_FOR_INTERVAL`, by the normal approximation above
    `MAX_RECORDS_TO_DRAW`."""
    high: float | None
    num_better: int
    num_worse: int
    num_same: int
    most_better: tuple[RecordPair, ...]
    """The largest rises, largest first."""
    most_worse: tuple[RecordPair, ...]


class DryRunComparison(Entity):
    """How the second of two finished dry runs differs from the first."""

    first: DryRun
    second: DryRun
    figures: tuple[FigurePair, ...]
    rules: tuple[RulePair, ...]
    topics: tuple[TopicPair, ...]
    """Topics of either run, by name."""
    paired: PairedDifference | None
    """`None` where no record was graded in both."""
    num_only_first: int
    """Records that only the first run graded."""
    num_only_second: int


def subtract(first: float | None, second: float | None) -> float | None:
    """Second less first; unknown where either is.

    Example:
        >>> subtract(0.25, 0.75), subtract(None, 0.5)
        (0.5, None)
    """
    return None if first is None or second is None else second - first


def compare_figures(first: DryRunReport, second: DryRunReport) -> tuple[FigurePair, ...]:
    """Every figure of the reports, in the order they are read."""
    ours, theirs = _figures(first), _figures(second)
    notes = _find_notes(first.pass_rates, second.pass_rates)
    return tuple(
        FigurePair(
            name=name, unit=unit, first=value, second=theirs[name][1], note=notes.get(name, "")
        )
        for name, (unit, value) in ours.items()
    )


def _find_notes(first: PassRates | None, second: PassRates | None) -> Mapping[str, str]:
    """Why pass rates cannot be compared, by figure; nothing where they can."""
    if first is None or second is None:
        return {}
    if first.threshold != second.threshold:
        why = f"Answers passed from a reward of {first.threshold:g}, then of {second.threshold:g}."
        return {"pass_at_1": why, "pass_at_k": why}
    if first.k != second.k:
        return {"pass_at_k": f"K was {first.k}, then {second.k}."}
    return {}


def _figures(report: DryRunReport) -> Mapping[str, tuple[Unit, float | None]]:
    found, rates = report.statistics, report.pass_rates
    return {
        "records": ("count", report.num_records),
        "graded_rollouts": ("count", report.num_graded),
        "failure_rate": ("share", report.failure_rate),
        "abstention_share": ("share", report.abstention_share),
        "not_sampled_share": ("share", report.not_sampled_share),
        **{name: ("reward", _value(found, name)) for name in _SPREAD},
        "share_positive": ("share", _value(found, "share_positive")),
        "share_one": ("share", _value(found, "share_one")),
        "learnable_share": ("share", report.learnable_share),
        "pass_at_1": ("share", None if rates is None else rates.pass_at_1),
        "pass_at_k": ("share", None if rates is None else rates.pass_at_k),
    }


_SPREAD = ("mean", "sd", "p10", "p25", "median", "p75", "p90")


def _value(found: RewardStatistics | None, name: str) -> float | None:
    return None if found is None else getattr(found, name)


def compare_rules(first: DryRunReport, second: DryRunReport) -> tuple[RulePair, ...]:
    """Every rule that either report has, in the table's order."""
    ours = {row.measure: row for row in first.rules}
    theirs = {row.measure: row for row in second.rules}
    labels = {row.measure: row.label for row in (*first.rules, *second.rules)}
    return tuple(
        RulePair(
            measure=measure,
            label=labels[measure],
            first=ours.get(measure),
            second=theirs.get(measure),
        )
        for measure in Measure
        if measure in labels
    )


def compare_topics(first: DryRunReport, second: DryRunReport) -> tuple[TopicPair, ...]:
    """Every topic that either report has, by name."""
    ours = {topic.topic: topic for topic in first.topics}
    theirs = {topic.topic: topic for topic in second.topics}
    return tuple(
        TopicPair(
            topic=name,
            first_mean=ours[name].mean if name in ours else None,
            second_mean=theirs[name].mean if name in theirs else None,
            first_graded=ours[name].num_graded if name in ours else 0,
            second_graded=theirs[name].num_graded if name in theirs else 0,
        )
        for name in sorted(ours.keys() | theirs.keys())
    )


def pair_records(pairs: Sequence[tuple[int, float, float]]) -> PairedDifference | None:
    """Sum up what happened to the records that both runs graded.

    Args:
        pairs: Record key, its mean reward in the first run and in the second.

    Returns:
        `None` without pairs.

    Example:
        >>> found = pair_records([(1, 0.0, 1.0), (2, 0.5, 0.5), (3, 1.0, 0.5)])
        >>> found.mean, found.num_better, found.num_worse, found.low
        (0.16666666666666666, 1, 1, None)
    """
    if not pairs:
        return None
    differences = [second - first for _, first, second in pairs]
    mean = math.fsum(differences) / len(pairs)
    low, high = _find_interval(differences, mean)
    ordered = sorted(pairs, key=lambda pair: (pair[1] - pair[2], pair[0]))
    rises = [pair for pair in ordered[:MOST_CHANGED] if pair[2] - pair[1] > SAME_REWARD]
    falls = [pair for pair in ordered[-MOST_CHANGED:] if pair[1] - pair[2] > SAME_REWARD]
    num_better = sum(difference > SAME_REWARD for difference in differences)
    num_worse = sum(difference < -SAME_REWARD for difference in differences)
    return PairedDifference(
        n=len(pairs),
        mean=mean,
        low=low,
        high=high,
        num_better=num_better,
        num_worse=num_worse,
        num_same=len(pairs) - num_better - num_worse,
        most_better=tuple(map(_to_pair, rises)),
        most_worse=tuple(map(_to_pair, reversed(falls))),
    )


def _find_interval(
    differences: Sequence[float], mean: float
) -> tuple[float, float] | tuple[None, None]:
    n = len(differences)
    if n < MIN_RECORDS_FOR_INTERVAL:
        return None, None
    if n <= MAX_RECORDS_TO_DRAW:
        return bootstrap_mean(differences, num_resamples=NUM_RESAMPLES)
    variance = math.fsum((one - mean) ** 2 for one in differences) / (n - 1)
    half = NORMAL_95 * math.sqrt(variance / n)
    return mean - half, mean + half


def _to_pair(pair: tuple[int, float, float]) -> RecordPair:
    return RecordPair(record_id=record_id(pair[0]), first=pair[1], second=pair[2])
