"""The Auto-Improve tab: start a run, watch what it decides, see how earlier ones ended."""

from dataclasses import dataclass, field
from typing import Any

import reflex as rx
from sqlmodel import Session

from rft_app.domain.auto_run import AUTO_STEPS, AutoRun, AutoState
from rft_app.domain.pipeline import StepName, StepStatus
from rft_app.errors import NotFoundError, RftError
from rft_app.services.auto_improve import cancel_auto_run, list_auto_runs, start_auto_run
from rft_app.services.datasets import get_dataset, list_choices
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.choice import Choice, pick_dataset
from rft_app.ui.state.following import Following
from rft_app.ui.steps import WORDS
from rft_app.ui.words import ago

NUM_LISTED = 20
_STATES = {
    AutoState.RUNNING: ("info", "Running"),
    AutoState.DONE: ("ok", "Verdict reached"),
    AutoState.STOPPED: ("warn", "Needs you"),
    AutoState.FAILED: ("bad", "Failed"),
    AutoState.CANCELLED: ("neutral", "Stopped"),
}
_VERDICT_TONES = {"GO": "ok", "CAUTION": "warn", "NO_GO": "bad"}


@dataclass(frozen=True)
class DecisionView:
    """One step of a run."""

    name: str
    status: str
    """A `StepStatus`, for its glyph."""
    text: str
    reason: str


@dataclass(frozen=True)
class AutoRunView:
    """One run, ready to show."""

    id: str = ""
    dataset_id: str = ""
    dataset: str = ""
    state: str = ""
    tone: str = "neutral"
    words: str = ""
    verdict: str = ""
    verdict_tone: str = "neutral"
    outcome: str = ""
    stopped_at: str = ""
    """The step that waits for a person; empty unless the run stopped for one."""
    verb: str = ""
    """What is to be done there."""
    when: str = ""
    steps: list[DecisionView] = field(default_factory=list[DecisionView])

    @classmethod
    def of(cls, run: AutoRun, dataset: str) -> "AutoRunView":
        """Say it in words."""
        tone, words = _STATES[run.state]
        waiting = _find_end(run) if run.state is AutoState.STOPPED else None
        return cls(
            id=run.id,
            dataset_id=run.dataset_id,
            dataset=dataset,
            state=run.state.value,
            tone=tone,
            words=words,
            verdict=run.verdict or "",
            verdict_tone=_VERDICT_TONES.get(run.verdict or "", "neutral"),
            outcome=run.outcome,
            stopped_at=waiting.value if waiting else "",
            verb=WORDS[waiting].verb if waiting else "",
            when=ago(run.finished_at or run.started_at),
            steps=[_view_step(run, step) for step in AUTO_STEPS],
        )


def _view_step(run: AutoRun, step: StepName) -> DecisionView:
    name = WORDS[step].name
    made = next((one for one in run.decisions if one.step is step), None)
    if made is not None:
        kept = "kept: its result is current" if made.is_kept else ""
        return DecisionView(name, StepStatus.COMPLETE.value, made.text, made.reason or kept)
    if run.step is step:
        return DecisionView(name, StepStatus.PROCESSING.value, "running", "")
    if run.state in {AutoState.FAILED, AutoState.STOPPED} and step is _find_end(run):
        status = StepStatus.FAILED if run.state is AutoState.FAILED else StepStatus.ATTENTION
        return DecisionView(name, status.value, run.outcome, "")
    return DecisionView(name, StepStatus.WAITING.value, "not reached", "")


def _find_end(run: AutoRun) -> StepName | None:
    """The first step without a decision, where a run ends that does not reach the verdict."""
    decided = {one.step for one in run.decisions}
    return next((one for one in AUTO_STEPS if one not in decided), None)


class AutoImproveState(Following, rx.State):
    """One visitor's view of the tab."""

    datasets: list[Choice] = []
    dataset_id: str = ""
    shown: AutoRunView = AutoRunView()
    """The run of the chosen dataset that shows in full; the newest unless chosen."""
    history: list[AutoRunView] = []

    @rx.event
    async def choose_dataset(self, dataset_id: str) -> None:
        """Choose what to improve."""
        self.dataset_id, self.fault = dataset_id, ""
        await self._refresh()

    @rx.event
    async def start(self) -> None:
        """Begin a run."""
        dataset_id = self.dataset_id
        self.fault = ""
        try:
            await tell(lambda session: start_auto_run(session, dataset_id))
        except RftError as error:
            self.fault = error.message
        await self._refresh()

    @rx.event
    async def stop(self) -> None:
        """Stop the run that shows."""
        run_id = self.shown.id
        try:
            await tell(lambda session: cancel_auto_run(session, run_id))
        except RftError as error:
            self.fault = error.message
        await self._refresh()

    @rx.event
    async def show(self, dataset_id: str) -> None:
        """Show the newest run of a dataset of the history."""
        await self.choose_dataset(dataset_id)

    def _enter(self) -> None:
        """What was chosen stays chosen from visit to visit of the tab."""

    async def _refresh(self, *, is_forced: bool = False) -> Any:  # noqa: ANN401  # an event
        wanted = self.dataset_id or self.router.url.query_parameters.get("dataset", "")
        try:
            found = await ask(lambda session: list_choices(session, wanted))
            self.history = await ask(_read_history)
        except RftError as error:
            self.fault = self.fault if self.datasets else error.message
            self.is_loading = False
            return
        self.datasets = list(map(Choice.of_name, found))
        if self.dataset_id not in {one.id for one in found}:
            self.dataset_id = pick_dataset(found, wanted)
        mine = (view for view in self.history if view.dataset_id == self.dataset_id)
        self.shown = next(mine, AutoRunView())
        self.is_running = self.shown.state == AutoState.RUNNING
        self.is_loading = False


def _read_history(session: Session) -> list[AutoRunView]:
    """The newest run of each dataset."""
    newest: dict[str, AutoRun] = {}
    for run in list_auto_runs(session):
        newest.setdefault(run.dataset_id, run)
    views: list[AutoRunView] = []
    for run in list(newest.values())[:NUM_LISTED]:
        try:
            views.append(AutoRunView.of(run, get_dataset(session, run.dataset_id).name))
        except NotFoundError:
            continue  # deleted a moment ago
    return views
