"""What was found in a file: counts, bad lines, first rows."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import icon_button, text_button
from rft_app.ui.components.card import card
from rft_app.ui.components.column_mapping import mapping_editor
from rft_app.ui.components.icon import icon
from rft_app.ui.content import has_items
from rft_app.ui.state.next_panel import Fact
from rft_app.ui.state.upload import FileUpload
from rft_app.ui.state.upload_view import Conversation, FaultLine, Line
from rft_app.ui.theme import CARD, WITNESS


def _count(value: rx.Var[str] | str, words: str, ink: str = "text-ink") -> rx.Component:
    return rx.el.span(
        rx.el.b(value, class_name=f"font-semibold tabular-nums {ink}"),
        f" {words}",
        class_name="whitespace-nowrap",
    )


def file_summary(state: type[FileUpload]) -> rx.Component:
    """The file, its shape, and how many rows can be used."""
    view = state.view
    return rx.el.div(
        rx.el.div(
            rx.cond(
                view.is_known,
                icon("file-check-2", 16, "text-accent-text"),
                icon("triangle-alert", 16, "text-warn"),
            ),
            rx.el.div(
                rx.el.span(state.file_name, class_name="font-medium truncate max-w-full"),
                badge(view.shape, tone=rx.cond(view.is_known, "accent", "warn")),
                class_name="flex flex-wrap items-center gap-x-2.5 gap-y-1 min-w-0",
            ),
            icon_button(
                "x",
                "Remove this file",
                size="sm",
                on_click=state.remove_file,
                class_name="ml-auto",
            ),
            class_name="flex items-center gap-2.5",
        ),
        rx.el.p(
            _count(view.num_parsed, "parsed"),
            _count(view.num_valid, "valid", "text-ok"),
            rx.cond(
                view.has_faults,
                _count(view.num_invalid, "invalid", "text-warn"),
                _count(view.num_invalid, "invalid"),
            ),
            rx.el.span(view.witness, class_name="text-ink-3"),
            class_name="mt-2 flex flex-wrap gap-x-4 gap-y-0.5 text-small text-ink-2",
        ),
        rx.el.dl(
            rx.foreach(view.facts, _fact),
            class_name="mt-1 flex flex-wrap gap-x-4 gap-y-0.5 text-small empty:hidden",
        ),
        rx.cond(
            view.has_faults,
            rx.el.div(
                text_button(
                    rx.cond(state.is_showing_faults, "Hide errors", "View errors"),
                    on_click=state.toggle_faults,
                    class_name="text-small max-wide:min-h-9",
                    aria_expanded=state.is_showing_faults,
                ),
                class_name="mt-1",
            ),
        ),
        class_name=f"{CARD} p-3.5",
    )


def _fact(fact: rx.vars.ObjectVar[Fact]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(fact.name, class_name="text-ink-3"),
        rx.el.dd(fact.value, class_name="m-0 text-ink-2 tabular-nums"),
        class_name="flex gap-1.5",
    )


def fault_line(fault: rx.vars.ObjectVar[FaultLine]) -> rx.Component:
    """One bad line: where, why, and how it begins."""
    return rx.el.li(
        rx.el.span(fault.place, class_name="text-ink-3 tabular-nums whitespace-nowrap"),
        rx.el.div(
            badge(fault.code, tone="warn"),
            rx.el.span(fault.message, class_name="ml-2 text-ink-2"),
            rx.el.code(fault.excerpt, class_name="block mt-1 truncate text-ink-3"),
            class_name="min-w-0",
        ),
        class_name="grid grid-cols-[72px_minmax(0,1fr)] gap-2 px-3.5 py-2 border-b border-line"
        " last:border-b-0 text-small",
    )


def faults(state: type[FileUpload]) -> rx.Component:
    """The bad lines of the head."""
    view = state.view
    return card(
        rx.el.ul(rx.foreach(view.faults, fault_line), class_name="max-h-[260px] overflow-auto"),
        rx.cond(
            view.faults_note != "",
            rx.el.p(view.faults_note, class_name=f"{WITNESS} px-3.5 py-2 border-t border-line"),
        ),
        title="Errors",
        witness="these rows are counted and shown, never trained on",
        body_class="",
    )


def _line(line: rx.vars.ObjectVar[Line]) -> rx.Component:
    ink = rx.match(
        line.role,
        ("user", "text-label leading-[18px] font-semibold text-info"),
        ("assistant", "text-label leading-[18px] font-semibold text-accent-text"),
        ("tool", "text-label leading-[18px] font-semibold text-gen"),
        "text-label leading-[18px] font-semibold text-ink-3",
    )
    return rx.el.li(
        rx.el.span(line.role, class_name=ink),
        rx.el.div(
            rx.el.p(line.text, class_name="line-clamp-2 [overflow-wrap:anywhere]"),
            rx.foreach(
                line.calls,
                lambda call: rx.el.code(
                    call, class_name="inline-block mr-1.5 px-1.5 rounded-badge bg-press text-ink-2"
                ),
            ),
            class_name="min-w-0 text-ink-2",
        ),
        class_name="grid grid-cols-[72px_minmax(0,1fr)] gap-2.5 py-1",
    )


def _conversation(row: rx.vars.ObjectVar[Conversation]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.b(row.title, class_name="font-medium"),
            rx.el.span(row.note, class_name="text-ink-3"),
            rx.cond(row.fault != "", badge(row.fault, tone="warn", class_name="truncate")),
            class_name="flex items-center gap-2.5 mb-1",
        ),
        rx.el.ol(rx.foreach(row.lines, _line)),
        rx.cond(
            row.reference != "",
            rx.el.div(
                rx.el.span("reference", class_name="text-label leading-[18px] font-semibold"),
                rx.el.p(row.reference, class_name="line-clamp-2 text-ink-2 min-w-0"),
                class_name="grid grid-cols-[72px_minmax(0,1fr)] gap-2.5 py-1 text-ink-3",
            ),
        ),
        rx.cond(row.more != "", rx.el.p(row.more, class_name="mt-0.5 pl-[82px] text-ink-3")),
        class_name="px-3.5 py-2.5 border-b border-line last:border-b-0 text-small",
    )


def preview(state: type[FileUpload]) -> rx.Component:
    """The first rows as conversations."""
    return card(
        rx.el.ol(
            rx.foreach(state.view.rows, _conversation),
            class_name="max-wide:max-h-[420px] max-wide:overflow-auto",
        ),
        title="Preview",
        witness="the first five readable rows",
        body_class="",
    )


def looked_at(state: type[FileUpload]) -> rx.Component:
    """Everything about a file that is here."""
    return rx.el.div(
        file_summary(state),
        rx.cond(state.is_showing_faults, faults(state)),
        rx.cond(state.is_mapping, mapping_editor(state)),
        rx.cond(has_items(state.view.rows), preview(state)),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-3",
    )
