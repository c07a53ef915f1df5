"""The dialog of step 5: settings, the verdict with its rules, every grade beside its answer."""

import asyncio
from typing import Any, ClassVar

import plotly.graph_objects as go
import reflex as rx
from pydantic import ValidationError
from sqlmodel import Session

from rft_app.domain.attack import AttackSummary
from rft_app.domain.dry_run import DryRun, DryRunSettings
from rft_app.domain.grader import MadeBy
from rft_app.domain.grading import FailureKind, GradeOrder
from rft_app.domain.job import JobStatus
from rft_app.domain.pipeline import StepName
from rft_app.errors import InvalidInputError, NotFoundError, RftError
from rft_app.jobs.queue import get_job
from rft_app.services.dry_run_resuming import StoppedRun, find_stopped, go_on
from rft_app.services.dry_runs import (
    GradedPage,
    WantedRollouts,
    get_dry_run,
    list_dry_runs,
    list_graded_rollouts,
    pick_graded_rollouts,
)
from rft_app.services.generation import find_paid
from rft_app.services.grader_attacks import find_last_attack
from rft_app.services.grader_versions import map_makers
from rft_app.services.graders import current_grader
from rft_app.services.pipeline import StepView
from rft_app.services.run_estimates import estimate_dry_run
from rft_app.storage.step_inputs import get_inputs
from rft_app.ui.charts.palette import DARK, LIGHT
from rft_app.ui.charts.rewards import bin_labels, describe_histogram, reward_histogram
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.dry_run_history_view import RunRow
from rft_app.ui.state.dry_run_view import ReportView, view_report
from rft_app.ui.state.figure import Figure
from rft_app.ui.state.judge_view import describe_spent, describe_stopped
from rft_app.ui.state.paging import Paging
from rft_app.ui.state.progress import JobProgress
from rft_app.ui.state.rollout_view import RolloutView
from rft_app.ui.state.sampling_form import SamplingForm, describe_effect, describe_formulas
from rft_app.ui.state.step_modal import StepModal, read_whole

PAGE_SIZE = 10
RUNS_SHOWN = 50
NUM_RECORDS = DryRunSettings().num_records
RANDOM = "random"
SETTLED_S = 0.3
"""How long the settings rest before their cost is worked out."""


class DryRunState(StepModal, Paging, SamplingForm, rx.State):
    """Settings of the next run, and the run that is looked at."""

    step: ClassVar[StepName] = StepName.DRY_RUN

    num_records: str = str(NUM_RECORDS)
    num_usable: int = 0
    """Records that can be graded at all."""
    num_rollouts: str = "4"
    seed: str = "0"
    is_stratified: bool = True
    is_settings_open: bool = False
    report: ReportView = ReportView()
    runs: list[RunRow] = []
    """The history, newest first, unfinished ones included."""
    finished: list[RunRow] = []
    """Those with a report."""
    can_compare: bool = False
    has_older_runs: bool = False
    chosen_run: str = ""
    order: str = "best"
    """One of `GradeOrder`, or `random`."""
    failure_kind: str = ""
    """Only failures of this kind are listed; all where empty."""
    topic: str = ""
    """Only rollouts of this topic are listed; all where empty."""
    draw: int = 1
    """Seed of the random pick."""
    rollouts: list[RolloutView] = []
    rollouts_fault: str = ""
    is_table: bool = False
    histogram_dark: go.Figure = go.Figure()
    histogram_light: go.Figure = go.Figure()
    histogram_finding: str = ""
    bins: list[Figure] = []

    paid: str = ""
    """What a run without a report paid, as a sentence; empty where nothing was."""
    effect: str = ""
    """What the next run asks and costs."""
    formula: str = ""
    """The arithmetic of that cost; empty where nothing is asked."""
    left: str = ""
    """What is left of a stopped run and costs; empty where there is none to go on with."""

    _stopped_job: str = ""
    _latest_run: str = ""
    _estimate_number: int = 0
    _num_runs: int = RUNS_SHOWN

    @rx.var
    def records_hint(self) -> str:
        """What the number of records comes to in this dataset."""
        try:
            wanted = read_whole(self.num_records, "number of records")
        except InvalidInputError as error:
            return error.message
        if wanted >= self.num_usable > 0:
            return f"all {self.num_usable:,} that can be used; there are no more"
        return f"picked by topic, of {self.num_usable:,}" if self.num_usable else "picked by topic"

    @rx.var
    def num_failed(self) -> int:
        """Failures among the rollouts of the topic that is looked at, of all where it is none."""
        bars = [bar for bar in self.report.topics if bar.path == self.topic]
        return bars[0].num_failed if bars else self.report.num_failed

    @rx.var
    def num_abstained(self) -> int:
        """Abstentions of the same."""
        bars = [bar for bar in self.report.topics if bar.path == self.topic]
        return bars[0].num_abstained if bars else self.report.num_abstained

    @rx.event
    def set_num_records(self, text: str) -> Any:  # noqa: ANN401  # an event
        """How many records are graded."""
        self.num_records = text
        return DryRunState.estimate

    @rx.event
    def set_num_rollouts(self, text: str) -> Any:  # noqa: ANN401  # an event
        """Most rollouts of one record."""
        self.num_rollouts = text
        return DryRunState.estimate

    @rx.event
    def set_seed(self, text: str) -> Any:  # noqa: ANN401  # an event
        """Which records are picked."""
        self.seed = text
        return DryRunState.estimate

    @rx.event
    def set_stratified(self, is_on: bool) -> Any:  # noqa: ANN401  # an event
        """Whether records are picked in proportion to topics."""
        self.is_stratified = is_on
        return DryRunState.estimate

    @rx.event(background=True)
    async def estimate(self) -> None:
        """Work out what the next run asks and costs, where its grader is a judge."""
        async with self:
            self._estimate_number += 1
            number, dataset_id = self._estimate_number, self._dataset_id
        await asyncio.sleep(SETTLED_S)
        async with self:
            if (number, dataset_id) != (self._estimate_number, self._dataset_id):
                return
            try:
                settings = DryRunSettings.model_validate(self._settings())
            except (InvalidInputError, ValidationError):
                self.effect, self.formula = "", ""
                return
        try:
            answers, found = await ask(
                lambda session: estimate_dry_run(session, dataset_id, settings)
            )
            effect = describe_effect(answers, found)
            formula = describe_formulas(answers, found)
        except RftError as error:
            effect, formula = error.message, ""
        async with self:
            if (number, dataset_id) == (self._estimate_number, self._dataset_id):
                self.effect, self.formula = effect, formula

    @rx.event
    def toggle_settings(self) -> None:
        """Show or hide the settings of the next run."""
        self.is_settings_open = not self.is_settings_open

    @rx.event
    def toggle_table(self) -> None:
        """Show the histogram as a table, or back."""
        self.is_table = not self.is_table

    @rx.event
    async def choose_run(self, run_id: str) -> None:
        """Look at another run of the history."""
        self.chosen_run = run_id
        await self._show_run()

    @rx.event
    async def show_older_runs(self) -> None:
        """List more of the history."""
        self._num_runs += RUNS_SHOWN
        await self._refresh(is_forced=True)

    @rx.event
    async def choose_order(self, order: str) -> None:
        """Best, worst, random, most uneven, failed, abstained or missing rollouts."""
        self.order, self.failure_kind = order, ""
        await self._turn_to([])

    @rx.event
    async def draw_again(self) -> None:
        """Pick other rollouts by lot; the next draw of the same run is always the same."""
        self.draw += 1
        await self._turn_to([])

    @rx.event
    async def choose_failure(self, kind: str) -> None:
        """List the failures of one kind, whatever their topic; all with an empty one."""
        self.order, self.failure_kind, self.topic = GradeOrder.FAILED.value, kind, ""
        await self._turn_to([])

    @rx.event
    async def choose_topic(self, path: str) -> None:
        """List the rollouts of one topic; of all with an empty one."""
        self.topic = path
        await self._turn_to([])

    async def _read_mark(self) -> str:
        dataset_id, job_id = self._dataset_id, "" if self.is_running else self._stopped_job
        return await ask(lambda session: _mark(session, dataset_id, job_id))

    async def _show_step(self, step: StepView) -> None:
        await super()._show_step(step)
        job_id = step.job_id
        self.paid, self._stopped_job = "", job_id or ""
        if job_id is None:
            return
        job, paid = await ask(
            lambda session: (get_job(session, job_id), find_paid(session, job_id))
        )
        if not paid.is_empty and job.status is not JobStatus.DONE:
            which = "So far" if self.is_running else "The last run, without a report"
            self.paid = f"{which}: {describe_spent(paid)}."

    async def _show_left(self) -> None:
        """Whether a stopped run can go on: what is left of it is worked out from every record."""
        dataset_id, job_id = self._dataset_id, self._stopped_job
        self.left = ""
        if job_id and not self.is_running:
            self.left = describe_stopped(await ask(lambda s: _find_stopped(s, dataset_id, job_id)))

    @rx.event
    async def go_on(self) -> None:
        """Grade what the stopped run has left; what it paid for is not paid again."""
        dataset_id, job_id = self._dataset_id, self._stopped_job
        self.fault = ""
        try:
            budget_usd = self._read_budget()
            job = await tell(lambda session: go_on(session, dataset_id, job_id, budget_usd))
        except RftError as error:
            self.fault = error.message
            return
        self.is_running, self.job, self.left, self._seen = True, JobProgress.of(job), "", ""

    async def _show(self, step: StepView) -> Any:  # noqa: ANN401  # an event
        dataset_id = self._dataset_id
        self.num_usable = step.stats.num_valid - step.stats.num_duplicates
        await self._show_models()
        self._show_settings(step.settings)
        await self._show_left()
        limit = self._num_runs
        rows = await ask(lambda session: _list_runs(session, dataset_id, limit + 1))
        self.runs, self.has_older_runs = rows[:limit], len(rows) > limit
        self.finished = [row for row in self.runs if row.is_finished]
        self.can_compare = len(self.finished) > 1
        if not self.finished:
            return DryRunState.estimate
        if self._latest_run != self.finished[0].id or self.chosen_run == "":
            self._latest_run = self.chosen_run = self.finished[0].id
            self.is_settings_open = False
        await self._show_run()
        return DryRunState.estimate

    async def _show_run(self) -> None:
        dataset_id, run_id = self._dataset_id, self.chosen_run
        try:
            run, made_by, attacked = await ask(
                lambda session: _read_run(session, dataset_id, run_id)
            )
        except RftError as error:
            self.fault = error.message
            return
        view, cursors = view_report(run, made_by, attacked), self._cursors
        if view.id != self.report.id:
            self.order, self.failure_kind, self.topic, self.draw, cursors = "best", "", "", 1, []
        self.report = view
        self.histogram_dark = reward_histogram(view.counts, view.mean, DARK)
        self.histogram_light = reward_histogram(view.counts, view.mean, LIGHT)
        self.histogram_finding = describe_histogram(view.counts, view.mean)
        labels = bin_labels(len(view.counts)) if view.counts else []
        pairs = zip(labels, view.counts, strict=True)
        self.bins = [Figure(label, f"{number:,}") for label, number in pairs]
        await self._turn_to(cursors)

    async def _turn_to(self, cursors: list[str]) -> None:
        run_id, order, kind, draw = self.report.id, self.order, self.failure_kind, self.draw
        topic, cursor = self.topic or None, cursors[-1] if cursors else None

        def read(session: Session) -> GradedPage:
            if order == RANDOM:
                rows = pick_graded_rollouts(
                    session, run_id, topic=topic, seed=draw, limit=PAGE_SIZE
                )
                return GradedPage(rows=tuple(rows), next_cursor=None)
            wanted = WantedRollouts(
                order=GradeOrder(order), kind=FailureKind(kind) if kind else None, topic=topic
            )
            return list_graded_rollouts(session, run_id, wanted, cursor=cursor, limit=PAGE_SIZE)

        self.rollouts_fault = ""
        try:
            page = await ask(read)
        except RftError as error:
            self.rollouts_fault = error.message
            return
        self._turned(cursors, page.next_cursor)
        self.rollouts = [RolloutView.of(rollout) for rollout in page.rows]

    def _show_settings(self, settings: dict[str, Any]) -> None:
        wanted = DryRunSettings.model_validate(settings)
        self._refill(
            {
                "num_records": propose_number(wanted.num_records, self.num_usable),
                "num_rollouts": str(wanted.num_rollouts),
                "seed": str(wanted.seed),
                "is_stratified": wanted.stratify,
                **self._fields(wanted),
            }
        )

    def _settings(self) -> dict[str, Any]:
        return {
            "num_records": read_whole(self.num_records, "number of records"),
            "num_rollouts": read_whole(self.num_rollouts, "number of rollouts"),
            "seed": read_whole(self.seed, "seed"),
            "stratify": self.is_stratified,
            **self._read_sampling(),
        }


def propose_number(wanted: int, num_usable: int) -> str:
    """How many records the form starts with: no more than there are to grade, where any are.

    Example:
        >>> propose_number(300, 200), propose_number(300, 1000), propose_number(300, 0)
        ('200', '300', '300')
    """
    return str(min(wanted, num_usable or wanted))


def _mark(session: Session, dataset_id: str, job_id: str) -> str:
    """What the report, the estimate and what is left of a job that is over depend on."""
    grader = current_grader(session, dataset_id)
    inputs = f"{job_id} {get_inputs(session, dataset_id)} " if job_id else ""
    return inputs + (grader.spec_hash if grader else "")


def _find_stopped(session: Session, dataset_id: str, job_id: str) -> StoppedRun | None:
    try:
        return find_stopped(session, dataset_id, job_id)
    except RftError:
        return None


def _read_run(
    session: Session, dataset_id: str, run_id: str
) -> tuple[DryRun, MadeBy, AttackSummary | None]:
    try:
        run = get_dry_run(session, dataset_id, run_id)
    except NotFoundError:
        run = get_dry_run(session, dataset_id)
    made_by = map_makers(session, dataset_id, [run.grader_version_id])
    attacked = find_last_attack(session, run.grader_version_id)
    return run, made_by[run.grader_version_id], attacked


def _list_runs(session: Session, dataset_id: str, limit: int) -> list[RunRow]:
    runs = list_dry_runs(session, dataset_id, limit=limit)
    made_by = map_makers(session, dataset_id, {run.grader_version_id for run in runs})
    return [RunRow.of(run, made_by[run.grader_version_id]) for run in runs]
