"""The dialog that reads a file of feedback."""

import reflex as rx

from rft_app.ui.components.file_import import file_import_dialog
from rft_app.ui.state.feedback import FeedbackState
from rft_app.ui.state.feedback_import import FeedbackImportState
from rft_app.ui.theme import CODE

_EXAMPLE = """record_id,reviewer,thumb,rating,note
rec_1f,Ann,up,5,clear and polite
rec_20,Ann,down,,promises a refund"""


def feedback_import_dialog() -> rx.Component:
    """The whole dialog."""
    return file_import_dialog(
        FeedbackImportState,
        "Import feedback",
        _about(),
        kinds="CSV, JSONL or a JSON array",
        effect="What a person said of the same record before is replaced.",
        done="Go on reviewing",
    )


def _about() -> rx.Component:
    return rx.fragment(
        rx.el.p(
            "CSV with a header, one JSON object per line, or one JSON array. A row names its"
            " record by record_id or by the trace's own id, and says at least one of thumb,"
            " rating, output (the right answer), chosen with rejected, note.",
            class_name="text-small text-ink-2",
        ),
        rx.el.pre(_EXAMPLE, class_name=f"{CODE} mt-2.5 px-2.5 py-2 overflow-x-auto"),
        rx.el.p(
            "Rows without a reviewer count as ",
            rx.cond(FeedbackState.reviewer != "", FeedbackState.reviewer, "faulty"),
            ".",
            class_name="mt-2.5 text-small text-ink-3",
        ),
    )
