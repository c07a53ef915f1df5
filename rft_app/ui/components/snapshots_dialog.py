"""The dialog of snapshots: the list at the left, the chosen one at the right."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import button, button_link
from rft_app.ui.components.card import card
from rft_app.ui.components.confirm import confirm_dialog
from rft_app.ui.components.empty_state import empty_state
from rft_app.ui.components.field import select, text_input
from rft_app.ui.components.job_notice import job_notice
from rft_app.ui.components.modal import modal_body, modal_footer, modal_frame, modal_header
from rft_app.ui.components.notice import notice
from rft_app.ui.components.skeleton import skeleton, skeleton_lines
from rft_app.ui.components.table import ROW, cell, head, table
from rft_app.ui.content import has_items
from rft_app.ui.state.dataset import DatasetState
from rft_app.ui.state.modal import SNAPSHOTS, ModalState
from rft_app.ui.state.snapshots import CURRENT, SnapshotLine, SnapshotsState, TopicLine
from rft_app.ui.state.training_page import export_address
from rft_app.ui.theme import FIGURE, LABEL, WITNESS

TITLE = "Snapshots"


def _line(line: rx.vars.ObjectVar[SnapshotLine]) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            rx.el.span(
                rx.el.b(line.name, class_name="font-semibold truncate"),
                rx.cond(line.why != "", badge(line.why, tone="line")),
                rx.el.span(
                    line.made,
                    title=line.made_at,
                    class_name=f"{WITNESS} ml-auto whitespace-nowrap",
                ),
                class_name="flex items-center gap-2 min-w-0",
            ),
            rx.el.span(
                rx.el.span(line.records, class_name="tabular-nums whitespace-nowrap"),
                rx.el.span(line.split, class_name="text-ink-3 tabular-nums truncate"),
                class_name="flex items-center gap-3 text-small text-ink-2 min-w-0",
            ),
            rx.cond(
                line.uses != "",
                rx.el.span(
                    "Used by ", line.uses, class_name="block text-small text-ink-3 truncate"
                ),
            ),
            type="button",
            aria_pressed=SnapshotsState.chosen == line.id,
            on_click=SnapshotsState.choose(line.id),
            custom_attrs={"data-item": ""},
            class_name="w-full text-left grid gap-0.5 px-3.5 py-2 hover:bg-hover"
            " aria-pressed:bg-accent-soft aria-pressed:shadow-[inset_2px_0_0_var(--accent-text)]",
        ),
        class_name="border-b border-line last:border-b-0",
        key=line.id,
    )


def _list() -> rx.Component:
    return rx.el.div(
        rx.el.ul(rx.foreach(SnapshotsState.lines, _line), aria_label="Snapshots"),
        rx.cond(
            SnapshotsState.has_more,
            rx.el.div(
                button("Show older ones", size="sm", on_click=SnapshotsState.show_more),
                class_name="p-3 border-t border-line",
            ),
        ),
        class_name="wide:w-[440px] shrink-0 wide:border-r border-line overflow-auto"
        " max-wide:max-h-[38dvh] max-wide:border-b",
    )


def _figure(value: rx.Var[str] | str, words: str, ink: str = "") -> rx.Component:
    return rx.el.div(
        rx.el.div(value, class_name=f"{FIGURE} {ink}"),
        rx.el.div(words, class_name="text-small text-ink-3"),
    )


def _topic(line: rx.vars.ObjectVar[TopicLine]) -> rx.Component:
    return rx.el.tr(
        cell(line.name, class_name="truncate max-w-0 w-full"),
        cell(line.added, is_number=True, class_name="text-ok"),
        cell(line.removed, is_number=True, class_name="text-warn"),
        class_name=ROW,
    )


def _difference() -> rx.Component:
    found = SnapshotsState.difference
    return rx.el.div(
        rx.cond(
            found.is_same,
            rx.el.p("They hold exactly the same records.", class_name="text-ink-2"),
            rx.fragment(
                rx.el.div(
                    _figure(found.added, "not in this snapshot", "text-ok"),
                    _figure(found.removed, "only in this snapshot", "text-warn"),
                    _figure(found.same, "in both"),
                    class_name="grid grid-cols-3 gap-4",
                ),
                card(
                    table(
                        head("Topic today"),
                        head("Not here", is_number=True),
                        head("Only here", is_number=True),
                        rows=rx.foreach(found.topics, _topic),
                        label="Difference by topic",
                    ),
                    rx.cond(
                        found.more != "", rx.el.p(found.more, class_name=f"{WITNESS} px-3.5 py-2")
                    ),
                    title="By topic",
                    body_class="",
                ),
            ),
        ),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-4",
    )


def _option(line: rx.vars.ObjectVar[SnapshotLine]) -> rx.Component:
    return rx.cond(
        line.id == SnapshotsState.chosen,
        rx.fragment(),
        rx.el.option(f"{line.name}, {line.made}, {line.records}", value=line.id),
    )


def _detail() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h3(
                SnapshotsState.chosen_name, class_name="text-title font-semibold truncate min-w-0"
            ),
            rx.el.span(SnapshotsState.chosen_records, class_name=f"{WITNESS} whitespace-nowrap"),
            class_name="flex items-baseline gap-3 min-w-0",
        ),
        rx.el.div(
            rx.el.label("Compared with", html_for="snapshot-other", class_name=LABEL),
            select(
                rx.el.option("The current records", value=CURRENT),
                rx.foreach(SnapshotsState.lines, _option),
                id="snapshot-other",
                value=SnapshotsState.other,
                on_change=SnapshotsState.choose_other,
                class_name="w-full max-w-[420px]",
            ),
            class_name="grid gap-1.5",
        ),
        rx.cond(
            SnapshotsState.difference.is_known,
            _difference(),
            skeleton_lines("Comparing"),
        ),
        rx.el.div(
            rx.cond(
                SnapshotsState.other == CURRENT,
                button(
                    "Restore this snapshot…",
                    icon="undo-2",
                    on_click=SnapshotsState.ask_restore,
                    disabled=SnapshotsState.is_running
                    | SnapshotsState.difference.is_same
                    | ~SnapshotsState.difference.is_known,
                ),
            ),
            button_link(
                "Export this snapshot",
                href=export_address(DatasetState.id, SnapshotsState.chosen),
                icon="download",
            ),
            class_name="flex flex-wrap gap-2",
        ),
        aria_label="Chosen snapshot",
        class_name="grow min-w-0 overflow-auto p-5 grid gap-4 content-start max-wide:p-4",
    )


def _empty() -> rx.Component:
    return empty_state(
        "No snapshots yet",
        "A snapshot is a frozen list of records with their split. Dry runs and exports make one by"
        " themselves; you can make one before a large change, and come back to it.",
        icon_name="camera",
    )


def _loading() -> rx.Component:
    return rx.el.div(
        skeleton("h-14 w-full"),
        skeleton("h-14 w-full"),
        skeleton_lines("Loading snapshots"),
        class_name="grid gap-3 p-5",
    )


def _notices() -> rx.Component:
    return rx.el.div(
        rx.cond(SnapshotsState.fault != "", notice(SnapshotsState.fault, tone="bad")),
        rx.cond(
            SnapshotsState.is_running, job_notice(SnapshotsState, "The snapshot is being restored")
        ),
        rx.cond(
            SnapshotsState.done_words != "",
            notice("Restored.", SnapshotsState.done_words, tone="ok"),
        ),
        class_name="grid gap-3 px-5 pt-4 pb-4 border-b border-line empty:hidden max-wide:px-4",
    )


def _restore_dialog() -> rx.Component:
    return confirm_dialog(
        rx.el.p(
            "This ",
            SnapshotsState.difference.back,
            ". What is current now becomes a snapshot of its own, so that you can come back.",
        ),
        is_open=SnapshotsState.is_asking,
        title=f"Restore {SnapshotsState.chosen_records}?",
        confirm=button("Restore", variant="primary", on_click=SnapshotsState.restore),
        on_cancel=SnapshotsState.stay,
    )


def snapshots_dialog() -> rx.Component:
    """The whole dialog."""
    return rx.fragment(
        modal_frame(
            modal_header(
                TITLE,
                on_close=ModalState.close,
                witness="frozen lists of records, to compare and to come back to",
            ),
            modal_body(
                rx.el.div(
                    _notices(),
                    rx.cond(
                        SnapshotsState.is_loading,
                        _loading(),
                        rx.cond(
                            has_items(SnapshotsState.lines),
                            rx.el.div(
                                _list(),
                                _detail(),
                                class_name="grow min-h-0 flex max-wide:flex-col",
                            ),
                            _empty(),
                        ),
                    ),
                    on_mount=SnapshotsState.load,
                    on_unmount=SnapshotsState.leave,
                    class_name="flex flex-col min-h-full wide:h-full",
                ),
                class_name="",
            ),
            modal_footer(
                text_input(
                    placeholder="Name it, e.g. before the clean-up",
                    value=SnapshotsState.label,
                    on_change=SnapshotsState.set_label,
                    max_length=120,
                    aria_label="Name of the next snapshot",
                    class_name="max-w-[360px]",
                ),
                button(
                    rx.cond(SnapshotsState.is_keeping, "Keeping", "Keep the current records"),
                    icon="camera",
                    variant="primary",
                    on_click=SnapshotsState.keep,
                    disabled=SnapshotsState.is_keeping | SnapshotsState.is_running,
                ),
            ),
            is_open=ModalState.open_name == SNAPSHOTS,
            on_close=ModalState.close,
            title=TITLE,
        ),
        _restore_dialog(),
    )
