"""The dialog of step 6: what a training would use."""

from typing import Any, ClassVar

import reflex as rx

from rft_app.domain.dry_run_rules import DryRunVerdict
from rft_app.domain.pipeline import StepName
from rft_app.domain.training import TrainingDraft, TrainingOutlook
from rft_app.errors import RftError
from rft_app.services.pipeline import StepView
from rft_app.services.training import (
    get_training_draft,
    plan_training,
    save_training_draft,
)
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.step_modal import StepModal, read_whole
from rft_app.ui.words import count

_VERDICT_TONES = {
    DryRunVerdict.GO: "ok",
    DryRunVerdict.CAUTION: "warn",
    DryRunVerdict.NO_GO: "bad",
}


class TrainingState(StepModal, rx.State):
    """The form of a training, and what the data says about it."""

    step: ClassVar[StepName] = StepName.TRAIN
    shows_before_result: ClassVar[bool] = True

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
        """How long a reasoning model may think."""
        self.effort = effort
        await self._keep(lambda: {"effort": effort})

    async def _keep(self, read: Any) -> None:  # noqa: ANN401  # a function of no argument
        dataset_id = self._dataset_id
        self.fault = ""
        try:
            changes = read()
            await tell(lambda session: save_training_draft(session, dataset_id, **changes))
            self._show_outlook(await ask(lambda session: plan_training(session, dataset_id)))
        except RftError as error:
            self.fault = error.message

    async def _show(self, step: StepView) -> None:
        dataset_id = self._dataset_id
        draft = await ask(lambda session: get_training_draft(session, dataset_id))
        self._show_draft(draft)
        self._show_outlook(await ask(lambda session: plan_training(session, dataset_id)))

    def _show_draft(self, draft: TrainingDraft) -> None:
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
