"""State of one training's page: how it goes, what the curves say, what it answered."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple
from urllib.parse import unquote

import plotly.graph_objects as go
import reflex as rx
from sqlmodel import Session

from rft_app.domain.training_run import Phase, TrainingMetric, TrainingRollout
from rft_app.domain.training_watch import find_alerts
from rft_app.errors import NotFoundError, RftError
from rft_app.services.comparing_again import compare_again
from rft_app.services.datasets import get_dataset
from rft_app.services.training_runs import (
    MAX_PAGE,
    AnsweredStep,
    cancel_training,
    find_wish,
    finish_training,
    get_training,
    list_all_metrics,
    list_answered_steps,
    list_answers,
    list_checkpoints,
    read_log,
    resume_training,
)
from rft_app.services.training_topics import compare_topics
from rft_app.ui.charts.palette import DARK, LIGHT
from rft_app.ui.charts.training_curves import (
    RewardCurves,
    describe_points,
    describe_rewards,
    reward_curves,
)
from rft_app.ui.state.asking import ask, dataset_id_in, tell
from rft_app.ui.state.choice import Choice
from rft_app.ui.state.comparing_view import AgainView
from rft_app.ui.state.live_page import LivePage
from rft_app.ui.state.serving_view import ServingView
from rft_app.ui.state.training_answer_view import AnswerView, read_answers
from rft_app.ui.state.training_comparison_view import SideBySide
from rft_app.ui.state.training_curves_view import RemarkView, SmallCurve, read_curves
from rft_app.ui.state.training_places import (
    PHASES,
    find_nearest,
    key_of,
    list_places,
)
from rft_app.ui.state.training_run_view import (
    CheckpointView,
    RunView,
    TopicReward,
    read_log_lines,
)

AGAIN = 50
"""Steps that are read again: a validation adds to the figures of a step that is stored."""
MAX_DIGITS = 9
"""Of a typed step."""
MAX_CHECKPOINTS = 50
"""Newest checkpoints that are shown beside the best one."""
SHOWN = 20
"""Compared records at a time."""
_Order = Callable[[Session, str], object]


class TrainingRunState(LivePage, rx.State):
    """One visitor's view of one training."""

    refresh_s: ClassVar[float] = 5.0

    dataset_id: str = ""
    run_id: str = ""
    dataset_name: str = ""
    is_loaded: bool = False
    is_missing: bool = False
    error: str = ""
    fault: str = ""
    """Why the last order was not carried out."""
    is_asking: bool = False
    run: RunView = RunView()
    again: AgainView = AgainView()
    wish: str = ""
    """What it was asked to do after this step: `finish`, `stop`, or nothing."""
    serving: ServingView = ServingView()
    remarks: list[RemarkView] = []
    smalls: list[SmallCurve] = []
    curve_dark: go.Figure = go.Figure()
    curve_light: go.Figure = go.Figure()
    curve_words: str = ""
    curve_witness: str = ""
    curve_alert: str = ""
    """What is amiss with the rewards; empty where nothing is."""
    has_curve: bool = False
    checkpoints: list[CheckpointView] = []
    checkpoints_witness: str = ""
    """How many are not shown; empty where all are."""
    topics: list[TopicReward] = []
    topics_witness: str = ""
    log: str = ""
    """The last lines that the trainer printed."""
    places: list[Choice] = []
    """Steps with answers; of very many some."""
    has_more_places: bool = False
    """Whether a step has to be typed to be found."""
    place: str = ""
    """The chosen step; empty follows the last one."""
    shown_place: str = ""
    answers: list[AnswerView] = []
    answers_note: str = ""
    """Which answers of a larger step are shown; empty where all are."""
    compared: list[SideBySide] = []
    num_compared: int = 0
    events: list[str] = []
    """What a service said, newest first."""
    has_more: bool = False
    """Whether more compared records can be shown."""

    _metrics: tuple[TrainingMetric, ...] = ()
    """Kept, so that only new steps are read; a list would be watched item by item."""
    _steps: tuple[AnsweredStep, ...] = ()
    _all_compared: list[SideBySide] = []
    _compared_of: str = ""

    def _arrive(self, path: str) -> None:
        parts = [unquote(part) for part in path.split("/") if part]
        run_id = parts[3] if len(parts) > 3 else ""
        if run_id != self.run_id:
            self.reset()
            self.run_id = run_id
        self.dataset_id = dataset_id_in(path)

    def _is_over(self) -> bool:
        return self.is_missing

    async def _refresh(self) -> None:
        async with self:
            run_id = self.run_id
        try:
            found = await ask(self._read)
        except RftError as error:
            async with self:
                self.is_missing = isinstance(error, NotFoundError)
                self.error, self.is_loaded = error.message, True
            return
        async with self:
            if self.run_id == run_id:
                self._show(found)

    def _read(self, session: Session) -> "_Read":
        seen = _Seen(self._metrics, self._steps, self.place, self._compared_of)
        return _Read(session, self.dataset_id, self.run_id, seen)

    def _show(self, found: "_Read") -> None:
        places = list_places(found.steps, found.place)
        self._put(
            is_loaded=True,
            is_missing=False,
            error="",
            dataset_name=found.dataset_name,
            run=RunView.of(found.run),
            again=found.again,
            wish=found.wish.value,
            events=found.events,
            serving=found.serving,
            checkpoints=found.checkpoints,
            checkpoints_witness=found.checkpoints_witness,
            topics=[TopicReward.of(one) for one in found.topics.topics],
            topics_witness="first and last step"
            if found.topics.num_steps == 1
            else f"first and last {found.topics.num_steps:,} steps",
            log=found.log,
            places=places,
            has_more_places=len(places) < found.num_places,
            shown_place=found.place,
            answers=found.answers,
            answers_note=found.answers_note,
        )
        self._metrics, self._steps = found.metrics, found.steps
        if found.drawn is not None:
            self._draw(found.drawn)
        if found.compared is not None:
            self._compared_of = AgainView.name_state(found.run)
            self._all_compared = found.compared
            self.num_compared = len(found.compared)
            self.compared = []
            self._add_compared(found.marked)

    def _put(self, **values: Any) -> None:  # noqa: ANN401  # as the fields say
        """Assign what differs: whatever is assigned is sent to the browser again."""
        for name, value in values.items():
            if getattr(self, name) != value:
                setattr(self, name, value)

    def _draw(self, drawn: "_Drawn") -> None:
        self._put(
            remarks=drawn.remarks,
            smalls=drawn.smalls,
            has_curve=drawn.has_curve,
            curve_words=drawn.words,
            curve_witness=drawn.witness,
            curve_alert=drawn.alert,
        )
        self.curve_dark, self.curve_light = drawn.dark, drawn.light

    @rx.event
    async def choose_place(self, place: str) -> None:
        """Look at the answers of another step; the last one is followed as it grows."""
        await self._look_at(place)

    @rx.event
    async def go_to_step(self, form: dict[str, str]) -> None:
        """Look at the answers of the training step that is nearest to a typed one."""
        if not (typed := form.get("step", "").strip().replace(",", "")):
            return
        if not (typed.isascii() and typed.isdecimal()) or len(typed) > MAX_DIGITS:
            self.fault = f"A step is a whole number, not {typed[:40]!r}."
            return
        self.fault = ""
        if place := find_nearest(self._steps, int(typed)):
            await self._look_at(place)
            self.places = list_places(self._steps, place)

    async def _look_at(self, place: str) -> None:
        run_id = self.run_id
        self.place = "" if self.places and place == self.places[-1].value else place
        try:
            found = await ask(lambda session: read_answers(session, run_id, place))
            self.answers, self.answers_note = found
            self.shown_place = place
        except RftError as error:
            self.fault = error.message

    @rx.event
    async def show_more(self) -> None:
        """Show more of the compared records."""
        shown = len(self.compared)
        more = self._all_compared[shown : shown + SHOWN]
        self._add_compared(await asyncio.to_thread(_mark, more))

    def _add_compared(self, more: list[SideBySide]) -> None:
        self.compared = [*self.compared, *more]
        self.has_more = len(self.compared) < len(self._all_compared)

    @rx.event(background=True)
    async def stop(self) -> None:
        """Stop it; the best checkpoint is kept."""
        await self._order(cancel_training)

    @rx.event(background=True)
    async def finish(self) -> None:
        """Make no further step, and compare the best checkpoint."""
        await self._order(finish_training)

    @rx.event
    def download_log(self) -> rx.event.EventSpec:
        """All that the trainer printed, as a file."""
        url = f"/api/optimization/training/{self.run_id}/log/file"
        return rx.download(url=url, filename=f"{self.run_id}.log")

    @rx.event(background=True)
    async def resume(self) -> None:
        """Go on from the last checkpoint."""
        await self._order(resume_training)

    @rx.event(background=True)
    async def compare_again(self) -> None:
        """Judge again what the comparison lacks."""
        await self._order(compare_again)

    async def _order(self, order: _Order) -> None:
        async with self:
            if self.is_asking:
                return
            self.is_asking, self.fault = True, ""
            run_id = self.run_id
        fault = ""
        try:
            await tell(lambda session: order(session, run_id))
        except RftError as error:
            fault = error.message
        async with self:
            self.is_asking, self.fault = False, fault
        await self._refresh()


class _Seen(NamedTuple):
    """What the page knows already."""

    metrics: Sequence[TrainingMetric]
    steps: Sequence[AnsweredStep]
    place: str
    compared_of: str


class _Drawn:
    """The curves; made in the thread that reads, for a long training has many points."""

    def __init__(
        self, metrics: Sequence[TrainingMetric], num_steps: int, *, is_service: bool
    ) -> None:
        curves = read_curves(metrics)
        alerts = {one.metric: one for one in find_alerts(metrics)}
        self.remarks = RemarkView.list_of(metrics, curves("validation_reward"))
        self.smalls = SmallCurve.list_of(curves, alerts, is_service=is_service)
        apart = alerts.get("reward")
        rewards = RewardCurves(
            train=curves("reward"),
            spread=curves("reward_sd"),
            validation=curves("validation_reward"),
            validation_spread=curves("validation_sd"),
            gap=None if apart is None else apart.value,
            num_steps=num_steps,
        )
        self.has_curve = bool(rewards.train or rewards.validation)
        self.dark, self.light = reward_curves(rewards, DARK), reward_curves(rewards, LIGHT)
        self.words = describe_rewards(rewards)
        self.witness = f"{describe_points(rewards)}, bands = ± 1 sd"
        self.alert = "" if apart is None else apart.finding


class _Read:
    """Everything the page shows, read in one view."""

    def __init__(self, session: Session, dataset_id: str, run_id: str, seen: _Seen) -> None:
        self.run = get_training(session, run_id)
        if self.run.dataset_id != dataset_id:
            raise NotFoundError(f"There is no training {run_id!r} of this dataset.")
        self.dataset_name = get_dataset(session, dataset_id).name
        self.wish, self.again = find_wish(session, self.run), AgainView.read(session, self.run)
        self.metrics = _read_metrics(session, self.run.id, seen.metrics)
        is_known = bool(seen.metrics) and self.metrics == seen.metrics
        is_service = self.run.remote is not None
        self.drawn = (
            None if is_known else _Drawn(self.metrics, self.run.total_steps, is_service=is_service)
        )
        log, self.serving = read_log(session, self.run.id), ServingView.of(self.run)
        self.events = log.splitlines()[::-1] if is_service else []
        checkpoints = list_checkpoints(session, self.run.id)[::-1]
        shown = [
            one for number, one in enumerate(checkpoints) if number < MAX_CHECKPOINTS or one.is_best
        ]
        self.checkpoints = [CheckpointView.of(one) for one in shown]
        self.checkpoints_witness = (
            f"newest and best of {len(checkpoints):,}" if len(shown) < len(checkpoints) else ""
        )
        self.topics = compare_topics(session, self.run)
        self.log = read_log_lines(log)
        steps = self.steps = _read_steps(session, self.run.id, seen.steps)
        known = [step for step in steps if step.phase in PHASES]
        self.num_places = len(known)
        self.place = seen.place or (key_of(known[-1]) if known else "")
        self.answers, self.answers_note = read_answers(session, self.run.id, self.place)
        self.compared: list[SideBySide] | None = None
        self.marked: list[SideBySide] = []
        found = None if self.run.outcome is None else self.run.outcome.comparison
        if found is not None and seen.compared_of != AgainView.name_state(self.run):
            base = _read_all(session, self.run.id, Phase.BASE, steps)
            tuned = _read_all(session, self.run.id, Phase.TUNED, steps)
            self.compared = SideBySide.list_of(found, base, tuned)
            self.marked = _mark(self.compared[:SHOWN])


def _read_metrics(
    session: Session, run_id: str, known: Sequence[TrainingMetric]
) -> tuple[TrainingMetric, ...]:
    after = known[-1].step - AGAIN if known else -1
    kept = (metric for metric in known if metric.step <= after)
    return (*kept, *list_all_metrics(session, run_id, after=after))


def _read_steps(
    session: Session, run_id: str, known: Sequence[AnsweredStep]
) -> tuple[AnsweredStep, ...]:
    after = known[-1].step - AGAIN if known else -1
    kept = (step for step in known if step.step <= after)
    return (*kept, *list_answered_steps(session, run_id, after=after))


def _read_all(
    session: Session, run_id: str, phase: Phase, steps: Sequence[AnsweredStep]
) -> list[TrainingRollout]:
    found: list[TrainingRollout] = []
    for step in (one.step for one in steps if one.phase is phase):
        cursor: str | None = None
        while True:
            page = list_answers(session, run_id, phase, step, cursor=cursor, limit=MAX_PAGE)
            found += page.rows
            if (cursor := page.next_cursor) is None:
                break
    return found


def _mark(pairs: list[SideBySide]) -> list[SideBySide]:
    return [pair.marked for pair in pairs]
