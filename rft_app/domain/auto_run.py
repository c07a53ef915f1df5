"""Auto-Improve: a dataset goes through the steps by itself, up to the verdict."""

from datetime import datetime
from enum import StrEnum

from rft_app.domain.entity import Entity
from rft_app.domain.pipeline import StepName

AUTO_STEPS = (
    StepName.EXTRACT,
    StepName.TOPICS,
    StepName.COVERAGE,
    StepName.GRADER,
    StepName.DRY_RUN,
)


class AutoState(StrEnum):
    """Where a run stands."""

    RUNNING = "running"
    DONE = "done"
    """It reached a verdict."""
    STOPPED = "stopped"
    """A person has to decide something; the outcome says what."""
    FAILED = "failed"
    CANCELLED = "cancelled"


class Decision(Entity):
    """What the run did at one step."""

    step: StepName
    text: str
    """What came of it, e.g. `12 topics · 94% sure`."""
    reason: str = ""
    """Why it was done so; empty for the defaults."""
    is_kept: bool = False
    """Whether the step had a current result, which was left as it is."""


class AutoRun(Entity):
    """One run."""

    id: str
    dataset_id: str
    state: AutoState
    step: StepName | None = None
    """The step that runs now."""
    decisions: tuple[Decision, ...] = ()
    outcome: str = ""
    """How it ended, one sentence."""
    verdict: str | None = None
    """GO, CAUTION or NO_GO; `None` where it did not get there."""
    started_at: datetime
    finished_at: datetime | None = None
