"""Everything that opens over the canvas; the address says which."""

import reflex as rx

from rft_app.ui.components.button import button
from rft_app.ui.components.confirm import confirm_dialog
from rft_app.ui.components.coverage_modal import coverage_modal
from rft_app.ui.components.deploy_modal import deploy_modal
from rft_app.ui.components.dry_run_modal import dry_run_modal
from rft_app.ui.components.extract_modal import extract_modal
from rft_app.ui.components.generation_dialog import generation_dialog
from rft_app.ui.components.grader_modal import grader_modal
from rft_app.ui.components.import_dialog import import_dialog
from rft_app.ui.components.import_topics_dialog import import_topics_dialog
from rft_app.ui.components.records import records_overlay
from rft_app.ui.components.snapshots_dialog import snapshots_dialog
from rft_app.ui.components.topics_modal import topics_modal
from rft_app.ui.components.training_modal import training_modal
from rft_app.ui.state.modal import ModalState


def step_modals() -> rx.Component:
    """The dialogs of the seven steps, the records overlay and others; at most one shows."""
    return rx.fragment(
        extract_modal(),
        topics_modal(),
        coverage_modal(),
        grader_modal(),
        dry_run_modal(),
        training_modal(),
        deploy_modal(),
        records_overlay(),
        import_dialog(),
        import_topics_dialog(),
        snapshots_dialog(),
        generation_dialog(),
        _leave_dialog(),
    )


def _leave_dialog() -> rx.Component:
    """Asks before a dialog with something unsaved closes."""
    return confirm_dialog(
        rx.el.p(
            "What you changed stays in this tab and is there when you open the dialog again. "
            "Until you save it, everything else uses what is stored."
        ),
        is_open=ModalState.is_leaving,
        title="Close without saving?",
        confirm=button("Close without saving", on_click=ModalState.close),
        on_cancel=ModalState.stay,
    )
