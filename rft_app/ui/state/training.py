"""The dialog of step 6: what a training would use and take, what speaks against it, its start."""

from dataclasses import dataclass
from typing import Any, ClassVar

import plotly.graph_objects as go
import reflex as rx
from sqlmodel import Session

from rft_app.domain.dry_run_rules import DryRunVerdict
from rft_app.domain.pipeline import StepName
from rft_app.domain.training import TrainingDraft, TrainingOutlook
from rft_app.domain.training_plan import TrainingCheck
from rft_app.domain.training_run import Preset, TrainingRun, TrainingSettings
from rft_app.errors import RftError
from rft_app.services.pipeline import StepView
from rft_app.services.training import get_training_draft, save_training_draft
from rft_app.services.training_orders import TrainingProspect, TrainingRequest, look_ahead
from rft_app.services.training_runs import list_trainings, start_training
from rft_app.services.training_services import ServiceChoice, list_service_choices
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.choice import Choice
from rft_app.ui.state.step_modal import StepModal, read_whole
from rft_app.ui.state.training_comparison_view import signed
from rft_app.ui.state.training_now import RunNow, is_under_way, read_now
from rft_app.ui.state.training_parameters import Parameter, is_usual
from rft_app.ui.state.training_run_view import STATUS
from rft_app.ui.words import ago, count, rough_duration, size

_VERDICT_TONES = {
    DryRunVerdict.GO: "ok",
    DryRunVerdict.CAUTION: "warn",
    DryRunVerdict.NO_GO: "bad",
}
_LEVELS = {"ok": "complete", "note": "complete", "caution": "attention", "stop": "failed"}
SHOWN_RUNS = 5
MORE_RUNS = 20
"""Earlier ones that each click adds."""


@dataclass(frozen=True)
class CheckView:
    """One thing that was looked at before a start."""

    status: str
    finding: str
    remedy: str

    @classmethod
    def of(cls, check: TrainingCheck) -> "CheckView":
        """Build the row."""
        return cls(_LEVELS[check.level], check.finding, check.remedy)


@dataclass(frozen=True)
class RunLine:
    """One training in the list."""

    href: str
    name: str
    status: str
    tone: str
    words: str

    @classmethod
    def of(cls, run: TrainingRun) -> "RunLine":
        """Build the line."""
        status, tone = STATUS[run.status]
        compared = None if run.outcome is None else run.outcome.comparison
        made = ago(run.created_at)
        words = made if compared is None else f"{signed(compared.difference)} held-out · {made}"
        href = f"/optimization/{run.dataset_id}/training/{run.id}"
        return cls(href, f"Run {run.number}", status, tone, words)


def _describe(prospect: TrainingProspect) -> tuple[str, str]:
    """What it takes, and how that is reckoned."""
    if (own := prospect.estimate) is not None:
        times = f"{rough_duration(own.low_s)} to {rough_duration(own.high_s)}"
        steps = count(own.num_steps, "training step")
        return f"{steps}, {times}, {size(own.memory_bytes)} of memory", own.formula
    if (there := prospect.remote_estimate) is not None:
        about = "" if there.is_exact else "about "
        words = f"{about}{count(there.num_records, 'record')} × {count(there.num_epochs, 'epoch')}"
        return f"{words}; time and price unknown", there.formula
    return "", ""


class TrainingState(StepModal, rx.State):
    """The form of a training, and what the data says about it."""

    step: ClassVar[StepName] = StepName.TRAIN
    shows_before_result: ClassVar[bool] = True

    trainer: str = "trl_local"
    is_service: bool = False
    """Whether a provider trains."""
    provider: str = ""
    """Which one, where one does."""
    providers: list[Choice] = []
    notice: str = ""
    """What everybody must know who chooses this trainer."""
    base_model: str = ""
    train_percent: str = "80"
    stratify_by_topic: bool = True
    test_generated: bool = False
    num_epochs: str = "3"
    effort: str = "medium"
    train: str = ""
    held_out: str = ""
    topics: str = ""
    grader: str = ""
    verdict: str = ""
    verdict_tone: str = "neutral"
    verdict_note: str = ""
    preset: str = Preset.QUICK.value
    parameters: list[Parameter] = Parameter.list_of(TrainingSettings(), {})
    num_changed: int = 0
    """Values that differ from the preset."""
    checks: list[CheckView] = []
    can_start: bool = False
    needs_reason: bool = False
    reason: str = ""
    takes: str = ""
    """Steps, time and memory, as a sentence."""
    formula: str = ""
    runs: list[RunLine] = []
    has_more_runs: bool = False
    now: RunNow = RunNow()
    """The training under way; without an address where there is none."""
    now_dark: go.Figure = go.Figure()
    now_light: go.Figure = go.Figure()
    is_starting: bool = False

    _typed: dict[str, str] = {}
    _num_shown: int = SHOWN_RUNS
    _now_mark: str = ""

    @rx.event
    async def set_trainer(self, trainer: str) -> None:
        """Where it is trained; another place has other models and other settings."""
        if trainer == self.trainer:
            return
        self._typed, self.num_changed = {}, 0
        await self._keep(lambda: {"trainer": trainer, "provider": "", "base_model": ""})

    @rx.event
    async def set_provider(self, provider: str) -> None:
        """Which provider trains."""
        await self._keep(lambda: {"provider": provider})

    @rx.event
    async def set_preset(self, preset: str) -> None:
        """How much is done."""
        self.preset = preset
        await self._keep(dict)

    @rx.event
    async def set_parameter(self, name: str, text: str) -> None:
        """One value apart from the preset; empty takes the preset's again."""
        text = "" if is_usual(name, text) else text.strip()
        typed = {**self._typed, name: text}
        self._typed = {key: value for key, value in typed.items() if value}
        self.num_changed = len(self._typed)
        await self._keep(dict)

    @rx.event
    def set_reason(self, text: str) -> None:
        """Why it is started against the verdict."""
        self.reason = text

    @rx.event
    async def start(self) -> Any:  # noqa: ANN401  # an event
        """Start the training and go to its page."""
        if self.is_starting:
            return None
        dataset_id, request = self._dataset_id, self._request()
        self.fault, self.is_starting = "", True
        try:
            run = await tell(lambda session: start_training(session, dataset_id, request))
        except RftError as error:
            self.fault = error.message
            return None
        finally:
            self.is_starting = False
        return rx.redirect(f"/optimization/{dataset_id}/training/{run.id}")

    def _request(self) -> TrainingRequest:
        return TrainingRequest(
            trainer=self.trainer,
            preset=Preset(self.preset),
            settings=dict(self._typed),
            reason=self.reason.strip(),
        )

    @rx.event
    async def set_base_model(self, text: str) -> None:
        """Which model is trained further."""
        self.base_model = text.strip()
        await self._keep(lambda: {"base_model": text.strip()})

    @rx.event
    async def set_stratify_by_topic(self, is_on: bool) -> None:
        """Whether the records are cut within each topic."""
        self.stratify_by_topic = is_on
        await self._keep(lambda: {"stratify_by_topic": is_on})

    @rx.event
    async def set_train_percent(self, text: str) -> None:
        """How many percent of the records are trained on."""
        self.train_percent = text
        await self._keep(lambda: {"train_ratio": read_whole(text, "training share") / 100})

    @rx.event
    async def set_test_generated(self, is_on: bool) -> None:
        """Whether generated records may be held out."""
        self.test_generated = is_on
        await self._keep(lambda: {"test_generated": is_on})

    @rx.event
    async def set_num_epochs(self, text: str) -> None:
        """How often each record is seen."""
        self.num_epochs = text
        await self._keep(lambda: {"num_epochs": read_whole(text, "number of epochs")})

    @rx.event
    async def set_effort(self, effort: str) -> None:
        """How much room an answer gets."""
        self.effort = effort
        await self._keep(lambda: {"effort": effort})

    async def _keep(self, read: Any) -> None:  # noqa: ANN401  # a function of no argument
        dataset_id = self._dataset_id
        self.fault = ""
        try:
            changes = read()
            if changes:
                await tell(lambda session: save_training_draft(session, dataset_id, **changes))
            await self._look()
        except RftError as error:
            self.fault = error.message

    async def _show(self, step: StepView) -> None:
        await self._look()

    async def _read_mark(self) -> str:
        dataset_id = self._dataset_id
        wanted = self._num_shown
        runs = await ask(lambda session: list_trainings(session, dataset_id, limit=wanted + 1))
        self.runs = [RunLine.of(run) for run in runs[:wanted]]
        self.has_more_runs = len(runs) > wanted
        await self._show_now(next((run for run in runs if is_under_way(run)), None))
        return ""

    async def _show_now(self, run: TrainingRun | None) -> None:
        """The training that runs; drawn again when it reported something."""
        if run is None:
            self.now, self._now_mark = RunNow(), ""
            return
        best = None if run.best is None else run.best.step
        mark = f"{run.id} {run.words} {run.num_done} {best}"
        if mark == self._now_mark:
            return
        found = await ask(lambda session: read_now(session, run))
        self._now_mark, self.now = mark, found.run
        self.now_dark, self.now_light = found.dark, found.light

    @rx.event
    async def show_more_runs(self) -> None:
        """List earlier runs, too."""
        self._num_shown += MORE_RUNS
        try:
            await self._read_mark()
        except RftError as error:
            self.fault = error.message

    async def _look(self) -> None:
        dataset_id, request = self._dataset_id, self._request()

        def read(session: Session) -> tuple[TrainingProspect, list[ServiceChoice]]:
            kept = get_training_draft(session, dataset_id).trainer
            asked = request.model_copy(update={"trainer": kept})
            return look_ahead(session, dataset_id, asked), list_service_choices(session)

        prospect, services = await ask(read)
        self.providers = [Choice(one.name, f"{one.name} · {one.address}") for one in services]
        self.is_service, self.notice = prospect.remote is not None, prospect.notice
        self.provider = "" if prospect.remote is None else prospect.remote.provider
        self.parameters = (
            Parameter.list_of_service(self._typed)
            if self.is_service
            else Parameter.list_of(prospect.settings, self._typed)
        )
        self._show_draft(prospect.draft)
        self._show_outlook(prospect.outlook)
        self.checks = [CheckView.of(check) for check in prospect.checks]
        self.can_start = not prospect.obstacles
        self.needs_reason = prospect.needs_reason
        self.takes, self.formula = _describe(prospect)

    def _show_draft(self, draft: TrainingDraft) -> None:
        self.trainer = draft.trainer
        self.base_model, self.stratify_by_topic = draft.base_model, draft.stratify_by_topic
        self.train_percent = f"{100 * draft.train_ratio:.0f}"
        self.test_generated = draft.test_generated
        self.num_epochs = str(draft.num_epochs)
        self.effort = draft.effort.value

    def _show_outlook(self, outlook: TrainingOutlook) -> None:
        self.train = count(outlook.num_train, "record")
        self.held_out = count(outlook.num_held_out, "record")
        self.topics = (
            f"{outlook.num_topics_held_out:,} of {count(outlook.num_topics, 'topic')} held out"
            if outlook.num_topics
            else "no topics yet"
        )
        self.grader = outlook.grader or ""
        self.verdict = outlook.verdict.value.replace("_", " ") if outlook.verdict else ""
        self.verdict_tone = _VERDICT_TONES[outlook.verdict] if outlook.verdict else "neutral"
        self.verdict_note = "" if outlook.is_verdict_current else "out of date"
