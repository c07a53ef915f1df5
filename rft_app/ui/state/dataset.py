"""State of one dataset's page: the canvas, its bar and its side panel."""

from typing import Any, ClassVar

import reflex as rx
from sqlmodel import Session

from rft_app.domain.pipeline import StepName
from rft_app.domain.validity import Reason
from rft_app.errors import RftError
from rft_app.jobs.queue import cancel_job
from rft_app.services.canvas import Canvas, get_canvas
from rft_app.services.pipeline import get_step, start_step
from rft_app.services.retrying import retry
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.canvas_node import CanvasNode, describe_nodes
from rft_app.ui.state.dataset_page import DatasetPage
from rft_app.ui.state.guard import show_error
from rft_app.ui.state.next_panel import (
    CoverageBars,
    NextStep,
    RecentJob,
    StaleStep,
    describe_coverage,
    describe_next,
    describe_recent,
    describe_stale,
    describe_unreadable,
)
from rft_app.ui.state.progress import JobProgress
from rft_app.ui.words import share


def describe_health(canvas: Canvas) -> tuple[str, str, str]:
    """Valid, invalid and why, in words; each empty when there is nothing to say."""
    stats = canvas.dataset.stats
    if not stats.num_records:
        return "", "", ""
    valid = f"{stats.num_valid:,}"
    if not stats.num_invalid:
        return valid, "", ""
    reasons: dict[str, int] = canvas.step(StepName.EXTRACT).facts.get("reasons", {})
    named = [
        f"{number:,} {Reason(code).value.replace('_', ' ')}"
        for code, number in sorted(reasons.items(), key=lambda item: -item[1])
        if number
    ]
    return (
        valid,
        f"{stats.num_invalid:,} invalid ({share(stats.invalid_share)})",
        " · ".join(named),
    )


class DatasetState(DatasetPage, rx.State):
    """One visitor's view of one dataset."""

    refresh_s: ClassVar[float] = 15
    """How often words like "12 s ago" are renewed while nothing changes."""

    id: str = ""
    name: str = ""
    objective: str = ""
    num_records: str = ""
    has_records: bool = False
    has_topics: bool = False
    valid: str = ""
    invalid: str = ""
    reasons: str = ""
    nodes: list[CanvasNode] = []
    following: NextStep = NextStep()
    stale: list[StaleStep] = []
    unreadable: str = ""
    coverage: CoverageBars = CoverageBars()
    recent: list[RecentJob] = []
    job: JobProgress = JobProgress()
    is_starting: bool = False

    @rx.var
    def can_start(self) -> bool:
        """Whether the panel's button may be pressed."""
        return not self.is_starting and self.job.id == ""

    def _read(self, session: Session, dataset_id: str) -> Canvas:
        return get_canvas(session, dataset_id)

    def _show(self, canvas: Canvas, /) -> None:
        stats, active = canvas.dataset.stats, canvas.active_job
        valid, invalid, reasons = describe_health(canvas)
        following = describe_next(canvas)
        self._assign(
            id=canvas.dataset.id,
            name=canvas.dataset.name,
            objective=canvas.dataset.objective,
            num_records=f"{stats.num_records:,}",
            has_records=stats.num_records > 0,
            has_topics=stats.num_topics > 0,
            valid=valid,
            invalid=invalid,
            reasons=reasons,
            nodes=describe_nodes(canvas),
            following=following,
            stale=describe_stale(canvas),
            unreadable=describe_unreadable(canvas),
            coverage=describe_coverage(canvas.step(StepName.COVERAGE).facts),
            recent=describe_recent(canvas.jobs, following.error),
            job=JobProgress.of(active) if active is not None else JobProgress(),
        )

    def _assign(self, **values: Any) -> None:  # noqa: ANN401  # any of the vars
        for name, value in values.items():
            if getattr(self, name) != value:
                setattr(self, name, value)

    @rx.event
    def download(self, part: str) -> rx.event.EventSpec:
        """Fetch all `records` or the tree of `topics` as a file."""
        ending = "jsonl" if part == "records" else "json"
        return rx.download(
            url=f"/api/optimization/datasets/{self.id}/{part}/export",
            filename=f"{self.name}-{part}.{ending}",
        )

    @rx.event
    async def run_step(self, name: str) -> Any:  # noqa: ANN401  # events
        """Start a step with the settings of its last result, else with its defaults."""
        current_id, self.is_starting = self._current_id, True
        step = StepName(name)
        try:
            last = await ask(lambda session: get_step(session, current_id, step))
            await tell(lambda session: start_step(session, current_id, step, last.settings))
        except RftError as error:
            return show_error("The step did not start", error)
        finally:
            self.is_starting = False
        return DatasetState.reload

    @rx.event
    async def cancel(self) -> Any:  # noqa: ANN401  # events
        """Ask the running job to stop."""
        job_id = self.job.id
        try:
            await tell(lambda session: cancel_job(session, job_id))
        except RftError as error:
            return show_error("The job was not cancelled", error)
        return DatasetState.reload

    @rx.event
    async def retry(self, job_id: str) -> Any:  # noqa: ANN401  # events
        """Queue a failed or cancelled job again; it goes on where it stopped."""
        try:
            await tell(lambda session: retry(session, job_id))
        except RftError as error:
            return show_error("The job was not started again", error)
        return DatasetState.reload
