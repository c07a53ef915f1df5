"""The traces tab: filters, the list, what is selected."""

import reflex as rx

from rft_app.ui.components.button import button, icon_button, text_button
from rft_app.ui.components.check_box import check_box
from rft_app.ui.components.empty_state import empty_panel, empty_state
from rft_app.ui.components.endless import endless
from rft_app.ui.components.field import select, text_input
from rft_app.ui.components.notice import notice
from rft_app.ui.components.skeleton import skeleton, skeleton_lines
from rft_app.ui.components.trace_filters import trace_filters
from rft_app.ui.content import has_items
from rft_app.ui.state.create import UPLOAD, CreateState
from rft_app.ui.state.trace_line import TraceLine
from rft_app.ui.state.trace_picker import SAMPLES
from rft_app.ui.theme import CARD, WITNESS


def trace_picker() -> rx.Component:
    """Choose among the stored traces; without any, the way to the upload."""
    return rx.cond(
        ~CreateState.is_listing & ~CreateState.is_stored & (CreateState.trace_fault == ""),
        rx.el.div(
            empty_state(
                "No traces are stored yet",
                "They arrive from OpenTelemetry exporters, through the gateway of this server, and"
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
            class_name="flex flex-col gap-3 wide:max-h-[calc(100dvh-152px)]",
        ),
    )


def _list() -> rx.Component:
    return rx.el.section(
        _head(),
        rx.cond(CreateState.is_sampling, _sample()),
        rx.cond(
            CreateState.is_listing,
            _skeleton(),
            rx.cond(
                has_items(CreateState.traces),
                endless(
                    CreateState,
                    CreateState.window,
                    rx.el.ul(rx.foreach(CreateState.traces, _row), aria_label="Traces"),
                    class_name="grow min-h-[216px] overflow-auto max-wide:max-h-[420px]",
                ),
                empty_panel(
                    "No trace matches",
                    "None of the stored traces match these filters.",
                    button("Clear filters", size="sm", on_click=CreateState.clear_trace_filters),
                ),
            ),
        ),
        _foot(),
        aria_label="Stored traces",
        class_name=f"{CARD} flex flex-col wide:min-h-0",
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
            rx.el.span(CreateState.matching_words, class_name=f"{WITNESS} tabular-nums truncate"),
            rx.cond(
                CreateState.is_filtered,
                text_button(
                    "Clear filters",
                    on_click=CreateState.clear_trace_filters,
                    class_name="text-small whitespace-nowrap",
                ),
            ),
            class_name="flex items-center gap-3 min-w-0"
            " max-wide:order-last max-wide:w-full max-wide:-mt-2 max-wide:pb-2",
        ),
        button(
            "Sample",
            size="sm",
            icon="dices",
            on_click=CreateState.toggle_sampling,
            aria_expanded=CreateState.is_sampling,
            class_name="ml-auto",
        ),
        icon_button("refresh-cw", "Refresh", size="sm", on_click=CreateState.refresh_traces),
        class_name="flex items-center gap-3 min-h-11 px-3.5 border-b border-line"
        " max-wide:flex-wrap",
    )


def _sample() -> rx.Component:
    """How many of all that match, and which."""
    return rx.el.form(
        text_input(
            aria_label="Size of the sample",
            value=CreateState.sample_size,
            on_change=CreateState.set_sample_size,
            input_mode="numeric",
            class_name="!w-20",
        ),
        rx.el.span("of all that match,", class_name="text-ink-2"),
        select(
            *(rx.el.option(words, value=kind.value) for kind, words in SAMPLES.items()),
            aria_label="How the sample is drawn",
            value=CreateState.sample_kind,
            on_change=CreateState.set_sample_kind,
            class_name="max-wide:grow",
        ),
        button(
            rx.cond(CreateState.is_drawing, "Drawing", "Draw"),
            type="submit",
            disabled=CreateState.is_drawing | CreateState.is_counting,
        ),
        rx.cond(
            CreateState.sample_fault != "",
            rx.el.p(
                CreateState.sample_fault, role="alert", class_name="text-small text-bad basis-full"
            ),
        ),
        on_submit=lambda _: CreateState.draw(),
        aria_label="Sample",
        class_name="flex flex-wrap items-center gap-2 px-3.5 py-2.5 border-b border-line",
    )


def _row(trace: rx.vars.ObjectVar[TraceLine]) -> rx.Component:
    is_on = rx.Var.create(CreateState.named_here).contains(trace.id) != CreateState.takes_all
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
                    rx.cond(trace.outcome != "", f" · {trace.outcome}", ""),
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
        key=trace.id,
        custom_attrs={"data-key": trace.id},
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
        rx.el.span(
            CreateState.position,
            title="Rows that are here; scroll for more",
            class_name=f"{WITNESS} tabular-nums ml-auto whitespace-nowrap max-wide:hidden",
        ),
        class_name="flex items-center gap-3 min-h-11 px-3.5 border-t border-line",
    )
