"""Choose traces from the list of all that are stored: rows, or all that match."""

import reflex as rx

from rft_app.domain.trace import TraceId
from rft_app.domain.trace_page import TraceSelection
from rft_app.ui.state.trace_list import After, TraceList, WantedTraces


class TracePicker(TraceList, mixin=True):
    """The traces tab of whoever mixes this in."""

    wanted: WantedTraces = WantedTraces(has_response=True)
    takes_all: bool = False
    """Whether all that match are selected but for `named`; otherwise just `named`."""
    named: list[str] = []

    @rx.var
    def num_selected(self) -> int:
        """Traces that would become the dataset."""
        return self.num_matching - len(self.named) if self.takes_all else len(self.named)

    @rx.var
    def selection_words(self) -> str:
        """How the selection came about."""
        if not self.takes_all:
            return "" if self.named else "Tick rows, or take all that match."
        words = "all that match" if self.wanted.is_filtered else "all that are stored"
        return f"{words}, minus {len(self.named):,}" if self.named else words

    @rx.var
    def selected_words(self) -> str:
        """How many are selected."""
        return f"{self.num_selected:,} selected"

    @rx.var
    def select_all_words(self) -> str:
        """What the first box selects."""
        return f"Select all {self.num_matching:,}"

    def _selection(self) -> TraceSelection:
        """What is selected now, for services."""
        ids = tuple(map(TraceId, self.named))
        if self.takes_all:
            return TraceSelection(filter=self._filter, excluded=ids)
        return TraceSelection(only=ids)

    def _forget(self) -> None:
        if self.takes_all:
            self.named = []

    def _listed(self) -> After:
        return self._selection_changed() if self.takes_all else None

    def _selection_changed(self) -> After:
        """What follows a change of the selection."""

    @rx.event
    def toggle_trace(self, trace_id: str) -> After:
        """Select a row, or leave it out."""
        known = trace_id in self.named
        self.named = (
            [id_ for id_ in self.named if id_ != trace_id]
            if known
            else [
                *self.named,
                trace_id,
            ]
        )
        return self._selection_changed()

    @rx.event
    def toggle_all_traces(self) -> After:
        """Select all that match, or nothing."""
        self.takes_all, self.named = self.num_selected == 0 or not self.takes_all, []
        return self._selection_changed()

    @rx.event
    def clear_selection(self) -> After:
        """Select nothing."""
        self.takes_all, self.named = False, []
        return self._selection_changed()
