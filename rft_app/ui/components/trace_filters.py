"""Filters of a list of traces."""

from collections.abc import Mapping

import reflex as rx

from rft_app.ui.components.badge import key_hint
from rft_app.ui.components.button import button, text_button
from rft_app.ui.components.field import checkbox, options, text_input
from rft_app.ui.components.filter_menu import filter_days, filter_menu
from rft_app.ui.content import Content, has_items
from rft_app.ui.state.trace_wanted import ANY, CUSTOM, RANGES, RATINGS, STATUSES, TURNS
from rft_app.ui.theme import WITNESS

_ON_PHONE = "max-wide:grow max-wide:basis-[140px] max-wide:order-1"
_RANGES = {key: words for key, (_, words) in RANGES.items()} | {CUSTOM: "between days"}
_TURNS = {number: f"{number} or more" for number in TURNS}


def trace_filters(state: Content) -> rx.Component:
    """Which traces the list of `state`, a `TraceList`, shows; the rarer filters on demand."""
    return rx.el.div(
        text_input(
            icon="search",
            suffix=key_hint("/"),
            placeholder="Search all that the traces say",
            aria_label="Search traces",
            default_value=state.wanted.search,
            on_change=state.search_traces.debounce(300),
            custom_attrs={"data-search": "true"},
            key=f"traces-{state.num_clears}",
            class_name="grow basis-60 min-w-0 max-wide:basis-32",
        ),
        rx.el.div(
            _menu(state, "Time", "period", *_options(_RANGES, any_words="all time")),
            rx.cond(state.is_between_days, _days(state)),
            _menu(state, "Model", "model", *_options({}), options(state.models)),
            class_name=rx.cond(state.is_filtering, "contents", "contents max-wide:hidden"),
        ),
        button(
            "Filters",
            rx.cond(
                state.num_filters > 0,
                rx.el.span(state.num_filters, class_name="tabular-nums text-accent-text"),
            ),
            icon="sliders-horizontal",
            on_click=state.toggle_filters,
            aria_expanded=state.is_filtering,
        ),
        rx.el.div(
            _menu(state, "Source", "source", *_options({}), options(state.sources)),
            _menu(state, "Status", "status", *_options(STATUSES)),
            _menu(state, "Rating", "rating", *_options(RATINGS)),
            rx.cond(
                has_items(state.tags),
                _menu(state, "Tag", "tag", *_options({}), options(state.tags)),
            ),
            rx.cond(
                has_items(state.keys),
                _menu(state, "Key", "key", *_options({}), options(state.keys)),
            ),
            _menu(state, "Turns", "turns", *_options(_TURNS, any_words="1 or more")),
            rx.el.div(
                checkbox(
                    "Has an answer",
                    checked=state.wanted.has_response,
                    on_change=state.set_has_response,
                ),
                class_name="max-wide:order-1 max-wide:basis-full",
            ),
            class_name=rx.cond(
                state.is_filtering,
                "flex flex-wrap items-center gap-2 basis-full max-wide:order-2",
                "hidden",
            ),
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


def _days(state: Content) -> rx.Component:
    return filter_days(
        (state.wanted.first_day, lambda day: state.choose("first_day", day)),
        (state.wanted.last_day, lambda day: state.choose("last_day", day)),
        state.days_fault,
        key=state.num_clears,
    )


def _menu(state: Content, label: str, name: str, *lines: Content) -> rx.Component:
    return filter_menu(
        label,
        getattr(state.wanted, name),
        lambda value: state.choose(name, value),
        *lines,
        class_name=_ON_PHONE,
    )


def _options(words: Mapping[str, str], *, any_words: str = "any") -> list[rx.Component]:
    return [rx.el.option(said, value=str(key)) for key, said in {ANY: any_words, **words}.items()]
