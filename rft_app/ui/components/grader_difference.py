"""Two versions of a grader: their settings, and their lines with signs and colours."""

import reflex as rx

from rft_app.ui.components.button import button, icon_button
from rft_app.ui.components.card import card
from rft_app.ui.components.empty_state import empty_panel
from rft_app.ui.components.field import select
from rft_app.ui.components.notice import notice
from rft_app.ui.components.table import ROW, cell, head, table
from rft_app.ui.content import Content, has_items
from rft_app.ui.state.grader_difference_view import MOST_ROWS, CodeLine, CodeRow, SettingRow
from rft_app.ui.state.grader_versions import GraderVersionsState
from rft_app.ui.theme import LABEL

_VIEW = GraderVersionsState.difference
_TEXT = "font-mono text-[12px] leading-[19px] whitespace-pre-wrap [overflow-wrap:anywhere]"
_NUMBER = "select-none text-right text-ink-3 px-2 align-top font-mono text-[11px] leading-[19px]"
_SIGN = "select-none w-5 pr-1 align-top font-mono text-[12px] leading-[19px]"
_FOLD = "text-label text-ink-3 bg-surface-2 px-3 py-1 border-y border-line"


def grader_difference() -> rx.Component:
    """Takes the place of the editor until it is closed."""
    return rx.el.div(
        _choice(),
        rx.cond(
            GraderVersionsState.fault != "",
            notice("These cannot be compared.", GraderVersionsState.fault, tone="bad"),
            rx.cond(
                _VIEW.is_equal,
                empty_panel("No difference", "Both grade every answer alike."),
                rx.fragment(
                    rx.cond(has_items(_VIEW.settings), _settings()),
                    rx.cond(has_items(_VIEW.lines), _lines()),
                ),
            ),
        ),
        on_unmount=GraderVersionsState.close,
        class_name="grid grid-cols-[minmax(0,1fr)] gap-3.5 content-start p-5 max-wide:p-4",
    )


def _choice() -> rx.Component:
    return rx.el.div(
        button("Back to the editor", icon="arrow-left", on_click=GraderVersionsState.close),
        rx.el.div(
            _select("First version", GraderVersionsState.first, GraderVersionsState.choose_first),
            icon_button("arrow-left-right", "Swap both", on_click=GraderVersionsState.swap),
            _select(
                "Second version", GraderVersionsState.second, GraderVersionsState.choose_second
            ),
            class_name="flex items-center gap-1.5 min-w-0 max-wide:w-full",
        ),
        rx.el.span(_VIEW.summary, role="status", class_name="text-small text-ink-3"),
        class_name="flex items-center gap-3 flex-wrap",
    )


def _select(label: str, value: Content, on_change: Content) -> rx.Component:
    return select(
        rx.foreach(
            GraderVersionsState.options,
            lambda option: rx.el.option(option.label, value=option.value),
        ),
        value=value,
        on_change=on_change,
        aria_label=label,
        class_name="w-[220px] max-wide:w-auto max-wide:grow max-wide:basis-0 min-w-0",
    )


def _settings() -> rx.Component:
    return card(
        table(
            head("Setting", class_name="w-[34%]"),
            head(GraderVersionsState.first_name),
            head(GraderVersionsState.second_name),
            rows=rx.foreach(_VIEW.settings, _setting),
            label="Settings that differ",
        ),
        body_class="overflow-x-auto",
    )


def _setting(row: SettingRow) -> rx.Component:
    return rx.el.tr(
        cell(row.name, class_name="font-medium"),
        cell(row.first, class_name="font-mono text-small text-ink-2 [overflow-wrap:anywhere]"),
        cell(row.second, class_name="font-mono text-small [overflow-wrap:anywhere]"),
        class_name=ROW,
    )


def _lines() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.span(GraderVersionsState.first_name),
            rx.el.span(GraderVersionsState.second_name),
            class_name=f"{LABEL} grid grid-cols-2 [&>span]:px-3.5 pb-1.5 pt-0.5 max-wide:hidden"
            " border-b border-line",
        ),
        rx.el.table(
            rx.el.tbody(rx.foreach(_VIEW.rows, _row)),
            aria_label="Differences, side by side",
            class_name="w-full table-fixed border-collapse max-wide:hidden",
        ),
        rx.el.table(
            rx.el.tbody(rx.foreach(_VIEW.lines, _unified)),
            aria_label="Differences",
            class_name="w-full border-collapse wide:hidden",
        ),
        rx.cond(
            _VIEW.is_cut,
            rx.el.p(
                f"The first {MOST_ROWS} lines are shown.",
                class_name="px-3 py-2 text-small text-ink-3 border-t border-line",
            ),
        ),
        class_name="bg-inset border border-line rounded-card overflow-hidden min-w-0 py-1",
    )


def _row(row: CodeRow) -> rx.Component:
    return rx.cond(
        row.is_fold,
        rx.el.tr(rx.el.td(row.first.text, col_span=6, class_name=_FOLD)),
        rx.el.tr(*_cells(row.first, is_half=True), *_cells(row.second, is_half=True)),
    )


def _unified(line: CodeLine) -> rx.Component:
    return rx.cond(
        line.kind == "fold",
        rx.el.tr(rx.el.td(line.text, col_span=3, class_name=_FOLD)),
        rx.el.tr(*_cells(line, is_half=False)),
    )


def _cells(line: CodeLine, *, is_half: bool) -> tuple[rx.Component, ...]:
    tint = {"added": "bg-ok-soft", "removed": "bg-bad-soft", "none": "bg-surface-2"}
    ink = {"added": "text-ok", "removed": "text-bad"}

    def look(base: str, looks: dict[str, str]) -> Content:
        return rx.match(
            line.kind, *((kind, f"{base} {extra}") for kind, extra in looks.items()), base
        )

    width = "w-[calc(50%-62px)]" if is_half else "w-full"
    return (
        rx.el.td(line.number, class_name=look(f"{_NUMBER} w-[46px]", tint)),
        rx.el.td(
            line.sign,
            class_name=look(
                _SIGN, {kind: f"{back} {ink.get(kind, '')}" for kind, back in tint.items()}
            ),
        ),
        rx.el.td(line.text, class_name=look(f"{_TEXT} {width} pr-3 align-top text-ink-2", tint)),
    )
