"""A running job inside a dialog: what it is, how far, and a way to stop it."""

import reflex as rx

from rft_app.ui.components.button import button
from rft_app.ui.components.progress import progress_bar
from rft_app.ui.state.following import Following


def job_notice(state: type[Following], title: str | rx.Var[str]) -> rx.Component:
    """The job of a dialog, while it runs."""
    return rx.el.div(
        rx.el.div(
            rx.el.b(title, class_name="font-semibold"),
            rx.el.span(state.job.words, class_name="text-small text-ink-2 tabular-nums"),
            button(
                "Cancel",
                size="sm",
                on_click=state.cancel,
                disabled=state.job.is_cancelling | (state.job.id == ""),
                class_name="ml-auto",
            ),
            class_name="flex items-center gap-2.5 flex-wrap",
        ),
        progress_bar(state.job.percent, title),
        role="status",
        class_name="grid gap-2.5 px-3 py-2.5 rounded-card border border-info-line bg-info-soft",
    )
