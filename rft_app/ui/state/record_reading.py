"""One record in full, beside the list."""

from typing import Any

import reflex as rx
from sqlmodel import Session

from rft_app.domain.record import RecordId
from rft_app.errors import RftError
from rft_app.services.dry_runs import list_record_rollouts
from rft_app.services.grader_versions import map_makers
from rft_app.services.record_changes import restore_records, select_only
from rft_app.services.records import get_record
from rft_app.ui.state.asking import ask
from rft_app.ui.state.made_by import describe_maker
from rft_app.ui.state.record_asking import RecordAsking
from rft_app.ui.state.record_detail import RecordView, view_record
from rft_app.ui.state.rollout_view import RolloutView


class RecordReading(RecordAsking, mixin=True):
    """The open record and its tabs."""

    open_id: str = ""
    record: RecordView = RecordView()
    record_fault: str = ""
    is_editing: bool = False
    """Whether its fields show instead of its tabs."""
    tab: str = "conversation"
    rollouts: list[RolloutView] = []
    num_rollouts: int = 0
    rollouts_note: str = ""

    @rx.event
    async def open_record(self, record_id: str) -> Any:  # noqa: ANN401  # says so before it reads
        """Show one record in full beside the list."""
        if self._may_open(record_id):
            self.open_id, self.record_fault = record_id, ""
            yield
            await self._open(record_id)

    @rx.event
    def close_record(self) -> None:
        """Show the list alone."""
        if self._may_leave():
            self._close()

    @rx.event
    def choose_tab(self, name: str) -> None:
        """Switch what is shown of the record."""
        self.tab = name

    @rx.event
    async def restore_open(self) -> None:
        """Make the open record, which was deleted, current again."""
        dataset_id, record_id = self._dataset_id, RecordId(self.open_id)
        chosen = select_only([record_id])
        if not await self._change(lambda s: restore_records(s, dataset_id, chosen), keeps=True):
            await self._open(record_id)

    def _may_open(self, record_id: str) -> bool:
        """Whether a record is to be read: it is another one, or could not be read before."""
        is_other = record_id != self.open_id or self.record_fault != ""
        return is_other and self._may_leave()

    def _may_leave(self) -> bool:
        """Whether the open record can be left."""
        return True

    async def _open(self, record_id: str) -> None:
        self.open_id, self.record_fault = record_id, ""
        dataset_id = self._dataset_id
        try:
            found = await ask(lambda session: _read_record(session, dataset_id, record_id))
        except RftError as error:
            self.record_fault = error.message
            return
        self.record, self.rollouts, self.rollouts_note = found
        self.num_rollouts = len(self.rollouts)

    def _close(self) -> None:
        self.open_id, self.record, self.rollouts = "", RecordView(), []

    def _filter_changed(self) -> None:
        super()._filter_changed()
        self.close_record()

    async def _reload(self) -> None:
        """Read again; a record that was deleted meanwhile closes, unless somebody types in it."""
        await super()._reload()
        dataset_id, record_id = self._dataset_id, self.open_id
        if not record_id or self.is_editing:
            return
        try:
            found = await ask(lambda session: get_record(session, dataset_id, record_id))
        except RftError as error:
            self.record_fault = error.message
            return
        if found.is_archived and not self.record.is_archived:
            self.close_record()


def _read_record(
    session: Session, dataset_id: str, record_id: str
) -> tuple[RecordView, list[RolloutView], str]:
    view = view_record(get_record(session, dataset_id, record_id))
    run, rollouts = list_record_rollouts(session, dataset_id, record_id)
    note = ""
    if run is not None:
        made_by = map_makers(session, dataset_id, [run.grader_version_id])[run.grader_version_id]
        stale = "Stale: graded" if made_by.is_stale else "Graded"
        note = f"{stale} in dry run {run.number}, the latest, by {describe_maker(made_by)}."
    return view, [RolloutView.of(rollout) for rollout in rollouts], note
