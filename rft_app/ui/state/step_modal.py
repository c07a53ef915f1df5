"""What the dialogs of the steps share: load, run, follow, cancel."""

from typing import Any, ClassVar

import reflex as rx

from rft_app.domain.pipeline import StepName
from rft_app.errors import InvalidInputError, RftError
from rft_app.jobs.queue import get_job
from rft_app.services.pipeline import StepView, get_step, start_step
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.following import Following
from rft_app.ui.state.progress import JobProgress
from rft_app.ui.words import ago, duration


def describe_last_run(step: StepView) -> str:
    """When the result was made and how long that took, e.g. `12 min ago · took 48 s`."""
    if step.finished_at is None:
        return ""
    took = ""
    if step.started_at is not None and step.started_at <= step.finished_at:
        took = f" · took {duration((step.finished_at - step.started_at).total_seconds())}"
    return ago(step.finished_at) + took


def read_whole(text: str, name: str) -> int:
    """A whole number that a person typed.

    Raises:
        InvalidInputError: It is none.
    """
    try:
        return int(text.replace(",", "").strip())
    except ValueError as error:
        raise InvalidInputError(f"The {name} must be a whole number, not {text!r}.") from error


class StepModal(Following, mixin=True):
    """One step's dialog while it is open."""

    step: ClassVar[StepName]
    shows_before_result: ClassVar[bool] = False
    """Whether the content is there before the first result, e.g. an editor."""

    status: str = "waiting"
    status_label: str = ""
    stale_reason: str = ""
    error: str = ""
    """Why the last job failed."""
    last_run: str = ""
    has_result: bool = False

    _seen: str = ""
    _filled: dict[str, Any] = {}
    """What the form's fields held when the stored settings were put into them."""

    @rx.event
    async def run(self) -> None:
        """Start the step with the dialog's settings."""
        dataset_id, name = self._dataset_id, self.step
        self.fault = ""
        try:
            settings = self._settings()
            job = await tell(lambda session: start_step(session, dataset_id, name, settings))
        except RftError as error:
            self.fault = error.message
            return
        self.is_running, self.job = True, JobProgress.of(job)

    async def _refresh(self, *, is_forced: bool = False) -> Any:  # noqa: ANN401  # an event
        dataset_id, name, event = self._dataset_id, self.step, None
        try:
            step = await ask(lambda session: get_step(session, dataset_id, name))
            await self._show_step(step)
            node = step.node
            mark = await self._read_mark()
            seen = f"{step.finished_at} {node.stale_reason} {node.status} {node.summary} {mark}"
            if is_forced or seen != self._seen:
                self._seen = seen
                event = await self._show(step)
        except RftError as error:
            self.fault = error.message
        self.is_loading = False
        return event

    async def _show_step(self, step: StepView) -> None:
        self.status, self.status_label = step.node.status.value, step.node.status_label
        self.stale_reason = step.node.stale_reason or ""
        self.error = step.error or ""
        self.last_run = describe_last_run(step)
        self.has_result = self.shows_before_result or bool(step.facts)
        self.is_running = step.node.status.value == "processing"
        job_id = step.job_id
        if not self.is_running or job_id is None:
            self.job = JobProgress()
            return
        self.job = JobProgress.of(await ask(lambda session: get_job(session, job_id)))

    async def _read_mark(self) -> str:
        """What the content depends on besides the step itself, e.g. a hash; mostly nothing."""
        return ""

    async def _show(self, step: StepView) -> Any:  # noqa: ANN401  # an event
        """Fill in what only this step has; an event it returns follows."""

    def _refill(self, stored: dict[str, Any]) -> None:
        """Put stored settings into the form's fields, unless a person has typed there since."""
        if not (self._holds(self._filled) or self._holds(stored)):
            return
        for name, value in stored.items():
            setattr(self, name, value)
        self._filled = stored

    def _holds(self, fields: dict[str, Any]) -> bool:
        return all(getattr(self, name) == value for name, value in fields.items())

    def _settings(self) -> dict[str, Any]:
        """The settings to run with.

        Raises:
            InvalidInputError: A field holds something that cannot be a setting.
        """
        return {}
