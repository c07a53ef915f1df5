"""The list of all stored traces: one line each, newest first."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import button, text_button
from rft_app.ui.components.empty_state import empty_panel, empty_state
from rft_app.ui.components.endless import endless
from rft_app.ui.components.notice import notice
from rft_app.ui.components.skeleton import skeleton, skeleton_lines
from rft_app.ui.components.table import ROW, cell, head, table
from rft_app.ui.components.trace_filters import trace_filters
from rft_app.ui.content import has_items
from rft_app.ui.state.intake import IntakeState
from rft_app.ui.state.trace_line import TraceLine
from rft_app.ui.state.traces import TracesState
from rft_app.ui.theme import CARD, WITNESS

_AWAY = "max-wide:hidden"
_ASIDE = "max-desk:hidden"
"""Columns that a narrow window can do without."""


def trace_table() -> rx.Component:
    """Filters and lines, or why there are none."""
    return rx.cond(
        ~TracesState.is_listing & ~TracesState.is_stored & (TracesState.trace_fault == ""),
        _nothing_stored(),
        rx.el.div(
            trace_filters(TracesState),
            rx.cond(TracesState.trace_fault != "", _fault()),
            rx.el.section(
                _head(),
                rx.cond(
                    TracesState.is_listing,
                    _skeleton(),
                    rx.cond(has_items(TracesState.traces), _rows(), _no_match()),
                ),
                aria_label="Stored traces",
                class_name=f"{CARD} overflow-hidden",
            ),
            class_name="grid grid-cols-[minmax(0,1fr)] gap-3",
        ),
    )


def _nothing_stored() -> rx.Component:
    return rx.el.div(
        empty_state(
            "No traces yet",
            "Applications send theirs: each call of a model becomes a trace here. Files that you"
            " import add theirs.",
            button(
                "Set up a sender",
                variant="primary",
                icon="radio-tower",
                on_click=IntakeState.open_panel,
            ),
            icon_name="waypoints",
        ),
        class_name=CARD,
    )


def _fault() -> rx.Component:
    return notice(
        "The traces could not be listed.",
        TracesState.trace_fault,
        tone="bad",
        action=button("Try again", size="sm", on_click=TracesState.reload),
    )


def _head() -> rx.Component:
    return rx.el.div(
        rx.el.span(
            TracesState.matching_words, class_name=f"{WITNESS} tabular-nums truncate", role="status"
        ),
        rx.cond(
            TracesState.is_filtered,
            text_button(
                "Clear filters",
                on_click=TracesState.clear_trace_filters,
                class_name="text-small whitespace-nowrap",
            ),
        ),
        rx.el.span(
            TracesState.position,
            title="Rows that are here; scroll for more",
            class_name=f"{WITNESS} tabular-nums ml-auto whitespace-nowrap",
        ),
        class_name="flex items-center gap-3 min-h-11 px-3.5 border-b border-line",
    )


def _rows() -> rx.Component:
    return endless(
        TracesState,
        TracesState.window,
        _table(),
        class_name="max-h-[calc(100dvh-232px)] min-h-[280px] overflow-auto"
        " max-wide:max-h-[calc(100dvh-292px)] [&_thead]:sticky [&_thead]:top-0 [&_thead]:z-[1]"
        " [&_thead]:bg-surface-1",
    )


def _table() -> rx.Component:
    return table(
        head("First user message"),
        head("When", class_name=_AWAY),
        head("Model", class_name=_AWAY),
        head("Turns", is_number=True, class_name=_ASIDE),
        head("Tools", is_number=True, class_name=_ASIDE),
        head("Tokens", is_number=True, class_name=_ASIDE),
        head("Latency", is_number=True, class_name=_AWAY),
        head("Source", class_name=_ASIDE),
        rows=rx.foreach(TracesState.traces, _row),
        label="Traces",
    )


def _row(trace: rx.vars.ObjectVar[TraceLine]) -> rx.Component:
    quiet = "text-small text-ink-2 whitespace-nowrap"
    return rx.el.tr(
        cell(_summary(trace), class_name="max-w-0 w-full py-1.5"),
        cell(trace.moment, title=trace.exact_moment, class_name=f"{quiet} tabular-nums {_AWAY}"),
        cell(
            rx.el.span(trace.model, class_name="block truncate max-w-[170px]", title=trace.model),
            class_name=f"{quiet} {_AWAY}",
        ),
        cell(trace.turns, is_number=True, class_name=f"{quiet} {_ASIDE}"),
        cell(trace.tools, is_number=True, class_name=f"{quiet} {_ASIDE}"),
        cell(trace.tokens, is_number=True, class_name=f"{quiet} {_ASIDE}"),
        cell(trace.latency, is_number=True, class_name=f"{quiet} {_AWAY}"),
        cell(
            rx.el.span(
                trace.source, title=trace.dataset, class_name="block truncate max-w-[110px]"
            ),
            class_name=f"{quiet} {_ASIDE}",
        ),
        key=trace.id,
        custom_attrs={"data-key": trace.id},
        class_name=rx.cond(
            TracesState.open_id == trace.id,
            f"{ROW} bg-accent-soft shadow-[inset_2px_0_0_var(--accent-text)]",
            ROW,
        ),
    )


def _summary(trace: rx.vars.ObjectVar[TraceLine]) -> rx.Component:
    return rx.el.button(
        rx.el.span(
            rx.el.span(
                trace.title,
                class_name=rx.cond(trace.has_title, "truncate", "truncate text-ink-3"),
            ),
            rx.cond(
                trace.calls != "",
                badge(
                    trace.calls,
                    title="Calls of one conversation; the last stands for all of them",
                    class_name="max-wide:hidden",
                ),
            ),
            rx.match(
                trace.outcome,
                ("", rx.fragment()),
                ("failed", badge("failed", tone="bad")),
                badge(trace.outcome, tone="warn"),
            ),
            rx.cond(
                trace.rating != "",
                badge(
                    trace.rating,
                    tone=rx.cond(trace.is_good, "ok", "warn"),
                    title="Reward or feedback that came with it, from 0 to 1",
                ),
            ),
            class_name="flex items-center gap-2 min-w-0",
        ),
        rx.el.span(
            rx.el.span(f"{trace.moment} · {trace.facts}", class_name="wide:hidden"),
            rx.el.span(
                rx.cond(trace.prompt != "", trace.prompt, "no system prompt"),
                class_name="max-wide:hidden",
            ),
            class_name="block truncate text-small text-ink-3",
        ),
        type="button",
        on_click=TracesState.open_trace(trace.id),
        custom_attrs={"data-item": "true"},
        class_name="block w-full min-w-0 text-left cursor-pointer py-0.5 rounded-control",
    )


def _skeleton() -> rx.Component:
    return rx.el.div(
        *(skeleton("h-11 w-full") for _ in range(8)),
        skeleton_lines("Loading traces", "w-1/3"),
        class_name="grid gap-2 p-3.5",
    )


def _no_match() -> rx.Component:
    return empty_panel(
        "No trace matches",
        "None of the stored traces match these filters.",
        button("Clear filters", size="sm", on_click=TracesState.clear_trace_filters),
    )
