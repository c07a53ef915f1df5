"""Which records are selected: rows that were ticked, or all that match but for some."""

from typing import Any

import reflex as rx

from rft_app.domain.record import RecordFilter, RecordId, Selection
from rft_app.errors import RftError
from rft_app.services.record_changes import count_exact, select_only
from rft_app.services.records import list_present
from rft_app.ui.state.asking import ask
from rft_app.ui.state.record_list import RecordList
from rft_app.ui.words import count

_DEPS: list[str | rx.Var[Any]] = ["rows", "named", "takes_all"]


class RecordSelecting(RecordList, mixin=True):
    """The selection stays while pages turn; another filter clears it and says so."""

    takes_all: bool = False
    """Whether all that match are selected but for `named`; otherwise just `named`."""
    named: list[str] = []
    num_selected: int = 0
    selection_note: str = ""
    """What became of the selection by itself."""

    _num_taken: int = 0
    """Records that match, counted to the end when all were taken."""

    @rx.var(deps=_DEPS, auto_deps=False)
    def is_page_selected(self) -> bool:
        """Whether every row that shows is selected."""
        return bool(self.rows) and all(self._is_selected(row.id) for row in self.rows)

    @rx.var(deps=_DEPS, auto_deps=False)
    def is_page_partly_selected(self) -> bool:
        """Whether some rows that show are selected, but not all."""
        selected = [self._is_selected(row.id) for row in self.rows]
        return any(selected) and not all(selected)

    @rx.var(deps=[*_DEPS, "has_next", "has_previous"], auto_deps=False)
    def can_take_all(self) -> bool:
        """Whether there is more to select than the page that is selected."""
        is_more = self.has_next or self.has_previous
        return is_more and not self.takes_all and self.is_page_selected

    @rx.var
    def selected_text(self) -> str:
        """How many are selected."""
        return f"{self.num_selected:,}"

    @rx.var
    def selected_words(self) -> str:
        """The same with what they are."""
        return count(self.num_selected, "selected record")

    @rx.var
    def take_all_words(self) -> str:
        """The offer to select all pages."""
        words = "that match" if self.is_filtered else "records"
        return f"Select all {self.total} {words}"

    @rx.var
    def selection_words(self) -> str:
        """How the selection came about."""
        if not self.takes_all:
            return ""
        words = "all that match the filter" if self.is_filtered else "all records"
        return f"{words}, but {len(self.named):,}" if self.named else words

    @rx.event
    def toggle_row(self, record_id: str) -> None:
        """Select a row, or leave it out."""
        self.named = (
            [name for name in self.named if name != record_id]
            if record_id in self.named
            else [*self.named, record_id]
        )
        self._chosen_anew()

    @rx.event
    def toggle_page(self) -> None:
        """Select every row that shows, or none of them."""
        shown = [row.id for row in self.rows]
        others = [name for name in self.named if name not in set(shown)]
        are_named = self.is_page_selected is self.takes_all
        self.named = [*others, *shown] if are_named else others
        self._chosen_anew()

    @rx.event
    async def take_all(self) -> None:
        """Select all that match, however many pages they fill."""
        self.takes_all, self.named = True, []
        await self._count_selection()

    @rx.event
    def clear_selection(self) -> None:
        """Select nothing."""
        self.takes_all, self.named, self.num_selected, self.selection_note = False, [], 0, ""

    def _is_selected(self, record_id: str) -> bool:
        return (record_id in self.named) is not self.takes_all

    def _chosen_anew(self) -> None:
        self.selection_note = ""
        self._recount()

    def _recount(self) -> None:
        self.num_selected = self._num_taken - len(self.named) if self.takes_all else len(self.named)
        if not self.num_selected:
            self.takes_all, self.named = False, []

    def _filter_changed(self) -> None:
        if self.num_selected:
            was = count(self.num_selected, "record")
            self.clear_selection()
            self.selection_note = f"The filter changed, so {was} are no longer selected."
        else:
            self.selection_note = ""

    def _selection(self) -> Selection:
        """The selection as services take it."""
        named = tuple(map(RecordId, self.named))
        if self.takes_all:
            return Selection(filter=self.wanted.to_filter(), excluded=named)
        if self.shows_deleted:
            return Selection(filter=RecordFilter(is_deleted=True), only=named)
        return select_only(named)

    async def _count_selection(self) -> None:
        """Count what is selected in the database, so that the number is what an action is about."""
        if not (self.takes_all or self.named):
            return
        dataset_id, selection = self._dataset_id, self._selection()
        try:
            if self.takes_all:
                found = await ask(lambda session: count_exact(session, dataset_id, selection))
                self._num_taken = found + len(self.named)
            else:
                found = await ask(lambda session: list_present(session, dataset_id, selection))
                self.named = [*found]
        except RftError as error:
            self.fault = error.message
            return
        self._recount()
