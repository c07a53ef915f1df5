"""Datasets: the named workspaces."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from rft_app.domain.entity import Entity
from rft_app.domain.pipeline import Node, StepName, StepStatus, next_step

DatasetSource = Literal["gateway", "upload"]
DatasetSort = Literal["updated", "name", "records"]
"""Most recently changed first, by name, or most records first."""


class DatasetStats(Entity):
    """Counts of a dataset's current records; archived ones are in none of them."""

    num_traces: int = 0
    num_records: int = 0
    num_invalid: int = 0
    num_generated: int = 0
    num_duplicates: int = 0
    """Valid records that repeat an earlier one."""
    num_topics: int = 0
    """Leaf topics."""
    balance: float | None = None
    """Of the last coverage analysis; `None` before the first."""
    dry_run_verdict: str | None = None
    dry_run_mean: float | None = None
    num_trainings: int = 0
    """In whatever state."""

    @property
    def num_valid(self) -> int:
        """Records that can be trained on."""
        return self.num_records - self.num_invalid

    @property
    def invalid_share(self) -> float:
        """Invalid records among all, in [0, 1]; 0.0 when there are none."""
        return self.num_invalid / self.num_records if self.num_records else 0.0


class DatasetPhase(StrEnum):
    """The one word a list shows of a dataset, computed from its nodes."""

    IN_PROGRESS = "in_progress"
    ATTENTION = "attention"
    TRAINING = "training"
    COMPLETE = "complete"


class DatasetFilter(Entity):
    """Which datasets a list is about, and in which order."""

    search: str = ""
    """Words that must all occur in name or objective."""
    phase: DatasetPhase | None = None
    sort: DatasetSort = "updated"


class Dataset(Entity):
    """A dataset with the state of its seven steps."""

    id: str
    name: str
    objective: str
    source: DatasetSource
    created_at: datetime
    updated_at: datetime
    stats: DatasetStats
    nodes: tuple[Node, ...]

    @property
    def next_step(self) -> StepName | None:
        """What to do next; `None` while a step runs or nothing is left to do."""
        return next_step(self.nodes)

    @property
    def is_processing(self) -> bool:
        """Whether a step runs now."""
        return any(node.status is StepStatus.PROCESSING for node in self.nodes)

    @property
    def phase(self) -> DatasetPhase:
        """What its nodes come to."""
        return find_phase(self.nodes)


def find_phase(nodes: tuple[Node, ...]) -> DatasetPhase:
    """Attention before all else, then training, complete, in progress.

    A verdict of CAUTION that is up to date asks for nothing: the data can be used.
    """
    statuses = {node.name: node.status for node in nodes}
    if any(map(_asks_for_a_look, nodes)):
        return DatasetPhase.ATTENTION
    if statuses[StepName.TRAIN] in {StepStatus.ACTIVE, StepStatus.PROCESSING}:
        return DatasetPhase.TRAINING
    if statuses[StepName.DEPLOY] is StepStatus.ACTIVE:
        return DatasetPhase.COMPLETE
    return DatasetPhase.IN_PROGRESS


def _asks_for_a_look(node: Node) -> bool:
    is_verdict = node.name is StepName.DRY_RUN and node.stale_reason is None
    return node.status is StepStatus.FAILED or (
        node.status is StepStatus.ATTENTION and not is_verdict
    )


class DatasetPage(Entity):
    """One page of a list of datasets."""

    rows: tuple[Dataset, ...]
    next_cursor: str | None = None
    """Opaque; `None` on the last page."""


class DatasetName(Entity):
    """A dataset as menus need it."""

    id: str
    name: str
    num_records: int
    updated_at: datetime
