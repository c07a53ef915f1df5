"""Everything that opens over the canvas; the address says which."""

import reflex as rx

from rft_app.ui.components.coverage_modal import coverage_modal
from rft_app.ui.components.dry_run_modal import dry_run_modal
from rft_app.ui.components.export_dialog import export_dialog
from rft_app.ui.components.extract_modal import extract_modal
from rft_app.ui.components.grader_modal import grader_modal, leave_dialog
from rft_app.ui.components.records_overlay import records_overlay
from rft_app.ui.components.topics_modal import topics_modal


def step_modals() -> rx.Component:
    """The dialogs of steps 1 to 5, the records overlay and the export; at most one shows."""
    return rx.fragment(
        extract_modal(),
        topics_modal(),
        coverage_modal(),
        grader_modal(),
        dry_run_modal(),
        records_overlay(),
        export_dialog(),
        leave_dialog(),
    )
