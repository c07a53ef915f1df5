"""Choose traces from the list of all that are stored: rows, all that match, or a sample of them."""

import random
from typing import Any

import reflex as rx

from rft_app.domain.trace import TraceId
from rft_app.domain.trace_page import (
    MAX_SAMPLE,
    SampleKind,
    TraceFilter,
    TraceSample,
    TraceSelection,
)
from rft_app.errors import InvalidInputError, RftError
from rft_app.services.trace_sampling import draw_sample
from rft_app.services.traces import find_among
from rft_app.ui.state.asking import ask
from rft_app.ui.state.step_modal import read_whole
from rft_app.ui.state.trace_list import After, TraceList, Window
from rft_app.ui.state.trace_wanted import WantedTraces

SAMPLES = {
    SampleKind.RANDOM: "at random",
    SampleKind.NEWEST: "the newest",
    SampleKind.STRATIFIED: "by model and length",
    SampleKind.REPRESENTATIVE: "spread over what users ask",
}
OVERTAKEN = "Filters or selection changed meanwhile. Draw again."
MAX_SEED = 10_000
"""Seeds that are made up stay short enough to be typed again."""


class TracePicker(TraceList, mixin=True):
    """The traces tab of whoever mixes this in."""

    wanted: WantedTraces = WantedTraces(has_response=True)
    takes_all: bool = False
    """Whether all that match are selected but for those named; otherwise just those named."""
    num_named: int = 0
    named_here: list[str] = []
    """Those of the rows that show."""
    is_sampling: bool = False
    """Whether the form of a sample shows."""
    is_drawing: bool = False
    sample_kind: str = SampleKind.RANDOM.value
    sample_size: str = "500"
    sample_fault: str = ""
    sample_words: str = ""
    """How the sample that is selected was drawn; empty where none is."""
    _named: frozenset[str] = frozenset()
    _sample: TraceSample | None = None

    @rx.var
    def num_selected(self) -> int:
        """Traces that would become the dataset."""
        return self.num_matching - self.num_named if self.takes_all else self.num_named

    @rx.var
    def selection_words(self) -> str:
        """How the selection came about."""
        if self.sample_words:
            return self.sample_words
        if not self.takes_all:
            return "" if self.num_named else "Tick rows, take all that match, or draw a sample."
        words = "all that match" if self.wanted.is_filtered else "all that are stored"
        return f"{words}, minus {self.num_named:,}" if self.num_named else words

    @rx.var
    def selected_words(self) -> str:
        """How many are selected."""
        is_unknown = self.takes_all and self.is_counting
        return "Counting…" if is_unknown else f"{self.num_selected:,} selected"

    @rx.var
    def select_all_words(self) -> str:
        """What the first box selects."""
        return "Select all" if self.is_counting else f"Select all {self.num_matching:,}"

    def _selection(self) -> TraceSelection:
        """What is selected now, for services."""
        ids = tuple(map(TraceId, sorted(self._named)))
        if self.takes_all:
            return TraceSelection(filter=self._filter, excluded=ids)
        return TraceSelection(only=ids, sample=self._sample)

    def _forget(self) -> None:
        if self.takes_all:
            self._name(frozenset())

    def _listed(self) -> After:
        return self._selection_changed() if self.takes_all else None

    def _selection_changed(self) -> After:
        """What follows a change of the selection."""

    def _name(self, ids: frozenset[str], sample: TraceSample | None = None) -> None:
        self._named, self.num_named = ids, len(ids)
        self._sample, self.sample_words = sample, "" if sample is None else sample.words
        self._mark()

    async def _count(self, asked: TraceFilter) -> int:
        """As for every list; exceptions that do not match any more are none."""
        number = await super()._count(asked)
        async with self:
            named = tuple(map(TraceId, self._named)) if self.takes_all else ()
        if not named:
            return number
        kept = await ask(lambda session: find_among(session, asked, named))
        async with self:
            if self.takes_all:
                self._name(self._named.difference(set(named).difference(kept)))
        return number

    def _mark(self) -> None:
        self.named_here = [trace.id for trace in self.traces if trace.id in self._named]

    def _show_window(self, found: Window, cursors: list[str]) -> None:
        super()._show_window(found, cursors)
        self._mark()

    @rx.event
    def toggle_trace(self, trace_id: str) -> After:
        """Select a row, or leave it out."""
        self._name(self._named ^ {trace_id})
        return self._selection_changed()

    @rx.event
    def toggle_all_traces(self) -> After:
        """Select all that match, or nothing."""
        self.takes_all = self.num_selected == 0 or not self.takes_all
        self._name(frozenset())
        return self._selection_changed()

    @rx.event
    def clear_selection(self) -> After:
        """Select nothing."""
        self.takes_all = False
        self._name(frozenset())
        return self._selection_changed()

    @rx.event
    def toggle_sampling(self) -> None:
        """Show how a sample is drawn, or put that away."""
        self.is_sampling, self.sample_fault = not self.is_sampling, ""

    @rx.event
    def set_sample_kind(self, kind: str) -> None:
        """How the sample is drawn."""
        self.sample_kind, self.sample_fault = kind, ""

    @rx.event
    def set_sample_size(self, text: str) -> None:
        """How many traces it shall have."""
        self.sample_size, self.sample_fault = text, ""

    @rx.event(background=True)
    async def draw(self) -> Any:  # noqa: ANN401  # events
        """Select a sample of all that match; each press draws another one."""
        async with self:
            if self.is_drawing or self.is_counting:
                return
            self.is_drawing, self.sample_fault = True, ""
            before = self._choice()
        drawn, fault = None, ""
        try:
            wish = self._wish()
            drawn = await ask(lambda session: draw_sample(session, wish))
        except RftError as error:
            fault = error.message
        async with self:
            if drawn is not None and before != self._choice():
                drawn, fault = None, OVERTAKEN
            self.is_drawing, self.sample_fault = False, fault
            if drawn is None:
                return
            self.takes_all = False
            self._name(frozenset(drawn.only or ()), drawn.sample)
            event = self._selection_changed()
        if event is not None:
            yield event

    def _choice(self) -> tuple[WantedTraces, bool, frozenset[str]]:
        """What a person may change while a sample is drawn."""
        return self.wanted, self.takes_all, self._named

    def _wish(self) -> TraceSelection:
        """The sample that is asked for.

        Raises:
            InvalidInputError: Its size is no number that a sample can have.
        """
        size = read_whole(self.sample_size, "size")
        if not 1 <= size <= MAX_SAMPLE:
            raise InvalidInputError(f"A sample has from 1 to {MAX_SAMPLE:,} traces.")
        seed = random.randrange(MAX_SEED)
        kind = SampleKind(self.sample_kind)
        sample = TraceSample(kind=kind, size=size, seed=seed)
        return TraceSelection(filter=self._filter, sample=sample)
