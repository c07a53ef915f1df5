"""Route `/traces`: every stored trace, as they arrive."""

import reflex as rx

from rft_app.ui.components.button import button, button_link
from rft_app.ui.components.intake_panel import intake_panel
from rft_app.ui.components.shell import TRACES, crumbs, page_body, shell
from rft_app.ui.components.trace_detail import trace_detail
from rft_app.ui.components.trace_import_dialog import trace_import_dialog
from rft_app.ui.components.trace_table import trace_table
from rft_app.ui.state.intake import IntakeState
from rft_app.ui.state.trace_import import TraceImportState
from rft_app.ui.state.traces import TracesState
from rft_app.ui.theme import PAGE_TITLE


def traces_page() -> rx.Component:
    """The list, and the trace that is open."""
    return shell(
        page_body(
            rx.el.div(
                rx.el.h1("Traces", class_name=PAGE_TITLE),
                rx.el.div(
                    button("Import", icon="upload", on_click=TraceImportState.open),
                    button("Intake", icon="radio-tower", on_click=IntakeState.open_panel),
                    rx.cond(
                        TracesState.is_stored,
                        button_link(
                            "Make a dataset",
                            href=TracesState.dataset_address,
                            variant="primary",
                            icon="plus",
                            class_name="max-wide:grow max-wide:justify-center",
                        ),
                    ),
                    class_name="flex items-center gap-2 max-wide:w-full",
                ),
                class_name="flex items-center justify-between gap-x-4 gap-y-3 flex-wrap mb-4 "
                "max-wide:mb-3",
            ),
            trace_table(),
            class_name="max-w-[1320px]",
        ),
        trace_detail(),
        intake_panel(),
        trace_import_dialog(),
        place=crumbs(current="Traces"),
        section=TRACES,
    )
