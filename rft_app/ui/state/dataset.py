"""State of one dataset's page: the canvas, its bar and its side panel."""

from typing import Any

import reflex as rx

from rft_app.domain.pipeline import StepName
from rft_app.domain.validity import Reason
from rft_app.errors import NotFoundError, RftError
from rft_app.jobs.queue import cancel_job, retry_job
from rft_app.services.canvas import Canvas, get_canvas
from rft_app.services.pipeline import get_step, start_step
from rft_app.ui.state.asking import ask, dataset_id_in, tell
from rft_app.ui.state.canvas_node import CanvasNode, describe_nodes
from rft_app.ui.state.guard import show_error
from rft_app.ui.state.live import changes
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

REFRESH_S = 15
"""How often words like "12 s ago" are renewed while nothing changes."""


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


class DatasetState(rx.State):
    """One visitor's view of one dataset."""

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
    is_loaded: bool = False
    is_missing: bool = False
    is_starting: bool = False
    error: str = ""
    _current_id: str = ""
    _watch: int = 0

    @rx.var
    def can_start(self) -> bool:
        """Whether the panel's button may be pressed."""
        return not self.is_starting and self.job.id == ""

    @rx.event(background=True)
    async def follow(self) -> None:
        """Show the dataset and keep it current until the visitor leaves."""
        async with self:
            current_id = dataset_id_in(self.router.url.path)
            if current_id != self._current_id:
                watch = self._watch
                self.reset()
                self._watch, self._current_id = watch, current_id
            self._watch += 1
            watch, token = self._watch, self.router.session.client_token
        await self._refresh()
        async for _ in changes(token, REFRESH_S):
            async with self:
                is_elsewhere = dataset_id_in(self.router.url.path) != current_id
                is_over = is_elsewhere or watch != self._watch or self.is_missing
            if is_over:
                return
            await self._refresh()

    async def _refresh(self) -> None:
        async with self:
            current_id = self._current_id
        try:
            canvas = await ask(lambda session: get_canvas(session, current_id))
        except NotFoundError:
            async with self:
                self.is_missing, self.is_loaded = True, True
            return
        except RftError as error:
            async with self:
                self.error = error.message
            return
        async with self:
            if current_id == self._current_id:
                self._show(canvas)

    def _show(self, canvas: Canvas) -> None:
        stats, active = canvas.dataset.stats, canvas.active_job
        valid, invalid, reasons = describe_health(canvas)
        self._assign(
            error="",
            is_loaded=True,
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
            following=describe_next(canvas),
            stale=describe_stale(canvas),
            unreadable=describe_unreadable(canvas),
            coverage=describe_coverage(canvas.step(StepName.COVERAGE).facts),
            recent=describe_recent(canvas.jobs),
            job=JobProgress.of(active) if active is not None else JobProgress(),
        )

    def _assign(self, **values: Any) -> None:  # noqa: ANN401  # any of the vars
        for name, value in values.items():
            if getattr(self, name) != value:
                setattr(self, name, value)

    @rx.event(background=True)
    async def reload(self) -> None:
        """Read again after a failure."""
        await self._refresh()

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
            await tell(lambda session: retry_job(session, job_id))
        except RftError as error:
            return show_error("The job was not started again", error)
        return DatasetState.reload
