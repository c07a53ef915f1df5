"""The records overlay: what opens it, its keys, and where it leads."""

from typing import Any

import reflex as rx

from rft_app.domain.record import Selection
from rft_app.errors import RftError
from rft_app.ui.state.asking import ask
from rft_app.ui.state.export_tab import ExportTabState
from rft_app.ui.state.generate import GenerateState
from rft_app.ui.state.modal import NOTHING, RECORDS, ModalState
from rft_app.ui.state.record_change_view import ChangeView
from rft_app.ui.state.record_editing import RecordEditing
from rft_app.ui.state.record_filters import name_origin, read_preset
from rft_app.ui.state.record_list import read_stamp


class RecordsState(RecordEditing, rx.State):
    """One visitor's overlay."""

    came_from: str = ""
    at_id: str = ""
    """The row that the keyboard is at."""
    shows_keys: bool = False

    @rx.event
    def look_at(self, record_id: str) -> Any:  # noqa: ANN401  # an event
        """The keyboard came to a row; the open record moves along, unless it is being edited."""
        self.at_id = record_id
        if self.open_id and not self.is_editing:
            return RecordsState.open_record(record_id)
        return None

    @rx.event
    def press(self, key: str) -> Any:  # noqa: ANN401  # an event
        """A letter, about the row that the keyboard is at."""
        if key == "?":
            return RecordsState.toggle_keys
        if key == "e" and (self.open_id or self.at_id) and not self.shows_deleted:
            return RecordsState.edit_record(self.open_id or self.at_id)
        return RecordsState.toggle_row(self.at_id) if key == "x" and self.at_id else None

    @rx.event
    def toggle_keys(self) -> None:
        """Show which keys do what, or put it away."""
        self.shows_keys = not self.shows_keys

    @rx.event
    def step_back(self) -> Any:  # noqa: ANN401  # an event
        """Esc: close what is in front, the overlay last."""
        if self.shows_keys:
            self.shows_keys = False
        elif self.is_editing:
            self._may_leave()
        elif self.open_id:
            self.close_record()
        else:
            return ModalState.close
        return None

    @rx.event
    async def export_selected(self) -> Any:  # noqa: ANN401  # an event
        """Export the selected records only."""
        return await self._export(self._selection())

    @rx.event
    async def export_matching(self) -> Any:  # noqa: ANN401  # an event
        """Export all that match the filter."""
        return await self._export(Selection(filter=self.wanted.to_filter()))

    async def _export(self, selection: Selection) -> Any:  # noqa: ANN401  # an event
        export = await self.get_state(ExportTabState)
        conditions = [chip.words for chip in self.chips] if selection.only is None else []
        return ModalState.leave_to_export(export.take(self._dataset_id, selection, conditions))

    @rx.event
    async def generate_from_selected(self) -> Any:  # noqa: ANN401  # an event
        """Plan new records from the selected ones."""
        generate = await self.get_state(GenerateState)
        return generate.start_from(self._selection(), self.selected_words)

    @rx.event
    async def try_again(self) -> None:
        """Read what could not be read, with the same filters."""
        await self._reload()

    async def _refresh(self, *, is_forced: bool = False) -> None:
        if is_forced:
            await self._begin()
            return
        dataset_id = self._dataset_id
        try:
            stamp = await ask(lambda session: read_stamp(session, dataset_id))
            await self._follow_job()
            await self._read_changes()
        except RftError as error:
            self.fault = error.message
            return
        if stamp != self._stamp or self.fault:
            await self._reload()

    async def _begin(self) -> None:
        """Open with the filters of the address; a record under edit is there again."""
        modal = await self.get_state(ModalState)
        self.wanted = read_preset(modal.records_preset)
        self.came_from = name_origin(modal.records_preset)
        self._forget(modal)
        try:
            await self._read_around()
            await self._follow_job()
        except RftError as error:
            self.fault, self.is_loading = error.message, False
            return
        await self._turn_to([])
        if modal.record_id and self._may_open(modal.record_id):
            await self._open(modal.record_id)

    def _forget(self, modal: ModalState) -> None:
        """Start without what was selected, open or said when the overlay closed."""
        self.clear_selection()
        self.asking, self.at_id, self.change, self.is_filtering = "", "", ChangeView(), False
        self.change_fault, self.change_note, self.num_clears = "", "", self.num_clears + 1
        if self.is_changed:
            modal.unsaved = RECORDS
            return
        self.is_editing = False
        self._close()
        if modal.unsaved == RECORDS:
            modal.unsaved = NOTHING
