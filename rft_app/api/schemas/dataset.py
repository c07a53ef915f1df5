"""Datasets on the wire."""

from datetime import datetime
from typing import Literal

from rft_app.api.schemas._base import Wire, WireRequest
from rft_app.api.schemas.grader import GraderConfig
from rft_app.api.schemas.pipeline import PipelineState
from rft_app.api.schemas.topics import TopicHierarchy
from rft_app.domain.dataset import Dataset, DatasetPhase, DatasetSource
from rft_app.domain.grader import GraderVersion
from rft_app.domain.pipeline import StepName, StepStatus
from rft_app.domain.topic import TopicTree

DryRunStatus = Literal["pending", "go", "caution", "no_go"]


class DatasetStats(Wire):
    """Counts of a dataset's current records."""

    total_records: int
    valid_records: int
    invalid_records: int
    generated_records: int
    topics_count: int
    """Leaf topics."""
    balance_score: float | None
    dry_run_status: DryRunStatus | None
    dry_run_mean: float | None
    training_runs: int = 0
    duplicate_records: int = 0
    """Valid records that repeat an earlier one."""
    traces: int = 0

    @classmethod
    def of(cls, dataset: Dataset) -> "DatasetStats":
        """Convert from the domain."""
        stats = dataset.stats
        return cls(
            total_records=stats.num_records,
            valid_records=stats.num_valid,
            invalid_records=stats.num_invalid,
            generated_records=stats.num_generated,
            topics_count=stats.num_topics,
            balance_score=stats.balance,
            dry_run_status=_to_status(dataset),
            dry_run_mean=stats.dry_run_mean,
            duplicate_records=stats.num_duplicates,
            traces=stats.num_traces,
            training_runs=stats.num_trainings,
        )


class OptimizationDataset(Wire):
    """A dataset with the state of its seven steps."""

    id: str
    name: str
    objective: str
    source: DatasetSource
    created_at: datetime
    updated_at: datetime
    stats: DatasetStats
    pipeline: PipelineState
    topic_hierarchy: TopicHierarchy | None
    """`null` before topics were found."""
    grader_config: GraderConfig | None
    """`null` before one was saved."""
    phase: DatasetPhase

    @classmethod
    def of(
        cls, dataset: Dataset, topics: TopicTree, grader: GraderVersion | None
    ) -> "OptimizationDataset":
        """Convert from the domain."""
        return cls(
            id=dataset.id,
            name=dataset.name,
            objective=dataset.objective,
            source=dataset.source,
            created_at=dataset.created_at,
            updated_at=dataset.updated_at,
            stats=DatasetStats.of(dataset),
            pipeline=PipelineState.of(dataset),
            topic_hierarchy=TopicHierarchy.of(topics),
            grader_config=None if grader is None else GraderConfig.of(grader),
            phase=dataset.phase,
        )


class DatasetPatch(WireRequest):
    """What can be changed; what is absent stays."""

    name: str | None = None
    objective: str | None = None


def _to_status(dataset: Dataset) -> DryRunStatus | None:
    if dataset.nodes[StepName.DRY_RUN.number - 1].status is StepStatus.PROCESSING:
        return "pending"
    statuses: dict[str, DryRunStatus] = {"GO": "go", "CAUTION": "caution", "NO_GO": "no_go"}
    return statuses.get(dataset.stats.dry_run_verdict or "")
