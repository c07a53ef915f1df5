"""The seven steps, their nine statuses, and which step may start when."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from rft_app.domain.entity import Entity
from rft_app.errors import ConflictError


class StepName(StrEnum):
    """The steps in their order; the same word in module, URL and database."""

    EXTRACT = "extract"
    TOPICS = "topics"
    COVERAGE = "coverage"
    GRADER = "grader"
    DRY_RUN = "dry_run"
    TRAIN = "train"
    DEPLOY = "deploy"

    @property
    def number(self) -> int:
        """Position from 1 to 7, the spec's node id."""
        return tuple(StepName).index(self) + 1


class StepStatus(StrEnum):
    """What a node of the canvas shows."""

    WAITING = "waiting"
    READY = "ready"
    PROCESSING = "processing"
    ACTIVE = "active"
    COMPLETE = "complete"
    CONFIGURED = "configured"
    PASSED = "passed"
    ATTENTION = "attention"
    FAILED = "failed"

    @property
    def label(self) -> str:
        """The word beside the glyph."""
        return self.value.capitalize()


class StepInfo(Entity):
    """What the spec fixes about a step."""

    title: str
    category: str
    needs: str
    """What a waiting node waits for."""
    can_retrigger: bool = True


STEPS: Mapping[StepName, StepInfo] = {
    StepName.EXTRACT: StepInfo(
        title="Extract Data", category="INGESTION", needs="Needs traces first"
    ),
    StepName.TOPICS: StepInfo(
        title="Topics & Category", category="CLASSIFICATION", needs="Needs records first"
    ),
    StepName.COVERAGE: StepInfo(
        title="Coverage Analysis", category="DISTRIBUTION", needs="Needs topics first"
    ),
    StepName.GRADER: StepInfo(
        title="Grader Config", category="EVALUATION RULES", needs="Needs coverage first"
    ),
    StepName.DRY_RUN: StepInfo(
        title="Dry Run", category="VALIDATION", needs="Needs a grader first"
    ),
    StepName.TRAIN: StepInfo(
        title="Train Model",
        category="RFT TRAINING",
        needs="Open it to train here, or export",
        can_retrigger=False,
    ),
    StepName.DEPLOY: StepInfo(
        title="Deploy", category="DEPLOYMENT", needs="Needs a trained model first"
    ),
}


class StepState(Entity):
    """What is stored of one step of one dataset, before it is read against its neighbours."""

    name: StepName
    outcome: StepStatus | None = None
    """The last result: complete, configured, passed, attention, failed or active; `None` before."""
    is_processing: bool = False
    input_hash: str | None = None
    """Fingerprint of what the last result read."""
    summary: str = ""
    """The node's one line, e.g. `1,240 records · 3% invalid`."""


class StepResult(Entity):
    """What a finished step leaves behind."""

    outcome: StepStatus
    summary: str
    """The node's one line, e.g. `1,240 records · 3% invalid`."""
    facts: dict[str, Any] = Field(default_factory=dict)
    """Figures for modals and REST; JSON."""
    made_at: datetime | None = None
    """When, where it was made before; `None` for now."""
    input_hash: str | None = None
    """Of what it was made from, where that was fixed before this run of the step began."""


class Node(Entity):
    """A step as a person sees it."""

    name: StepName
    status: StepStatus
    status_label: str
    summary: str
    stale_reason: str | None = None
    """Why the result is out of date; `None` while it is current."""

    @property
    def info(self) -> StepInfo:
        """Title and category."""
        return STEPS[self.name]


def describe_nodes(
    states: Mapping[StepName, StepState],
    stale_reasons: Mapping[StepName, str],
    optional: frozenset[StepName] = frozenset(),
) -> tuple[Node, ...]:
    """Turn stored states into the seven nodes.

    A step is ready once every earlier step has a result, whatever its colour, and waiting before.
    A result whose inputs changed since shows `attention` with "Out of date" and stays usable.

    Args:
        states: All seven steps.
        stale_reasons: Steps whose result is out of date, with the reason.
        optional: Steps nobody has to do; they wait whatever comes before them.
    """
    nodes: list[Node] = []
    has_results = True
    for name in StepName:
        state = states[name]
        can_start = has_results and name not in optional
        nodes.append(_describe(state, can_start=can_start, stale=stale_reasons.get(name)))
        has_results = has_results and state.outcome is not None
    return tuple(nodes)


def _describe(state: StepState, *, can_start: bool, stale: str | None) -> Node:
    if state.is_processing:
        status, label, stale = StepStatus.PROCESSING, StepStatus.PROCESSING.label, None
    elif state.outcome is None:
        status = StepStatus.READY if can_start else StepStatus.WAITING
        label, stale = status.label, None
    elif stale is not None:
        status, label = StepStatus.ATTENTION, "Out of date"
    else:
        status, label = state.outcome, state.outcome.label
    return Node(
        name=state.name,
        status=status,
        status_label=label,
        summary=state.summary,
        stale_reason=stale,
    )


def next_step(nodes: tuple[Node, ...]) -> StepName | None:
    """The step to do next: the first out of date, failed or ready one; `None` while one runs."""
    if any(node.status is StepStatus.PROCESSING for node in nodes):
        return None
    for node in nodes:
        wants_rerun = node.stale_reason is not None or node.status is StepStatus.FAILED
        if node.status is StepStatus.READY or wants_rerun:
            return node.name
    return None


def require_startable(step: StepName, nodes: tuple[Node, ...]) -> None:
    """Check that `step` may start now.

    Raises:
        ConflictError: An earlier step has no result yet, or a step is running: what it is about to
            change or to read stays as it is.
    """
    node = nodes[step.number - 1]
    if node.status is StepStatus.PROCESSING:
        raise ConflictError(f"{node.info.title} is already running.")
    if node.status is StepStatus.WAITING:
        blockers = [n for n in nodes if n.status in {StepStatus.READY, StepStatus.PROCESSING}]
        needs = f"needs a result of {blockers[0].info.title} first" if blockers else "cannot start"
        raise ConflictError(f"{node.info.title} {needs}.", step=step)
    for other in nodes:
        if other.status is StepStatus.PROCESSING:
            raise ConflictError(
                f"{other.info.title} is running. Wait for it or cancel it, then start "
                f"{node.info.title}.",
                step=other.name,
            )
