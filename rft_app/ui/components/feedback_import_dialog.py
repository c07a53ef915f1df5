"""The dialog that reads a file of feedback: what it must look like, progress, result, bad rows."""

import reflex as rx

from rft_app.ui.components.button import button, icon_button
from rft_app.ui.components.card import card
from rft_app.ui.components.icon import icon
from rft_app.ui.components.modal import modal_body, modal_footer, modal_frame, modal_header
from rft_app.ui.components.notice import notice
from rft_app.ui.components.progress import progress_bar
from rft_app.ui.components.upload_preview import fault_line
from rft_app.ui.components.upload_zone import drop_zone, refused, uploading
from rft_app.ui.content import has_items
from rft_app.ui.state.feedback import FeedbackState
from rft_app.ui.state.feedback_import import FeedbackImportState
from rft_app.ui.theme import CARD, CODE

TITLE = "Import feedback"
_STATE = FeedbackImportState
_EXAMPLE = """record_id,reviewer,thumb,rating,note
rec_1f,Ann,up,5,clear and polite
rec_20,Ann,down,,promises a refund"""


def feedback_import_dialog() -> rx.Component:
    """The whole dialog."""
    return modal_frame(
        modal_header(TITLE, on_close=_STATE.close),
        modal_body(
            rx.cond(_STATE.fault != "", notice(_STATE.fault, tone="bad", class_name="mb-3")),
            rx.cond(
                _STATE.is_running,
                _running(),
                rx.cond(_STATE.result.title != "", _result(), _file()),
            ),
        ),
        _footer(),
        is_open=_STATE.is_open,
        on_close=_STATE.close,
        title=TITLE,
        width="small",
    )


def _file() -> rx.Component:
    return rx.el.div(
        rx.match(
            _STATE.stage,
            ("uploading", uploading(_STATE)),
            ("ready", _ready()),
            ("failed", rx.fragment(refused(_STATE), _zone())),
            _zone(),
        ),
        card(
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
            title="What the file looks like",
        ),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-3",
    )


def _zone() -> rx.Component:
    return drop_zone(_STATE, kinds="CSV, JSONL or a JSON array", label="Choose a file of feedback")


def _ready() -> rx.Component:
    return rx.el.div(
        icon("file-check-2", 16, "text-accent-text"),
        rx.el.span(_STATE.file_name, class_name="font-medium truncate min-w-0"),
        icon_button(
            "x", "Remove this file", size="sm", on_click=_STATE.remove_file, class_name="ml-auto"
        ),
        class_name=f"{CARD} flex items-center gap-2.5 p-3.5",
    )


def _running() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.b("The file is read", class_name="font-semibold"),
            rx.el.span(_STATE.job.words, class_name="text-small text-ink-2 tabular-nums"),
            class_name="flex items-center gap-2.5",
        ),
        progress_bar(_STATE.job.percent, "The file is read"),
        role="status",
        class_name="grid gap-2.5 px-3 py-2.5 rounded-card border border-info-line bg-info-soft",
    )


def _result() -> rx.Component:
    result = _STATE.result
    return rx.el.div(
        rx.cond(
            result.is_failed,
            notice(result.title, result.words, tone="bad"),
            notice(result.title, result.words, tone="ok"),
        ),
        rx.cond(
            has_items(_STATE.bad_lines),
            card(
                rx.el.ul(rx.foreach(_STATE.bad_lines, fault_line), aria_label="Bad rows"),
                title="Rows that were not stored",
                witness=result.num_bad,
                body_class="",
            ),
        ),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-4",
    )


def _footer() -> rx.Component:
    return rx.cond(
        _STATE.result.title != "",
        modal_footer(
            "",
            button("Import another file", on_click=_STATE.again),
            button("Go on reviewing", variant="primary", on_click=_STATE.close),
        ),
        modal_footer(
            rx.cond(
                _STATE.is_running,
                "You may close this; the import goes on.",
                "What a person said of the same record before is replaced.",
            ),
            button("Close", on_click=_STATE.close),
            button(
                "Import",
                variant="primary",
                disabled=(_STATE.stage != "ready") | _STATE.is_running,
                on_click=_STATE.start,
            ),
        ),
    )
