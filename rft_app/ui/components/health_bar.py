"""The bar below a dataset's header: how many records can be trained on, and what is wrong."""

import reflex as rx

from rft_app.ui.components.button import text_button
from rft_app.ui.components.icon import icon
from rft_app.ui.components.skeleton import skeleton
from rft_app.ui.state.dataset import DatasetState
from rft_app.ui.state.modal import ModalState


def _counts() -> rx.Component:
    return rx.fragment(
        rx.el.span(
            icon("circle-check", 15, "text-ok"),
            rx.el.span(
                rx.el.b(DatasetState.valid, class_name="font-semibold text-ink tabular-nums"),
                " valid records",
            ),
            class_name="flex items-center gap-2 whitespace-nowrap",
        ),
        rx.cond(
            DatasetState.invalid != "",
            rx.fragment(
                rx.el.span(
                    icon("triangle-alert", 15),
                    DatasetState.invalid,
                    class_name="flex items-center gap-2 text-warn whitespace-nowrap",
                ),
                rx.el.span(
                    DatasetState.reasons,
                    title=DatasetState.reasons,
                    class_name="text-ink-3 truncate max-wide:hidden",
                ),
                text_button(
                    "View issues",
                    on_click=ModalState.open_records("invalid"),
                    class_name="ml-auto whitespace-nowrap max-wide:min-h-9",
                ),
            ),
        ),
    )


def health_bar() -> rx.Component:
    """Counts once there are records, else what is being waited for."""
    return rx.el.div(
        rx.cond(
            DatasetState.is_loaded,
            rx.cond(
                DatasetState.has_records,
                _counts(),
                rx.el.span("No records yet. Extract makes them from traces."),
            ),
            skeleton("h-3 w-64"),
        ),
        role="status",
        aria_label="Health of the records",
        class_name="min-h-10 shrink-0 flex items-center gap-[18px] pl-5 pr-4 border-b border-line"
        " bg-surface-1 text-small text-ink-2 max-wide:flex-wrap max-wide:gap-x-3 max-wide:gap-y-1"
        " max-wide:px-3.5 max-wide:py-2",
    )
