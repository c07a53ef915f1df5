"""Which dialog is open over the canvas; the address says it, so that it can be shared."""

from collections.abc import Mapping
from urllib.parse import urlencode

import reflex as rx

from rft_app.domain.pipeline import StepName
from rft_app.ui.state.asking import dataset_id_in
from rft_app.ui.state.leaving import Leaving
from rft_app.ui.state.training_page import export_address

STEP_MODALS = (
    StepName.EXTRACT,
    StepName.TOPICS,
    StepName.COVERAGE,
    StepName.GRADER,
    StepName.DRY_RUN,
    StepName.TRAIN,
    StepName.DEPLOY,
)
RECORDS, RECORD = "records", "record"
IMPORT_RECORDS, IMPORT_TOPICS, SNAPSHOTS = "import-records", "import-topics", "snapshots"
GENERATE, REVIEW = "generate", "review"
DIALOGS: tuple[str, ...] = (IMPORT_RECORDS, IMPORT_TOPICS, SNAPSHOTS, GENERATE, REVIEW)
"""Dialogs that belong to no step; the address names them as `dialog`."""
NOTHING = ""


def modal_in(parameters: Mapping[str, str]) -> str:
    """The dialog an address asks for; nothing when it names none there is.

    Example:
        >>> modal_in({"step": "topics"}), modal_in({"records": "invalid"}), modal_in({"step": "x"})
        ('topics', 'records', '')
    """
    if RECORDS in parameters:
        return RECORDS
    if (dialog := parameters.get("dialog", "")) in DIALOGS:
        return dialog
    step = parameters.get("step", "")
    return step if step in STEP_MODALS else NOTHING


class ModalState(Leaving, rx.State):
    """The open dialog: a step's name, `records`, one of `DIALOGS`, or nothing."""

    open_name: str = NOTHING
    records_preset: str = ""
    """What the records overlay starts with, e.g. `invalid`, `topic:Bags`, `reason:too_long`."""
    record_id: str = ""
    """The record that the overlay opens at once."""
    is_leaving: bool = False
    """Whether the person is asked about unsaved changes."""
    unsaved: str = NOTHING
    """The dialog that holds something that is not stored yet."""

    _shown_id: str = ""
    """The dataset that `unsaved` is about."""

    @rx.event
    def follow_address(self) -> rx.event.EventSpec | None:
        """Open what the address names; the canvas page's `on_load`."""
        parameters = self.router.url.query_parameters
        self.open_name = modal_in(parameters)
        self.records_preset = parameters.get(RECORDS, "") if self.open_name == RECORDS else ""
        self.record_id = parameters.get(RECORD, "")
        self.is_leaving = False
        self.forget_answer()
        if self._shown_id != self._dataset_id:
            self._shown_id, self.unsaved = self._dataset_id, NOTHING
        if "export" in parameters:  # where exporting was in earlier versions
            return rx.redirect(export_address(self._dataset_id), replace=True)
        return None

    @rx.event
    def forget_address(self) -> None:
        """The page was left, with whatever was open on it; what comes next opens its own."""
        self.open_name, self.is_leaving = NOTHING, False

    @rx.event
    def open_step(self, name: str) -> rx.event.EventSpec:
        """Open a step's dialog."""
        return self._go_to({"step": name})

    @rx.event
    def open_records(self, preset: str = "") -> rx.event.EventSpec:
        """Open the records overlay, filtered."""
        return self._go_to({RECORDS: preset or "all"})

    @rx.event
    def open_record(self, preset: str, record_id: str) -> rx.event.EventSpec:
        """Open the records overlay, filtered, with one record beside the list."""
        return self._go_to({RECORDS: preset, RECORD: record_id})

    @rx.event
    def leave_to_export(self, records: str = "") -> rx.event.EventSpec:
        """Go to the Export tab; `records` as in `export_address`."""
        return rx.redirect(export_address(self._dataset_id, records))

    @rx.event
    def open_dialog(self, name: str) -> rx.event.EventSpec:
        """Open one of `DIALOGS`."""
        return self._go_to({"dialog": name})

    @rx.event
    def close(self) -> rx.event.EventSpec | None:
        """Close the dialog; asks first when there is something unsaved in it."""
        if self.unsaved and self.unsaved == self.open_name and not self.is_leaving:
            self.is_leaving = True
            return None
        return self._go_to({})

    @rx.event
    def stay(self) -> None:
        """Keep the dialog open after all."""
        self.is_leaving = False

    def _go_to(self, parameters: Mapping[str, str]) -> rx.event.EventSpec:
        self.open_name = modal_in(parameters)
        self.records_preset = parameters.get(RECORDS, "")
        self.record_id = parameters.get(RECORD, "")
        self.is_leaving = False
        query = f"?{urlencode(parameters)}" if parameters else ""
        return rx.redirect(f"/optimization/{self._dataset_id}{query}")

    @property
    def _dataset_id(self) -> str:
        return dataset_id_in(self.router.url.path)
