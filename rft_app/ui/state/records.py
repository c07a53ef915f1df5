"""The records overlay: the list, the selection, and one record in full beside it."""

from typing import Any

import reflex as rx
from sqlmodel import Session

from rft_app.errors import RftError
from rft_app.services.dry_runs import list_record_rollouts
from rft_app.services.records import get_record
from rft_app.ui.state.asking import ask
from rft_app.ui.state.export import ExportState
from rft_app.ui.state.generate import GenerateState
from rft_app.ui.state.modal import ModalState
from rft_app.ui.state.record_asking import RecordAsking
from rft_app.ui.state.record_change_view import ChangeView
from rft_app.ui.state.record_detail import RecordView, view_record
from rft_app.ui.state.record_filters import name_origin, read_preset
from rft_app.ui.state.record_list import read_stamp
from rft_app.ui.state.rollout_view import RolloutView


class RecordsState(RecordAsking, rx.State):
    """One visitor's overlay."""

    came_from: str = ""
    at_id: str = ""
    """The row that the keyboard is at."""
    shows_keys: bool = False
    open_id: str = ""
    record: RecordView = RecordView()
    record_fault: str = ""
    tab: str = "conversation"
    rollouts: list[RolloutView] = []
    num_rollouts: int = 0
    rollouts_note: str = ""

    @rx.event
    async def open_record(self, record_id: str) -> None:
        """Show one record in full beside the list."""
        if record_id == self.open_id and not self.record_fault:
            return
        self.open_id, self.record_fault = record_id, ""
        dataset_id = self._dataset_id
        try:
            found = await ask(lambda session: _read_record(session, dataset_id, record_id))
        except RftError as error:
            self.record_fault = error.message
            return
        self.record, self.rollouts, self.rollouts_note = found
        self.num_rollouts = len(self.rollouts)

    @rx.event
    async def look_at(self, record_id: str) -> None:
        """The keyboard came to a row; the open record moves along."""
        self.at_id = record_id
        if self.open_id:
            await self.open_record(record_id)

    @rx.event
    def press(self, key: str) -> Any:  # noqa: ANN401  # an event
        """A letter, about the row that the keyboard is at."""
        if key == "?":
            self.shows_keys = not self.shows_keys
        elif key == "x" and self.at_id:
            return RecordsState.toggle_row(self.at_id)
        return None

    @rx.event
    def toggle_keys(self) -> None:
        """Show which keys do what, or put it away."""
        self.shows_keys = not self.shows_keys

    @rx.event
    def close_record(self) -> None:
        """Show the list alone."""
        self.open_id, self.record, self.rollouts = "", RecordView(), []

    @rx.event
    def step_back(self) -> Any:  # noqa: ANN401  # an event
        """Esc: close what is in front, the overlay last."""
        if self.shows_keys or self.is_filtering:
            self.shows_keys = self.is_filtering = False
        elif self.open_id:
            self.close_record()
        else:
            return ModalState.close
        return None

    @rx.event
    def choose_tab(self, name: str) -> None:
        """Switch what is shown of the record."""
        self.tab = name

    @rx.event
    async def export_selected(self) -> Any:  # noqa: ANN401  # an event
        """Export the selected records only."""
        export = await self.get_state(ExportState)
        return export.start_from(self._selection(), self.selected_words)

    @rx.event
    async def generate_from_selected(self) -> Any:  # noqa: ANN401  # an event
        """Plan new records from the selected ones."""
        generate = await self.get_state(GenerateState)
        return generate.start_from(self._selection(), self.selected_words)

    def _filter_changed(self) -> None:
        super()._filter_changed()
        self.close_record()

    async def _reload(self) -> None:
        await super()._reload()
        dataset_id, record_id = self._dataset_id, self.open_id
        if record_id and (await ask(lambda s: get_record(s, dataset_id, record_id))).is_archived:
            self.close_record()

    async def _refresh(self, *, is_forced: bool = False) -> None:
        if is_forced:
            await self._begin()
            return
        dataset_id = self._dataset_id
        try:
            stamp = await ask(lambda session: read_stamp(session, dataset_id))
            await self._follow_job()
        except RftError as error:
            self.fault = error.message
            return
        if stamp != self._stamp:
            await self._reload()

    async def _begin(self) -> None:
        """Open with the filters of the address."""
        modal = await self.get_state(ModalState)
        self.wanted = read_preset(modal.records_preset)
        self.came_from = name_origin(modal.records_preset)
        self.clear_selection()
        self.close_record()
        self.asking, self.at_id, self.change, self.is_filtering = "", "", ChangeView(), False
        self.change_fault, self.num_clears = "", self.num_clears + 1
        try:
            await self._read_around()
            await self._follow_job()
        except RftError as error:
            self.fault, self.is_loading = error.message, False
            return
        await self._turn_to([])
        if modal.record_id:
            await self.open_record(modal.record_id)


def _read_record(
    session: Session, dataset_id: str, record_id: str
) -> tuple[RecordView, list[RolloutView], str]:
    view = view_record(get_record(session, dataset_id, record_id))
    run, rollouts = list_record_rollouts(session, dataset_id, record_id)
    note = f"Grades of dry run {run.number}, the latest." if run else ""
    return view, [RolloutView.of(rollout) for rollout in rollouts], note
