"""The seven nodes on the wire."""

from rft_app.api.schemas._base import Wire
from rft_app.domain.dataset import Dataset
from rft_app.domain.pipeline import Node, StepStatus


class PipelineNode(Wire):
    """One step as the canvas shows it."""

    id: int
    """1 to 7."""
    name: str
    category: str
    status: StepStatus
    summary: str
    status_label: str
    can_retrigger: bool
    stale_reason: str | None = None
    """Why the result is out of date; `null` while it is current."""

    @classmethod
    def of(cls, node: Node) -> "PipelineNode":
        """Convert from the domain."""
        return cls(
            id=node.name.number,
            name=node.info.title,
            category=node.info.category,
            status=node.status,
            summary=node.summary,
            status_label=node.status_label,
            can_retrigger=node.info.can_retrigger,
            stale_reason=node.stale_reason,
        )


class PipelineState(Wire):
    """All seven steps."""

    nodes: list[PipelineNode]
    current_step: int
    """The step that runs or is next, else the last one with a result; 1 to 7."""

    @classmethod
    def of(cls, dataset: Dataset) -> "PipelineState":
        """Convert from the domain."""
        return cls(
            nodes=[PipelineNode.of(node) for node in dataset.nodes],
            current_step=_current_step(dataset),
        )


def _current_step(dataset: Dataset) -> int:
    for node in dataset.nodes:
        if node.status is StepStatus.PROCESSING:
            return node.name.number
    if dataset.next_step is not None:
        return dataset.next_step.number
    done = [n.name.number for n in dataset.nodes if n.status is not StepStatus.WAITING]
    return max(done, default=1)
