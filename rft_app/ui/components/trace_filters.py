"""Filters of a list of traces."""

import reflex as rx

from rft_app.ui.components.badge import key_hint
from rft_app.ui.components.button import text_button
from rft_app.ui.components.field import checkbox, text_input
from rft_app.ui.components.filter_menu import filter_menu
from rft_app.ui.content import Content
from rft_app.ui.state.trace_list import ANY, RANGES, STATUSES, TURNS
from rft_app.ui.theme import WITNESS


def trace_filters(state: Content) -> rx.Component:
    """Which traces the list of `state`, a `TraceList`, shows."""
    wanted = state.wanted
    return rx.el.div(
        text_input(
            icon="search",
            suffix=key_hint("/"),
            placeholder="Search in all that the traces say",
            aria_label="Search traces",
            default_value=wanted.search,
            on_change=state.search_traces.debounce(300),
            custom_attrs={"data-search": "true"},
            key=f"traces-{state.num_clears}",
            class_name="grow basis-72",
        ),
        filter_menu(
            "Time",
            wanted.period,
            state.choose_period,
            rx.el.option("all time", value=ANY),
            *(rx.el.option(words, value=key) for key, (_, words) in RANGES.items()),
        ),
        filter_menu(
            "Model",
            wanted.model,
            state.choose_model,
            rx.el.option("any", value=ANY),
            rx.foreach(state.models, lambda one: rx.el.option(one.label, value=one.value)),
        ),
        filter_menu(
            "Source",
            wanted.source,
            state.choose_source,
            rx.el.option("any", value=ANY),
            rx.foreach(state.sources, lambda one: rx.el.option(one.label, value=one.value)),
        ),
        filter_menu(
            "Status",
            wanted.status,
            state.choose_status,
            rx.el.option("any", value=ANY),
            *(rx.el.option(words, value=status.value) for status, words in STATUSES.items()),
        ),
        filter_menu(
            "Turns",
            wanted.turns,
            state.choose_turns,
            rx.el.option("1 or more", value=ANY),
            *(rx.el.option(f"{number} or more", value=number) for number in TURNS),
        ),
        checkbox(
            "Has an answer",
            checked=wanted.has_response,
            on_change=state.set_has_response,
        ),
        rx.cond(
            state.search_note != "",
            rx.el.p(
                state.search_note,
                text_button("Search again", on_click=state.refresh_traces),
                role="status",
                class_name=f"{WITNESS} basis-full flex flex-wrap items-baseline gap-x-2",
            ),
        ),
        role="search",
        class_name="flex flex-wrap items-center gap-2",
    )
