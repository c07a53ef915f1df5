"""The history of dry runs, and two of them compared."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import button, icon_button, text_button
from rft_app.ui.components.card import card
from rft_app.ui.components.empty_state import empty_panel
from rft_app.ui.components.field import select
from rft_app.ui.components.notice import notice
from rft_app.ui.components.status import status_glyph
from rft_app.ui.components.table import ROW, cell, head, table
from rft_app.ui.content import Content, has_items
from rft_app.ui.state.dry_run import DryRunState
from rft_app.ui.state.dry_run_history import DryRunHistoryState
from rft_app.ui.state.dry_run_history_view import PairRow, RunRow
from rft_app.ui.theme import FIGURE, SECTION_TITLE, WITNESS

_VIEW = DryRunHistoryState.comparison
_PAIRED = _VIEW.paired


def dry_run_history() -> rx.Component:
    """Takes the place of the report until it is closed."""
    return rx.el.div(
        _runs(),
        rx.cond(
            DryRunState.can_compare,
            rx.fragment(
                _choice(),
                rx.cond(
                    DryRunHistoryState.fault != "",
                    notice("These cannot be compared.", DryRunHistoryState.fault, tone="bad"),
                    _comparison(),
                ),
            ),
            card(
                empty_panel(
                    "Nothing to compare yet",
                    "With a second finished run, its figures, rules, topics and records stand "
                    "beside those of the first.",
                ),
                body_class="",
            ),
        ),
        on_unmount=DryRunHistoryState.close,
        class_name="grid grid-cols-[minmax(0,1fr)] gap-3.5 content-start p-5 max-wide:p-4",
    )


def _runs() -> rx.Component:
    return card(
        rx.el.div(
            table(
                head("Run"),
                head("Verdict"),
                head("Mean", is_number=True),
                head("Records", is_number=True, class_name="max-wide:hidden"),
                head("Failed", is_number=True, class_name="max-wide:hidden"),
                head("Abstained", is_number=True, class_name="max-wide:hidden"),
                head("Grader", class_name="max-wide:hidden"),
                head("When", class_name="max-wide:hidden"),
                rows=rx.foreach(DryRunState.runs, _run),
                label="History of dry runs",
            ),
            rx.cond(
                DryRunState.has_older_runs,
                rx.el.p(
                    button("Show older runs", size="sm", on_click=DryRunState.show_older_runs),
                    class_name="p-2.5 text-center",
                ),
            ),
            tab_index=0,
            role="region",
            aria_label="Runs",
            class_name="max-h-[212px] overflow-auto",
        ),
        title="History",
        witness="newest first",
        body_class="",
    )


def _run(row: RunRow) -> rx.Component:
    return rx.el.tr(
        cell(
            rx.cond(
                row.is_finished,
                text_button(
                    row.name,
                    on_click=[DryRunState.choose_run(row.id), DryRunHistoryState.close],
                ),
                rx.el.span(row.name, class_name="font-medium"),
            ),
            class_name="whitespace-nowrap",
        ),
        cell(
            rx.el.span(
                status_glyph(row.status, 14),
                row.verdict,
                class_name="inline-flex items-center gap-1.5 whitespace-nowrap",
            )
        ),
        cell(row.mean, is_number=True),
        cell(row.records, is_number=True, class_name="max-wide:hidden"),
        cell(row.failed, is_number=True, class_name="max-wide:hidden"),
        cell(row.abstained, is_number=True, class_name="max-wide:hidden"),
        cell(
            row.grader,
            rx.cond(row.is_stale, badge("stale", tone="warn", class_name="ml-1.5")),
            title=row.maker,
            class_name="text-ink-2 whitespace-nowrap max-wide:hidden",
        ),
        cell(row.made, class_name="text-ink-3 whitespace-nowrap max-wide:hidden"),
        class_name=ROW,
    )


def _choice() -> rx.Component:
    return rx.el.div(
        rx.el.h3("Compare", class_name=SECTION_TITLE),
        rx.el.div(
            _select("First run", DryRunHistoryState.first, DryRunHistoryState.choose_first),
            icon_button("arrow-left-right", "Swap both", on_click=DryRunHistoryState.swap),
            _select("Second run", DryRunHistoryState.second, DryRunHistoryState.choose_second),
            class_name="flex items-center gap-1.5 min-w-0 max-wide:w-full",
        ),
        rx.el.p(
            rx.foreach(_VIEW.conditions, lambda words: rx.fragment(words, " ")),
            class_name="text-small text-ink-3 basis-full",
        ),
        class_name="flex items-center gap-x-3 gap-y-1.5 flex-wrap mt-1",
    )


def _select(label: str, value: Content, on_change: Content) -> rx.Component:
    return select(
        rx.foreach(DryRunState.finished, lambda run: rx.el.option(run.label, value=run.id)),
        value=value,
        on_change=on_change,
        aria_label=label,
        class_name="w-[280px] max-wide:w-auto max-wide:grow max-wide:basis-0 min-w-0",
    )


def _comparison() -> rx.Component:
    column = "grid grid-cols-[minmax(0,1fr)] gap-3.5 content-start min-w-0"
    return rx.el.div(
        rx.el.div(
            _paired(),
            _pairs("Mean reward by topic", _VIEW.topics, witness="with graded rollouts"),
            class_name=column,
        ),
        rx.el.div(_pairs("Figures", _VIEW.figures), _rules(), class_name=column),
        class_name="grid grid-cols-[repeat(2,minmax(0,1fr))] gap-3.5"
        " max-desk:grid-cols-[minmax(0,1fr)]",
    )


def _paired() -> rx.Component:
    return card(
        rx.cond(
            _PAIRED.is_known,
            rx.fragment(
                rx.el.div(
                    rx.el.span(
                        _PAIRED.mean,
                        class_name=rx.match(
                            _PAIRED.tone,
                            ("ok", f"{FIGURE} text-ok"),
                            ("bad", f"{FIGURE} text-bad"),
                            FIGURE,
                        ),
                    ),
                    rx.el.span("mean difference", class_name=WITNESS),
                    badge(_PAIRED.interval),
                    class_name="flex items-baseline gap-2.5 flex-wrap",
                ),
                rx.el.p(_PAIRED.counts, class_name="text-small text-ink-2"),
                rx.cond(
                    _VIEW.alone != "",
                    rx.el.p(f"{_VIEW.alone}.", class_name="text-small text-ink-3"),
                ),
                rx.cond(has_items(_PAIRED.records), _records()),
            ),
            empty_panel(
                "No record in both",
                "No record was graded in both runs, so nothing can be said of single records.",
            ),
        ),
        title="The same records",
        witness="each counts once, with the mean of its rollouts",
    )


def _records() -> rx.Component:
    """Those that changed most, or all of them, a page at a time."""
    state = DryRunHistoryState
    has_all = has_items(state.pairs)
    return rx.el.div(
        table(
            head(rx.cond(has_all, "Record", "Changed most")),
            head(_VIEW.first_name, is_number=True),
            head(_VIEW.second_name, is_number=True),
            head("Difference", is_number=True),
            rows=rx.foreach(rx.cond(has_all, state.pairs, _PAIRED.records), _record),
            label="Records of both runs",
        ),
        rx.cond(
            ~has_all | (state.next_pair > 0),
            rx.el.div(
                button(
                    rx.cond(has_all, "Show more", "Show all records"),
                    size="sm",
                    on_click=state.show_pairs,
                ),
                class_name="px-3.5 py-2.5 border-t border-line",
            ),
        ),
        class_name="mt-2 -mx-3.5 -mb-3.5 border-t border-line",
    )


def _record(row: PairRow) -> rx.Component:
    return rx.el.tr(
        cell(row.name, class_name="font-mono text-small"),
        cell(row.first, is_number=True),
        cell(row.second, is_number=True),
        cell(_difference(row), is_number=True),
        class_name=ROW,
    )


def _difference(row: PairRow) -> rx.Component:
    return rx.el.span(
        row.difference,
        class_name=rx.cond(row.direction == "", "text-ink-3", "font-medium text-ink"),
    )


def _pairs(title: str, rows: Content, *, witness: str = "") -> rx.Component:
    return card(
        table(
            head(),
            head(_VIEW.first_name, is_number=True),
            head(_VIEW.second_name, is_number=True),
            head("Difference", is_number=True),
            rows=rx.foreach(rows, _pair),
            label=title,
        ),
        title=title,
        witness=witness,
        body_class="overflow-x-auto",
    )


def _pair(row: PairRow) -> rx.Component:
    return rx.el.tr(
        cell(
            row.name,
            title=row.hint,
            class_name="max-w-[180px] truncate max-wide:max-w-[110px] max-wide:whitespace-normal",
        ),
        cell(_value(row.first, row.first_note), is_number=True),
        cell(_value(row.second, row.second_note), is_number=True),
        cell(_difference(row), is_number=True, class_name="whitespace-nowrap"),
        class_name=ROW,
    )


def _value(value: Content, note: Content) -> rx.Component:
    return rx.el.span(
        value,
        rx.cond(note != "", rx.el.span(f" · {note}", class_name="text-ink-3")),
        class_name="whitespace-nowrap",
    )


def _rules() -> rx.Component:
    return card(
        table(
            head("Rule"),
            head(_VIEW.first_name, is_number=True),
            head(_VIEW.second_name, is_number=True),
            rows=rx.foreach(_VIEW.rules, _rule),
            label="Rules of both runs",
        ),
        title="Rules",
        body_class="overflow-x-auto",
    )


def _rule(row: PairRow) -> rx.Component:
    return rx.el.tr(
        cell(
            row.name,
            rx.cond(row.difference != "", badge(row.difference, tone="info", class_name="ml-2")),
        ),
        cell(_side(row.first, row.first_status, row.first_words), is_number=True),
        cell(_side(row.second, row.second_status, row.second_words), is_number=True),
        class_name=ROW,
    )


def _side(value: Content, status: Content, words: Content) -> rx.Component:
    return rx.el.span(
        value,
        status_glyph(status, 14),
        rx.el.span(words, class_name="sr-only"),
        title=words,
        class_name="inline-flex items-center gap-1.5",
    )
