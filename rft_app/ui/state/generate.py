"""The generation dialog: settings, the plan they give, the run, what became of the last one."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import reflex as rx
from sqlmodel import Session

from rft_app.domain.generation import GenerationPlan
from rft_app.domain.job import Job
from rft_app.domain.record import Selection
from rft_app.errors import RftError
from rft_app.jobs.queue import list_jobs
from rft_app.services.generation import GENERATE as GENERATE_JOB
from rft_app.services.generation import find_paid, plan_generation, start_generation
from rft_app.services.generation_options import StrategyOption, list_strategy_options
from rft_app.services.generation_review import list_review
from rft_app.services.models import ModelChoices, list_models
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.following import Following
from rft_app.ui.state.generation_form import BOUNDS, GenerationForm
from rft_app.ui.state.generation_view import (
    ModelOption,
    PlanRow,
    PlanView,
    RunView,
    StrategyCard,
    describe_paid,
    find_demo,
)
from rft_app.ui.state.modal import GENERATE, ModalState
from rft_app.ui.state.progress import JobProgress

NUM_JOBS = 50
"""Latest jobs among which the last run is looked for."""


class GenerateState(Following, rx.State):
    """Settings of the next run and what they would do."""

    strategies: list[StrategyCard] = []
    models: list[ModelOption] = []
    is_configured: bool = True
    how_to: str = ""
    form: GenerationForm = GenerationForm()
    faults: dict[str, str] = dict.fromkeys(BOUNDS, "")
    """What is wrong, by field; empty where nothing is."""
    has_faults: bool = False
    sources: str = ""
    """What was chosen to start from, in words; empty where gaps are filled."""
    plan: PlanView = PlanView()
    plan_fault: str = ""
    is_planning: bool = False
    run: RunView = RunView()
    paid: str = ""
    """What the running job has paid for."""
    num_waiting: int = 0
    """Generated records that wait for review."""

    _selection: dict[str, Any] | None = None
    _plan_number: int = 0

    @rx.var
    def model_hint(self) -> str:
        """What to know of the model; mostly empty."""
        return find_demo(self.models, self.form.model)

    @rx.event
    def fill_gaps(self) -> Any:  # noqa: ANN401  # an event
        """Open the dialog to fill the gaps of the topics."""
        self._selection, self.sources = None, ""
        return ModalState.open_dialog(GENERATE)

    def start_from(self, selection: Selection, words: str) -> Any:  # noqa: ANN401  # an event
        """Open the dialog to start from chosen records; for handlers of other states.

        Args:
            selection: The records.
            words: What they are, e.g. `12 selected records`.
        """
        self._enter()
        self._selection, self.sources = selection.model_dump(mode="json"), words
        return ModalState.open_dialog(GENERATE)

    @rx.event
    def drop_sources(self) -> Any:  # noqa: ANN401  # an event
        """Fill gaps instead of starting from chosen records."""
        self._selection, self.sources = None, ""
        return GenerateState.make_plan

    @rx.event
    def choose_strategy(self, name: str) -> Any:  # noqa: ANN401  # an event
        """Generate another way."""
        return self._change(strategy=name)

    @rx.event
    def set_variations(self, text: str) -> Any:  # noqa: ANN401  # an event
        """New records per source record."""
        return self._change(variations=text)

    @rx.event
    def set_temperature(self, text: str) -> Any:  # noqa: ANN401  # an event
        """How freely the model writes."""
        return self._change(temperature=text)

    @rx.event
    def set_share(self, text: str) -> Any:  # noqa: ANN401  # an event
        """Largest share of generated records."""
        return self._change(share=text)

    @rx.event
    def toggle_intent(self) -> Any:  # noqa: ANN401  # an event
        """Whether new records want the same as their sources."""
        return self._change(preserve_intent=not self.form.preserve_intent)

    @rx.event
    def choose_model(self, name: str) -> Any:  # noqa: ANN401  # an event
        """Ask another model."""
        return self._change(model=name)

    @rx.event
    def toggle_topic(self, key: str) -> Any:  # noqa: ANN401  # an event
        """Leave a topic out, or take it in again."""
        keys = [row.key for row in self.plan.rows]
        chosen = {row.key for row in self.plan.rows if row.is_on} ^ {key}
        is_all = len(chosen) == len(keys)
        return self._change(topics=None if is_all else tuple(k for k in keys if k in chosen))

    def _change(self, **values: Any) -> Any:  # noqa: ANN401  # an event
        self.form = replace(self.form, **values)
        return GenerateState.make_plan

    @rx.event(background=True)
    async def make_plan(self) -> None:
        """Work out what the settings would do; the old plan stays meanwhile."""
        async with self:
            faults = self.form.faults
            self.faults = {name: faults.get(name, "") for name in BOUNDS}
            self.has_faults = bool(faults)
            if faults:
                return
            self._plan_number += 1
            number, dataset_id = self._plan_number, self._dataset_id
            settings, selection = self.form.to_settings(), self._chosen
            self.is_planning = True
        try:
            plan = await ask(lambda s: plan_generation(s, dataset_id, settings, selection))
            fault = ""
        except RftError as error:
            plan, fault = None, error.message
        async with self:
            if number == self._plan_number:
                self.is_planning, self.plan_fault = False, fault
                self.plan = PlanView() if plan is None else self._merge(plan)

    def _merge(self, plan: GenerationPlan) -> PlanView:
        """The plan with rows of topics that were left out, in their old places."""
        found = {topic.key: PlanRow.of(topic) for topic in plan.topics}
        if plan.settings.topics is None or self._selection is not None:
            return PlanView.of(plan, list(found.values()))
        off = {row.key: replace(row, is_on=False, to_generate="–") for row in self.plan.rows}
        return PlanView.of(plan, list((off | found).values()))

    @property
    def _chosen(self) -> Selection | None:
        return None if self._selection is None else Selection.model_validate(self._selection)

    @rx.event
    async def start(self) -> None:
        """Start the run."""
        if self.form.faults:
            return
        dataset_id = self._dataset_id
        settings, selection = self.form.to_settings(), self._chosen
        self.fault = ""
        try:
            job = await tell(lambda s: start_generation(s, dataset_id, settings, selection))
        except RftError as error:
            self.fault = error.message
            return
        self.is_running, self.job, self.paid = True, JobProgress.of(job), ""

    async def _refresh(self, *, is_forced: bool = False) -> Any:  # noqa: ANN401  # an event
        dataset_id = self._dataset_id
        try:
            if is_forced:
                options = await ask(lambda s: list_strategy_options(s, dataset_id))
                self._show_choices(options, await ask(list_models))
            job, waiting = await ask(lambda s: _look(s, dataset_id))
        except RftError as error:
            self.fault, self.is_loading = error.message, False
            return None
        has_ended = self.is_running and (job is None or job.status.is_settled)
        self.num_waiting, self.is_loading = waiting, False
        await self._show_job(job)
        return GenerateState.make_plan if is_forced or has_ended else None

    def _show_choices(self, options: Sequence[StrategyOption], found: ModelChoices) -> None:
        self.strategies = [StrategyCard.of(option) for option in options]
        self.models = [ModelOption.of(model) for model in found.models]
        self.is_configured, self.how_to = found.is_configured, found.how_to
        names = [model.name for model in self.models]
        if self.form.model not in names:
            self.form = replace(self.form, model=names[0] if names else "")

    async def _show_job(self, job: Job | None) -> None:
        if job is None:
            self.is_running, self.job, self.run = False, JobProgress(), RunView()
            return
        paid = await ask(lambda s: find_paid(s, job.id))
        self.is_running = not job.status.is_settled
        self.job = JobProgress.of(job) if self.is_running else JobProgress()
        self.paid = describe_paid(paid) if not paid.is_empty else ""
        if not self.is_running:
            self.run = RunView.of(job, paid)


def _look(session: Session, dataset_id: str) -> tuple[Job | None, int]:
    """The last run, and how many records wait for review."""
    jobs = list_jobs(session, dataset_id, NUM_JOBS)
    run = next((job for job in jobs if job.kind == GENERATE_JOB), None)
    return run, list_review(session, dataset_id, limit=1).counts.num_pending
