"""The filters of the records overlay: a row of menus, the conditions that hold, a phone's sheet."""

from typing import Literal

import reflex as rx

from rft_app.ui.components.badge import key_hint
from rft_app.ui.components.button import button, icon_button, text_button
from rft_app.ui.components.field import options, text_input
from rft_app.ui.components.filter_menu import filter_menu, filter_range
from rft_app.ui.components.icon import icon
from rft_app.ui.components.modal import modal_frame
from rft_app.ui.content import Content, has_items
from rft_app.ui.state.record_filters import ANY, Chip
from rft_app.ui.state.records import RecordsState
from rft_app.ui.theme import PAGE_TITLE

_WANTED = RecordsState.wanted
_ROW = "!min-h-7 !px-[9px] text-small"
_SHEET = "!w-full !min-h-11"


_BAR = (
    "grid grid-cols-[minmax(0,1fr)] gap-2 px-5 py-2.5 border-b border-line shrink-0 max-wide:px-4"
)


def filter_bar() -> rx.Component:
    """Search and menus, and below them the conditions that hold."""
    return rx.el.div(
        rx.el.div(
            _search(),
            rx.el.div(_controls(_ROW), class_name="contents max-wide:hidden"),
            button(
                "Filters",
                rx.cond(
                    has_items(RecordsState.chips),
                    rx.el.span(
                        rx.Var.create(RecordsState.chips).to(list).length(),
                        class_name="tabular-nums text-accent-text",
                    ),
                ),
                icon="sliders-horizontal",
                on_click=RecordsState.toggle_filters,
                class_name="wide:hidden",
            ),
            class_name="flex flex-wrap items-center gap-2 max-wide:flex-nowrap",
        ),
        rx.cond(
            has_items(RecordsState.chips),
            rx.el.div(
                rx.foreach(RecordsState.chips, _chip),
                text_button(
                    "Clear filters",
                    on_click=RecordsState.clear_filters,
                    class_name="text-small whitespace-nowrap max-wide:min-h-9",
                ),
                rx.cond(
                    RecordsState.shows_deleted,
                    rx.fragment(),
                    text_button(
                        "Export these",
                        on_click=RecordsState.export_matching,
                        title="Export all that match",
                        class_name="text-small whitespace-nowrap ml-2.5 max-wide:min-h-9",
                    ),
                ),
                role="group",
                aria_label="Conditions that hold",
                class_name="flex flex-wrap items-center gap-1.5 max-wide:flex-nowrap"
                " max-wide:overflow-x-auto max-wide:[scrollbar-width:none]",
            ),
        ),
        role="search",
        class_name=rx.cond(RecordsState.open_id != "", f"{_BAR} max-wide:hidden", _BAR),
    )


def filter_sheet(is_open: Content) -> rx.Component:
    """The same menus for a phone."""
    return modal_frame(
        rx.el.div(
            rx.el.div(
                rx.el.h2("Filters", class_name=PAGE_TITLE),
                icon_button("x", "Close", on_click=RecordsState.toggle_filters),
                class_name="flex items-center justify-between",
            ),
            _controls(_SHEET),
            class_name="grid gap-2.5 p-4 overflow-auto",
        ),
        rx.el.footer(
            button(
                "Clear filters",
                on_click=RecordsState.clear_filters,
                disabled=~RecordsState.is_filtered,
                class_name="grow",
            ),
            button(
                f"Show {RecordsState.total_words}",
                variant="primary",
                on_click=RecordsState.toggle_filters,
                class_name="grow",
            ),
            class_name="flex gap-2 px-4 pb-4",
        ),
        is_open=is_open & RecordsState.is_filtering,
        on_close=RecordsState.toggle_filters,
        title="Filters",
        width="small",
    )


def _search() -> rx.Component:
    return text_input(
        icon="search",
        suffix=key_hint("/"),
        placeholder="Search text or id",
        aria_label="Search messages",
        default_value=_WANTED.search,
        on_change=RecordsState.search_for.debounce(250),
        custom_attrs={"data-search": "true"},
        key=f"search-{RecordsState.num_clears}",
        class_name="!w-48 !min-h-7 max-wide:!w-0 max-wide:min-w-0 max-wide:grow max-wide:!min-h-10",
    )


def _controls(look: str) -> rx.Component:
    return rx.fragment(
        _menu("Topic", "topic", RecordsState.topics, look),
        filter_menu(
            "Validity",
            _WANTED.validity,
            lambda value: RecordsState.choose("validity", value),
            _any(),
            rx.el.option("valid", value="valid"),
            rx.el.option("invalid", value="invalid"),
            options(RecordsState.reasons),
            class_name=look,
        ),
        _menu("Source", "source", RecordsState.sources, look),
        filter_menu(
            "Duplicates",
            _WANTED.duplicates,
            lambda value: RecordsState.choose("duplicates", value),
            _any(),
            rx.el.option(f"only ({RecordsState.num_duplicates})", value="only"),
            rx.el.option("none", value="none"),
            class_name=look,
        ),
        rx.cond(
            has_items(RecordsState.tags),
            filter_menu(
                "Tag",
                ANY,
                RecordsState.add_tag_filter,
                _any(),
                options(RecordsState.tags),
                class_name=look,
            ),
        ),
        rx.cond(RecordsState.has_rewards, _range("Reward", "reward", look)),
        rx.cond(has_items(RecordsState.runs), _grade(look)),
        rx.cond(
            (RecordsState.num_deleted > 0) | RecordsState.shows_deleted,
            filter_menu(
                "Deleted",
                _WANTED.deleted,
                lambda value: RecordsState.choose("deleted", value),
                rx.el.option("hidden", value=ANY),
                rx.el.option(f"only ({RecordsState.num_deleted})", value="only"),
                class_name=look,
            ),
        ),
    )


def _grade(look: str) -> rx.Component:
    return rx.el.div(
        _range("Grade", "grade", look),
        rx.cond(
            RecordsState.has_several_runs,
            filter_menu(
                "in",
                _WANTED.run,
                lambda value: RecordsState.choose("run", value),
                rx.el.option("the latest run", value=ANY),
                options(RecordsState.runs),
                class_name=look,
            ),
        ),
        class_name="flex gap-1 max-wide:grid max-wide:gap-2.5",
    )


def _menu(label: str, name: str, choices: Content, look: str) -> rx.Component:
    return filter_menu(
        label,
        getattr(_WANTED, name),
        lambda value: RecordsState.choose(name, value),
        _any(),
        options(choices),
        class_name=look,
    )


def _range(label: str, name: Literal["reward", "grade"], look: str) -> rx.Component:
    low, high = f"min_{name}", f"max_{name}"
    set_low = {"reward": RecordsState.set_min_reward, "grade": RecordsState.set_min_grade}[name]
    set_high = {"reward": RecordsState.set_max_reward, "grade": RecordsState.set_max_grade}[name]
    faults = RecordsState.range_faults
    return filter_range(
        label,
        (getattr(_WANTED, low), set_low, faults[low]),
        (getattr(_WANTED, high), set_high, faults[high]),
        key=RecordsState.num_clears,
        class_name=look,
    )


def _any() -> rx.Component:
    return rx.el.option("any", value=ANY)


def _chip(chip: Chip) -> rx.Component:
    return rx.el.button(
        rx.el.span(chip.words, class_name="truncate"),
        icon("x", 12),
        type="button",
        on_click=RecordsState.drop_chip(chip.key),
        aria_label=f"Remove the filter {chip.words}",
        title=chip.words,
        class_name="inline-flex items-center gap-1.5 h-6 max-w-[260px] px-2 rounded-badge"
        " bg-accent-soft text-accent-text text-label cursor-pointer hover:bg-press shrink-0"
        " max-wide:h-9",
    )
