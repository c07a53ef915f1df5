"""The list of records: one row each, what dry runs say of it, and the pages."""

import reflex as rx

from rft_app.ui.components.badge import badge, key_hint
from rft_app.ui.components.button import button
from rft_app.ui.components.check_box import check_box
from rft_app.ui.components.empty_state import empty_panel
from rft_app.ui.components.pager import pager
from rft_app.ui.components.skeleton import skeleton
from rft_app.ui.components.table import head
from rft_app.ui.content import Content, has_items
from rft_app.ui.state.modal import ModalState
from rft_app.ui.state.record_list import RunColumn
from rft_app.ui.state.record_row import GradeCell, RecordRow
from rft_app.ui.state.records import RecordsState
from rft_app.ui.theme import TABLE, TABLE_HEAD, WITNESS

_HAS_RECORD = RecordsState.open_id != ""
_CELL = "h-12 px-2.5 border-b border-line align-middle last:pr-3.5"
_LIST = (
    "flex flex-col min-h-0 min-w-0 transition-opacity duration-mid aria-busy:opacity-45"
    " aria-busy:delay-150"
)
_TICK = "w-10 pl-3.5 pr-0 border-b border-line align-middle max-wide:pl-2"


def records_list() -> rx.Component:
    """The rows, or why there are none."""
    return rx.el.div(
        rx.cond(
            RecordsState.is_loading,
            _skeleton(),
            rx.cond(
                has_items(RecordsState.rows),
                _table(),
                rx.cond(RecordsState.fault == "", _nothing()),
            ),
        ),
        custom_attrs={"aria-busy": RecordsState.is_turning},
        class_name=rx.cond(_HAS_RECORD, f"{_LIST} max-wide:hidden", _LIST),
    )


def _skeleton() -> rx.Component:
    return rx.el.div(
        *(_skeleton_row(width) for width in ("w-3/5", "w-2/5", "w-1/2", "w-2/3", "w-1/3") * 2),
        rx.el.p("Loading records", role="status", class_name=f"{WITNESS} px-3.5 py-3"),
    )


def _skeleton_row(width: str) -> rx.Component:
    return rx.el.div(
        skeleton("size-4 shrink-0"),
        rx.el.div(
            skeleton(f"h-3 {width}"), skeleton("h-2 w-12"), class_name="grid gap-2 grow min-w-0"
        ),
        skeleton("h-3 w-24 max-wide:hidden"),
        class_name="flex items-center gap-4 h-12 px-3.5 border-b border-line",
    )


def _nothing() -> rx.Component:
    return rx.cond(
        RecordsState.named_id != "",
        empty_panel(
            f"No record {RecordsState.named_id} in this list",
            "It may be deleted, or of another dataset; or other filters hide it.",
            button(
                "Look for it",
                size="sm",
                on_click=RecordsState.open_record(RecordsState.named_id),
            ),
        ),
        _no_match(),
    )


def _no_match() -> rx.Component:
    return rx.fragment(
        rx.match(
            RecordsState.listed,
            (
                "deleted",
                empty_panel(
                    "No deleted record matches",
                    "What can be restored shows here.",
                    button("Show current records", size="sm", on_click=RecordsState.clear_filters),
                ),
            ),
            (
                "some",
                empty_panel(
                    "No record matches",
                    f"None of the {RecordsState.num_records} records match these filters.",
                    button("Clear filters", size="sm", on_click=RecordsState.clear_filters),
                ),
            ),
            empty_panel(
                "No records yet",
                "Records are made from traces. Import a file, or run Extract again.",
                button("Open Extract", size="sm", on_click=ModalState.open_step("extract")),
            ),
        )
    )


def _table() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.table(
                rx.el.thead(
                    rx.el.tr(
                        rx.el.th(_tick_page(), scope="col", class_name=f"{TABLE_HEAD} {_TICK}"),
                        head("First user message"),
                        head("Topic", class_name="max-wide:hidden"),
                        head(
                            rx.el.span("Reward", title="Recorded with the trace"),
                            is_number=True,
                            class_name="max-wide:hidden",
                        ),
                        rx.foreach(RecordsState.columns, _run_head),
                    ),
                    class_name="sticky top-0 z-[1] bg-surface-1",
                ),
                rx.el.tbody(rx.foreach(RecordsState.rows, _row)),
                aria_label="Records",
                class_name=TABLE,
            ),
            class_name="grow min-h-0 overflow-auto",
        ),
        _foot(),
    )


def _tick_page() -> rx.Component:
    return _touchable(
        check_box(
            checked=RecordsState.is_page_selected,
            is_mixed=RecordsState.is_page_partly_selected,
            on_change=RecordsState.toggle_page,
            aria_label="Select all records on this page",
        )
    )


def _touchable(box: rx.Component) -> rx.Component:
    return rx.el.label(
        box,
        class_name="flex items-center justify-center w-6 h-8 cursor-pointer max-wide:w-11"
        " max-wide:h-11",
    )


def _run_head(column: RunColumn, index: Content) -> rx.Component:
    look = f"{TABLE_HEAD} text-right whitespace-nowrap last:pr-3.5 max-wide:hidden"
    return rx.el.th(
        column.words,
        rx.cond(column.is_stale, badge("stale", tone="warn", class_name="ml-1.5")),
        scope="col",
        title=column.hint,
        class_name=rx.cond(_HAS_RECORD & (index > 0), f"{look} hidden", look),
    )


def _row(row: RecordRow) -> rx.Component:
    is_open = RecordsState.open_id == row.id
    is_selected = rx.Var.create(RecordsState.named).contains(row.id) != RecordsState.takes_all
    return rx.el.tr(
        rx.el.td(
            _touchable(
                check_box(
                    checked=is_selected,
                    on_change=RecordsState.toggle_row(row.id),
                    aria_label=f"Select {row.title}",
                )
            ),
            class_name=_TICK,
        ),
        rx.el.td(_summary(row, is_open), class_name=f"{_CELL} max-w-0 w-1/2 max-wide:w-full"),
        rx.el.td(
            row.topic,
            class_name=f"{_CELL} text-small text-ink-2 max-w-0 w-[24%] truncate max-wide:hidden",
            title=row.topic,
        ),
        rx.el.td(
            row.reward,
            title=row.reward_hint,
            class_name=rx.cond(row.has_reward, f"{_NUMBER} text-ink", f"{_NUMBER} text-ink-3"),
        ),
        rx.foreach(row.grades, _grade),
        custom_attrs={"data-row": row.id},
        class_name=rx.cond(
            is_open,
            "bg-accent-soft shadow-[inset_2px_0_0_var(--accent-text)]",
            "hover:bg-hover",
        ),
    )


_NUMBER = f"{_CELL} text-right tabular-nums whitespace-nowrap max-wide:hidden"


def _grade(grade: GradeCell, index: Content) -> rx.Component:
    look = rx.match(
        grade.state,
        ("graded", f"{_NUMBER} text-ink"),
        ("failed", f"{_NUMBER} text-small text-warn"),
        f"{_NUMBER} text-ink-3",
    )
    return rx.el.td(
        grade.words,
        title=grade.hint,
        class_name=rx.cond(_HAS_RECORD & (index > 0), "hidden", look),
    )


def _summary(row: RecordRow, is_open: Content) -> rx.Component:
    return rx.el.button(
        rx.el.span(
            row.title,
            class_name=rx.cond(row.has_title, "block truncate", "block truncate text-ink-3"),
        ),
        rx.el.span(
            rx.el.span(row.source, class_name=rx.cond(row.is_generated, "text-gen", "text-ink-3")),
            rx.cond(
                row.reason != "",
                rx.el.span(row.reason, title=row.reason_text, class_name="font-mono text-bad"),
            ),
            rx.cond(row.is_duplicate, rx.el.span("duplicate", class_name="text-ink-3")),
            rx.foreach(row.tags, _tag),
            rx.cond(
                row.more_tags != "",
                rx.el.span(row.more_tags, title=row.all_tags, class_name="text-ink-3"),
            ),
            class_name="flex items-center gap-2 text-label min-w-0 overflow-hidden",
        ),
        rx.el.span(
            rx.el.span(row.topic, class_name="truncate min-w-0"),
            rx.cond(row.has_reward, _figure("reward", row.reward)),
            rx.foreach(row.grades, _phone_grade),
            class_name="flex gap-3 text-label text-ink-2 wide:hidden",
        ),
        type="button",
        title=row.title,
        aria_current=rx.cond(is_open, "true", "false"),
        on_click=RecordsState.open_record(row.id),
        on_focus=RecordsState.look_at(row.id),
        custom_attrs={"data-item": "true"},
        class_name="block w-full text-left min-w-0 cursor-pointer rounded-badge max-wide:py-2",
    )


def _tag(tag: rx.Var[str]) -> rx.Component:
    return rx.el.span(
        tag,
        class_name="px-1 rounded-badge bg-press text-ink-2 truncate max-w-[120px] shrink-0"
        " leading-4",
    )


def _figure(name: Content, value: Content) -> rx.Component:
    return rx.el.span(
        rx.el.span(name, " ", class_name="text-ink-3"),
        rx.el.span(value, class_name="tabular-nums"),
        class_name="whitespace-nowrap shrink-0",
    )


def _phone_grade(grade: GradeCell, index: Content) -> rx.Component:
    return rx.cond(
        (index == 0) & (grade.state != "unseen"),
        _figure(RecordsState.columns[0].words.lower(), grade.words),
    )


def _foot() -> rx.Component:
    return rx.el.div(
        rx.el.span(
            f"{RecordsState.position} of {RecordsState.total}",
            class_name=f"{WITNESS} tabular-nums",
        ),
        rx.el.span(
            key_hint("J"),
            key_hint("K"),
            "move",
            key_hint("X"),
            "select",
            key_hint("?"),
            "all keys",
            class_name="flex items-center gap-1 text-small text-ink-3 ml-3 max-wide:hidden",
        ),
        pager(RecordsState),
        class_name="flex items-center min-h-11 px-3.5 border-t border-line shrink-0",
    )
