"""The traces tab: filters, the list, what is selected."""

import reflex as rx

from rft_app.ui.components.button import button, icon_button, text_button
from rft_app.ui.components.check_box import check_box
from rft_app.ui.components.empty_state import empty_panel, empty_state
from rft_app.ui.components.notice import notice
from rft_app.ui.components.pager import pager
from rft_app.ui.components.skeleton import skeleton, skeleton_lines
from rft_app.ui.components.trace_filters import trace_filters
from rft_app.ui.content import has_items
from rft_app.ui.state.create import UPLOAD, CreateState
from rft_app.ui.state.trace_list import TraceLine
from rft_app.ui.theme import CARD, WITNESS


def trace_picker() -> rx.Component:
    """Choose among the stored traces; without any, the way to the upload."""
    return rx.cond(
        ~CreateState.is_listing & (CreateState.num_stored == 0) & (CreateState.trace_fault == ""),
        rx.el.div(
            empty_state(
                "No traces are stored yet",
                "They arrive from OpenTelemetry exporters that send to /otlp of this server, and"
                " with the files you import.",
                button(
                    "Upload a file",
                    variant="primary",
                    icon="upload",
                    on_click=CreateState.show_tab(UPLOAD),
                ),
                icon_name="waypoints",
            ),
            class_name=CARD,
        ),
        rx.el.div(
            trace_filters(CreateState),
            rx.cond(
                CreateState.trace_fault != "",
                notice(
                    "The traces could not be listed.",
                    CreateState.trace_fault,
                    tone="bad",
                    action=button("Try again", size="sm", on_click=CreateState.refresh_traces),
                ),
                _list(),
            ),
            class_name="grid grid-cols-[minmax(0,1fr)] gap-3",
        ),
    )


def _list() -> rx.Component:
    return rx.el.section(
        _head(),
        rx.cond(
            CreateState.is_listing,
            _skeleton(),
            rx.cond(
                has_items(CreateState.traces),
                rx.el.ul(
                    rx.foreach(CreateState.traces, _row),
                    aria_label="Traces",
                    class_name="max-h-[calc(100vh-300px)] min-h-[280px] overflow-auto"
                    " max-wide:max-h-[420px]",
                ),
                empty_panel(
                    "No trace matches",
                    f"None of the {CreateState.num_stored} stored traces match these filters.",
                    button("Clear filters", size="sm", on_click=CreateState.clear_trace_filters),
                ),
            ),
        ),
        _foot(),
        aria_label="Stored traces",
        class_name=CARD,
    )


def _head() -> rx.Component:
    is_some = (CreateState.num_selected > 0) & (CreateState.num_selected < CreateState.num_matching)
    return rx.el.div(
        rx.el.label(
            check_box(
                checked=CreateState.takes_all & (CreateState.num_selected > 0),
                is_mixed=is_some,
                on_change=CreateState.toggle_all_traces,
                disabled=CreateState.num_matching == 0,
            ),
            rx.el.b(CreateState.select_all_words, class_name="font-semibold"),
            class_name="flex items-center gap-2.5 cursor-pointer whitespace-nowrap",
        ),
        rx.el.span(
            CreateState.matching_words,
            class_name=f"{WITNESS} tabular-nums truncate"
            " max-wide:order-last max-wide:w-full max-wide:-mt-2 max-wide:pb-2",
        ),
        rx.cond(
            CreateState.is_filtered,
            text_button(
                "Clear filters",
                on_click=CreateState.clear_trace_filters,
                class_name="text-small whitespace-nowrap",
            ),
        ),
        icon_button(
            "refresh-cw",
            "Refresh",
            size="sm",
            on_click=CreateState.refresh_traces,
            class_name="ml-auto",
        ),
        class_name="flex items-center gap-3 min-h-11 px-3.5 border-b border-line"
        " max-wide:flex-wrap",
    )


def _row(trace: rx.vars.ObjectVar[TraceLine]) -> rx.Component:
    is_on = rx.Var.create(CreateState.named).contains(trace.id) != CreateState.takes_all
    return rx.el.li(
        rx.el.label(
            check_box(
                checked=is_on,
                on_change=CreateState.toggle_trace(trace.id),
                custom_attrs={"data-item": "true"},
            ),
            rx.el.span(
                rx.el.span(
                    trace.title,
                    class_name=rx.cond(
                        trace.has_title, "block truncate", "block truncate text-ink-3"
                    ),
                ),
                rx.el.span(
                    trace.facts,
                    rx.cond(
                        trace.prompt != "",
                        rx.el.span(f" · “{trace.prompt}”", class_name="max-wide:hidden"),
                    ),
                    title=trace.prompt,
                    class_name="block truncate text-small text-ink-3",
                ),
                class_name="grow min-w-0",
            ),
            rx.el.span(
                trace.moment,
                title=f"{trace.exact_moment} · {trace.dataset}",
                class_name="text-small text-ink-3 whitespace-nowrap tabular-nums",
            ),
            class_name="flex items-center gap-3 px-3.5 min-h-[54px] cursor-pointer",
        ),
        class_name=rx.cond(
            is_on,
            "border-b border-line bg-accent-soft last:border-b-0",
            "border-b border-line hover:bg-hover last:border-b-0",
        ),
    )


def _skeleton() -> rx.Component:
    return rx.el.div(
        *(skeleton("h-11 w-full") for _ in range(6)),
        skeleton_lines("Loading traces", "w-1/3"),
        class_name="grid gap-2 p-3.5",
    )


def _foot() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            rx.el.b(
                CreateState.selected_words,
                class_name="font-semibold whitespace-nowrap tabular-nums",
            ),
            rx.el.span(
                CreateState.selection_words, class_name=f"{WITNESS} truncate max-wide:hidden"
            ),
            role="status",
            class_name="flex items-baseline gap-2.5 min-w-0",
        ),
        rx.cond(
            CreateState.num_selected > 0,
            text_button(
                "Clear selection",
                on_click=CreateState.clear_selection,
                class_name="text-small whitespace-nowrap",
            ),
        ),
        pager(
            CreateState,
            rx.el.span(
                CreateState.position,
                class_name=f"{WITNESS} tabular-nums mr-1 max-wide:hidden",
            ),
        ),
        class_name="flex items-center gap-3 min-h-11 px-3.5 border-t border-line",
    )
