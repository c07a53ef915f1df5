"""Runs of Auto-Improve on the wire."""

from datetime import datetime

from rft_app.api.schemas._base import Wire, WireRequest
from rft_app.domain import auto_run as domain
from rft_app.domain.pipeline import StepName


class AutoRunRequest(WireRequest):
    """Which dataset to improve."""

    dataset_id: str


class Decision(Wire):
    """What a run did at one step."""

    step: StepName
    text: str
    reason: str
    is_kept: bool
    """Whether the step had a current result, which was left as it is."""


class AutoRun(Wire):
    """One run."""

    id: str
    dataset_id: str
    state: domain.AutoState
    step: StepName | None
    """The step that runs now."""
    decisions: list[Decision]
    outcome: str
    verdict: str | None
    """GO, CAUTION or NO_GO; `null` where it did not get there."""
    started_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, run: domain.AutoRun) -> "AutoRun":
        """Convert from the domain."""
        return cls.model_validate(run.model_dump())
