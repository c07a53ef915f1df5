"""Trying the grader of the dialog: on which records, what comes of each, and what that took."""

from typing import Any, Final

import reflex as rx

from rft_app.domain.grader import list_asking
from rft_app.errors import InvalidInputError, RftError
from rft_app.services.grader_trial import (
    MAX_TRIED,
    NUM_TRIED,
    Trial,
    TrialChoice,
    TrialLatency,
    TrialSpread,
    read_records,
    sum_up,
    try_grader,
)
from rft_app.services.sampled_answers import SampledRun, list_sampled_runs
from rft_app.storage.ids import new_id
from rft_app.ui.state.asking import ask, dataset_id_in
from rft_app.ui.state.choice import Choice
from rft_app.ui.state.figure import Figure
from rft_app.ui.state.grader import DEFECT, GraderState
from rft_app.ui.state.grader_draft import Draft
from rft_app.ui.state.guard import off_loop
from rft_app.ui.state.judge_view import describe_spent
from rft_app.ui.state.rollout_view import RolloutView
from rft_app.ui.state.step_modal import read_whole
from rft_app.ui.words import count, latency, reward

NO_MODEL: Final = "Asks no model: nothing to pay."


class GraderTrialState(rx.State):
    """Which records are tried, the trial that is shown, and what is waited for."""

    num_drawn: str = str(NUM_TRIED)
    seed: str = "0"
    records: str = ""
    """Ids of chosen records as they were typed."""
    choice_fault: str = ""
    """Why these records cannot be tried; empty where they can."""
    tried: list[RolloutView] = []
    spread: list[Figure] = []
    """Of the rewards: mean, sd, min and max; of the latency: p50 and p95."""
    is_graded: bool = False
    """Whether any answer has a reward."""
    words: str = ""
    """What the trial was of."""
    cost: str = ""
    """What the calls of a judge came to, or that there were none."""
    notice: str = ""
    """Why these grades flatter the grader; mostly empty."""
    answers_of: str = ""
    """Number of the dry run whose answers are graded; empty for recorded ones."""
    sources: list[Choice] = []
    """The dry runs there are to choose from."""
    tried_mark: str = ""
    """Mark of the text that was tried."""
    fault: str = ""
    is_trying: bool = False

    _trial: str = ""
    """Of the trial that is waited for; empty where none is."""
    _dataset_id: str = ""

    @rx.var
    def pinned(self) -> list[str]:
        """Ids of the chosen records; none while the field holds something else."""
        try:
            return list(read_records(self.records))
        except InvalidInputError:
            return []

    @rx.var
    def ask_words(self) -> str:
        """What the button says."""
        try:
            wanted = _read_choice(self.num_drawn, self.seed, self.records)
        except InvalidInputError:
            return "Grade records"
        return f"Grade {count(wanted.num_drawn + len(wanted.records), 'record')}"

    @rx.event
    def enter(self) -> None:
        """The dialog opened: forget what is of another dataset."""
        dataset_id = dataset_id_in(self.router.url.path)
        if dataset_id != self._dataset_id:
            self.reset()
            self._dataset_id = dataset_id

    @rx.event
    async def show_sources(self) -> None:
        """Whose answers there are to try it on."""
        dataset_id = dataset_id_in(self.router.url.path)
        try:
            runs = await ask(lambda session: list_sampled_runs(session, dataset_id))
        except RftError as error:
            self.fault = error.message
            return
        self.sources = [Choice(str(run.number), describe_source(run)) for run in runs]
        if self.answers_of not in {one.value for one in self.sources}:
            self.answers_of = ""

    @rx.event
    def set_answers_of(self, number: str) -> None:
        """Whose answers are graded."""
        self.answers_of = number

    @rx.event
    def leave(self) -> None:
        """The dialog closed: a trial that is under way is not shown in the next one."""
        self._trial, self.is_trying = "", False

    @rx.event
    def set_num_drawn(self, text: str) -> None:
        """How many are drawn by lot."""
        self.num_drawn = text
        self._check_choice()

    @rx.event
    def set_seed(self, text: str) -> None:
        """Other records are drawn."""
        self.seed = text
        self._check_choice()

    @rx.event
    def set_records(self, text: str) -> None:
        """Records were named."""
        self.records = text
        self._check_choice()

    @rx.event
    def pin(self, record_id: str) -> None:
        """Try this one again next time, or no more."""
        kept = [one for one in self.pinned if one != record_id]
        self.records = ", ".join(kept if record_id in self.pinned else [*kept, record_id])
        self._check_choice()

    @rx.event
    def try_these(self) -> Any:  # noqa: ANN401  # an event
        """Try again on the records that are shown, and on no other."""
        self.records = ", ".join(dict.fromkeys(view.record_id for view in self.tried))
        self.num_drawn = "0"
        self._check_choice()
        return GraderTrialState.try_it

    @rx.event(background=True)
    async def try_it(self) -> None:
        """Grade the answers of the records; no grade is stored.

        A model may take minutes, in which the person types, saves or leaves; a trial whose dialog
        was closed is not shown in the next one.
        """
        async with self:
            if self.is_trying or not self._check_choice():
                return
            wanted = _read_choice(self.num_drawn, self.seed, self.records).model_copy(
                update={"answers_of": self.answers_of or None}
            )
            grader = await self.get_state(GraderState)
            draft, dataset_id, trial = grader.draft, self._dataset_id, new_id("trial")
            self.is_trying, self.fault, self._trial = True, "", trial
        found: Trial | RftError = RftError(DEFECT)
        try:
            found = await off_loop(lambda: try_grader(dataset_id, draft.to_spec(), wanted))
        except RftError as error:
            found = error
        finally:  # a defect goes on to the log
            async with self:
                if self._trial == trial:
                    self._end(found, draft)
                    if isinstance(found, InvalidInputError):
                        (await self.get_state(GraderState)).tell_fault(found, draft)

    def _check_choice(self) -> bool:
        """Whether these records can be asked for; says why not."""
        try:
            _read_choice(self.num_drawn, self.seed, self.records)
        except InvalidInputError as error:
            self.choice_fault = error.message
            return False
        self.choice_fault = ""
        return True

    def _end(self, found: Trial | RftError, draft: Draft) -> None:
        self._trial, self.is_trying = "", False
        if isinstance(found, Trial):
            self._show(found, draft)
            return
        is_choice = found.details.get("field") == "records"
        self.choice_fault = found.message if is_choice else ""
        self.fault = "" if is_choice else found.message
        self.tried, self.spread, self.words, self.tried_mark = [], [], "", ""

    def _show(self, trial: Trial, draft: Draft) -> None:
        self.tried, self.tried_mark = [RolloutView.of(grade) for grade in trial.grades], draft.mark
        self.words = describe_tried(self.tried)
        spread = sum_up([grade.outcome for grade in trial.grades])
        self.spread, self.is_graded = view_spread(spread, trial.latency), spread is not None
        self.cost, self.notice = NO_MODEL, trial.notice
        if trial.paid is not None or list_asking(draft.to_spec()):
            self.cost = describe_spent(trial.paid) if trial.paid else ""


def _read_choice(num_drawn: str, seed: str, records: str) -> TrialChoice:
    """The records that are asked for.

    Raises:
        InvalidInputError: Something is no number, a word is no record id, or it is too many.
    """
    wanted = TrialChoice(
        num_drawn=read_whole(num_drawn or "0", "number of drawn records"),
        seed=read_whole(seed or "0", "seed"),
        records=read_records(records),
    )
    num_asked = wanted.num_drawn + len(wanted.records)
    if wanted.num_drawn < 0 or not 1 <= num_asked <= MAX_TRIED:
        raise InvalidInputError(f"A trial takes 1 to {MAX_TRIED} records, not {num_asked}.")
    return wanted


def describe_source(run: SampledRun) -> str:
    """A dry run as an option.

    Example:
        >>> describe_source(SampledRun(3, "gpt-5-mini"))
        'of dry run 3, gpt-5-mini'
    """
    return f"of dry run {run.number}, {run.model}"


def describe_tried(tried: list[RolloutView]) -> str:
    """How many records, and how many of them have no reward.

    Example:
        >>> describe_tried([])
        '0 records'
    """
    num_abstained = sum(view.is_abstained for view in tried)
    num_failed = sum(not view.is_graded for view in tried) - num_abstained
    failed = f" · {num_failed} not graded" if num_failed else ""
    abstained = f" · {num_abstained} abstained" if num_abstained else ""
    return f"{count(len(tried), 'record')}{failed}{abstained}"


def view_spread(found: TrialSpread | None, took: TrialLatency | None) -> list[Figure]:
    """The figures of a trial; only those that are known.

    Example:
        >>> view_spread(None, None)
        []
    """
    figures: list[Figure] = []
    if found is not None:
        values = {"mean": found.mean, "sd": found.sd, "min": found.low, "max": found.high}
        figures += [Figure(name, reward(value)) for name, value in values.items()]
    if took is not None:
        values = {"p50": took.p50_ms, "p95": took.p95_ms}
        figures += [Figure(name, latency(value)) for name, value in values.items()]
    return figures
