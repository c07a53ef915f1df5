"""Route `/traces`: every stored trace, as they arrive."""

import reflex as rx

from rft_app.ui.components.button import button_link
from rft_app.ui.components.shell import TRACES, crumbs, page_body, shell
from rft_app.ui.components.trace_detail import trace_detail
from rft_app.ui.components.trace_table import trace_table
from rft_app.ui.state.traces import TracesState
from rft_app.ui.theme import PAGE_TITLE


def traces_page() -> rx.Component:
    """The list, and the trace that is open."""
    return shell(
        page_body(
            rx.el.div(
                rx.el.h1("Traces", class_name=PAGE_TITLE),
                rx.cond(
                    TracesState.num_stored > 0,
                    button_link(
                        "Make a dataset",
                        href="/optimization/new?source=traces",
                        variant="primary",
                        icon="plus",
                    ),
                ),
                class_name="flex items-center justify-between gap-4 mb-4 max-wide:hidden",
            ),
            trace_table(),
            class_name="max-w-[1320px]",
        ),
        trace_detail(),
        place=crumbs(current="Traces"),
        section=TRACES,
    )
