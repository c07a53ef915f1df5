"""The history of dry runs, and two of them compared, on the wire."""

from datetime import datetime

from rft_app.api.schemas._base import Wire
from rft_app.domain import dry_run_comparison as domain
from rft_app.domain.dry_run import DryRun
from rft_app.domain.dry_run_rules import DryRunVerdict, Measure, RowStatus, Unit


class DryRunSummary(Wire):
    """One dry run of the list; `GET .../dry-run?runId=` has its report."""

    run_id: str
    number: int
    """Counts from 1 within the dataset."""
    created_at: datetime
    finished_at: datetime | None
    """`null` while it runs, and for ever when it was cancelled."""
    snapshot_id: str
    grader_version_id: str
    sample_size: int
    """Most records, as it was asked for."""
    rollouts_per_record: int
    seed: int
    planned: int
    """Rollouts to grade."""
    done: int
    verdict: DryRunVerdict | None
    mean: float | None
    """`null` when nothing could be graded, or it is not finished."""
    failed: int | None
    abstained: int | None

    @classmethod
    def of(cls, run: DryRun) -> "DryRunSummary":
        """Convert from the domain."""
        report = run.report
        return cls(
            run_id=run.id,
            number=run.number,
            created_at=run.created_at,
            finished_at=run.finished_at,
            snapshot_id=run.snapshot_id,
            grader_version_id=run.grader_version_id,
            sample_size=run.settings.num_records,
            rollouts_per_record=run.settings.num_rollouts,
            seed=run.settings.seed,
            planned=run.num_planned,
            done=run.num_done,
            verdict=report.verdict if report else None,
            mean=report.statistics.mean if report and report.statistics else None,
            failed=report.num_failed if report else None,
            abstained=report.num_abstained if report else None,
        )


class FigurePair(Wire):
    """One figure of both runs; `null` is unknown, never zero."""

    name: str
    unit: Unit
    first: float | None
    second: float | None
    note: str = ""
    """Why the two cannot be compared; empty where they can."""
    difference: float | None
    """Second less first."""


class RulePair(Wire):
    """One rule in both runs."""

    measure: Measure
    label: str
    first: float | None
    """`null` where the rule did not apply."""
    first_status: RowStatus
    second: float | None
    second_status: RowStatus


class TopicPair(Wire):
    """One topic of both runs."""

    topic: str
    first: float | None
    """Mean reward; `null` where nothing of the topic was graded."""
    first_count: int
    """Graded rollouts."""
    second: float | None
    second_count: int
    difference: float | None


class RecordPair(Wire):
    """One record that both runs graded, with the mean of its graded rollouts in each."""

    record_id: str
    first: float
    second: float


class PairedDifference(Wire):
    """What happened to the records that both runs graded; each counts once."""

    n: int
    mean: float
    """Mean of their differences, second less first."""
    low: float | None
    """95% confidence interval of `mean`; by the paired bootstrap; `null` below 10 records."""
    high: float | None
    better: int
    worse: int
    same: int
    most_better: list[RecordPair]
    most_worse: list[RecordPair]


class DryRunComparison(Wire):
    """How the second of two finished dry runs differs from the first."""

    first: DryRunSummary
    second: DryRunSummary
    figures: list[FigurePair]
    rules: list[RulePair]
    topics: list[TopicPair]
    paired: PairedDifference | None
    """`null` where no record was graded in both."""
    only_first: int
    """Records that only the first run graded."""
    only_second: int

    @classmethod
    def of(cls, found: domain.DryRunComparison) -> "DryRunComparison":
        """Convert from the domain."""
        return cls(
            first=DryRunSummary.of(found.first),
            second=DryRunSummary.of(found.second),
            figures=[
                FigurePair(**pair.model_dump(), difference=pair.difference)
                for pair in found.figures
            ],
            rules=[_to_rule(pair) for pair in found.rules],
            topics=[_to_topic(pair) for pair in found.topics],
            paired=None if found.paired is None else _to_paired(found.paired),
            only_first=found.num_only_first,
            only_second=found.num_only_second,
        )


def _to_rule(pair: domain.RulePair) -> RulePair:
    return RulePair(
        measure=pair.measure,
        label=pair.label,
        first=pair.first.value if pair.first else None,
        first_status=pair.status(pair.first),
        second=pair.second.value if pair.second else None,
        second_status=pair.status(pair.second),
    )


def _to_topic(pair: domain.TopicPair) -> TopicPair:
    return TopicPair(
        topic=pair.topic,
        first=pair.first_mean,
        first_count=pair.first_graded,
        second=pair.second_mean,
        second_count=pair.second_graded,
        difference=pair.difference,
    )


def _to_paired(found: domain.PairedDifference) -> PairedDifference:
    return PairedDifference(
        n=found.n,
        mean=found.mean,
        low=found.low,
        high=found.high,
        better=found.num_better,
        worse=found.num_worse,
        same=found.num_same,
        most_better=[RecordPair(**pair.model_dump()) for pair in found.most_better],
        most_worse=[RecordPair(**pair.model_dump()) for pair in found.most_worse],
    )
