"""What was done to the records: the last change with its way back, a running one, earlier ones."""

import reflex as rx

from rft_app.ui.components.button import button, icon_button, text_button
from rft_app.ui.components.icon import icon
from rft_app.ui.components.job_notice import job_notice
from rft_app.ui.components.menu import menu, menu_item
from rft_app.ui.components.notice import notice
from rft_app.ui.content import has_items
from rft_app.ui.state.record_change_view import ChangeView
from rft_app.ui.state.records import RecordsState


def status_line() -> rx.Component:
    """Between filters and list: faults, what was done, what is under way."""
    return rx.el.div(
        rx.cond(RecordsState.fault != "", _fault()),
        rx.cond(
            RecordsState.change_fault != "",
            notice("The records were not changed.", RecordsState.change_fault, tone="bad"),
        ),
        rx.cond(
            ~RecordsState.is_search_complete,
            notice("Search is still being prepared; results may be incomplete.", tone="info"),
        ),
        rx.cond(RecordsState.is_running, job_notice(RecordsState, RecordsState.job_title)),
        rx.cond(RecordsState.change.words != "", _done()),
        rx.cond(
            RecordsState.selection_note != "",
            rx.el.p(RecordsState.selection_note, role="status", class_name="text-small text-ink-2"),
        ),
        class_name="grid gap-2 px-5 py-2.5 border-b border-line shrink-0 empty:hidden"
        " max-wide:px-4",
    )


def _fault() -> rx.Component:
    return notice(
        "The records could not be read.",
        RecordsState.fault,
        tone="bad",
        action=button("Try again", size="sm", icon="refresh-cw", on_click=RecordsState.try_again),
    )


def _done() -> rx.Component:
    change = RecordsState.change
    return rx.el.div(
        icon("circle-check", 15, "text-ok"),
        rx.el.b(change.words, class_name="font-semibold min-w-0 [overflow-wrap:anywhere]"),
        rx.cond(
            RecordsState.change_note != "",
            rx.el.span(RecordsState.change_note, class_name="text-small text-ink-2 min-w-0"),
        ),
        rx.cond(
            change.can_undo,
            text_button("Undo", on_click=RecordsState.undo(change.id), class_name="shrink-0"),
        ),
        icon_button(
            "x",
            "Dismiss",
            size="sm",
            on_click=RecordsState.dismiss_change,
            class_name="ml-auto -my-1 shrink-0",
        ),
        role="status",
        class_name="flex items-center gap-2.5 px-3 py-2 rounded-card border border-ok-line"
        " bg-ok-soft",
    )


def changes_menu() -> rx.Component:
    """The latest changes, each to be undone; deleted records come back this way."""
    return rx.cond(
        has_items(RecordsState.changes),
        menu(
            rx.foreach(RecordsState.changes, _earlier),
            label="Undo one of the latest changes",
            words="Undo",
            icon_name="history",
            variant="default",
        ),
    )


def _earlier(change: ChangeView) -> rx.Component:
    return menu_item(
        rx.el.span(
            rx.el.span(change.words, class_name="grow truncate"),
            rx.el.span(change.when, class_name="text-ink-3 text-small shrink-0"),
            class_name="flex gap-3",
        ),
        icon_name="undo-2",
        on_click=RecordsState.undo(change.id),
        disabled=~change.can_undo,
        title=rx.cond(change.can_undo, f"Undo: {change.words}", change.words),
    )
