"""The dialog of step 2: the topics, and the records of the chosen one beside them."""

import reflex as rx

from rft_app.ui.components.badge import badge, key_hint
from rft_app.ui.components.button import button, icon_button, text_button
from rft_app.ui.components.choice import segment, segmented
from rft_app.ui.components.empty_state import empty_panel
from rft_app.ui.components.field import field, text_input
from rft_app.ui.components.modal import modal_footer
from rft_app.ui.components.step_dialog import run_button, run_effect, step_dialog
from rft_app.ui.components.table import ROW, cell, head, table
from rft_app.ui.state.modal import ModalState
from rft_app.ui.state.record_row import RecordRow
from rft_app.ui.state.topics import TopicRow, TopicsState
from rft_app.ui.theme import CARD_TITLE, WITNESS


def topics_modal() -> rx.Component:
    """What users ask for."""
    return step_dialog(
        TopicsState,
        rx.cond(
            TopicsState.is_rerun_open,
            rx.el.div(_settings(), class_name="px-5 py-4 border-b border-line bg-inset"),
        ),
        rx.el.div(
            _list(),
            _chosen(),
            class_name="grow min-h-0 grid grid-cols-[300px_minmax(0,1fr)] max-wide:grid-cols-1",
        ),
        witness=rx.cond(
            TopicsState.has_result,
            rx.fragment(
                f"{TopicsState.num_topics} · {TopicsState.num_records} · "
                f"{TopicsState.share_sure} sure"
            ),
        ),
        actions=rx.cond(
            TopicsState.has_result,
            button(
                "Settings",
                size="sm",
                icon="settings-2",
                on_click=TopicsState.toggle_rerun,
                aria_expanded=TopicsState.is_rerun_open,
            ),
        ),
        settings=_settings(),
        footer=modal_footer(
            run_effect(
                TopicsState,
                rx.cond(
                    TopicsState.has_result,
                    f"{TopicsState.method} · seed {TopicsState.used_seed} · mean confidence "
                    f"{TopicsState.mean_confidence} · {TopicsState.num_unsure} unsure, below 70%. "
                    "A new run marks coverage as out of date.",
                    "Runs on this machine; the same seed gives the same topics.",
                ),
            ),
            run_button(TopicsState),
        ),
        width="list",
    )


def _settings() -> rx.Component:
    return rx.el.div(
        field(
            "Number of topics",
            rx.el.div(
                segmented(
                    segment(
                        "Find it", is_on=TopicsState.is_auto, on_click=TopicsState.choose_auto(True)
                    ),
                    segment(
                        "Choose",
                        is_on=TopicsState.is_chosen,
                        on_click=TopicsState.choose_auto(False),
                    ),
                    label="Number of topics",
                ),
                rx.cond(
                    TopicsState.is_auto,
                    rx.fragment(),
                    text_input(
                        value=TopicsState.wanted_topics,
                        on_change=TopicsState.set_wanted_topics,
                        input_mode="numeric",
                        aria_label="How many topics",
                        class_name="!w-20",
                    ),
                ),
                class_name="flex items-center gap-2",
            ),
            hint=rx.cond(TopicsState.is_auto, "Finds up to 20.", "From 1 up."),
        ),
        field(
            "Seed",
            text_input(
                id="topics-seed",
                value=TopicsState.seed,
                on_change=TopicsState.set_seed,
                input_mode="numeric",
                class_name="!w-28",
            ),
            html_for="topics-seed",
            hint="The same seed gives the same topics.",
        ),
        class_name="flex flex-wrap gap-8",
    )


def _list() -> rx.Component:
    return rx.el.aside(
        rx.el.div(
            text_input(
                icon="search",
                suffix=key_hint("/"),
                placeholder="Filter topics",
                aria_label="Filter topics",
                default_value=TopicsState.search,
                on_change=TopicsState.search_for.debounce(150),
                custom_attrs={"data-search": "true"},
                class_name="!min-h-7 max-wide:!min-h-10",
            ),
            class_name="p-3",
        ),
        rx.cond(
            TopicsState.rows,
            rx.el.ul(
                rx.foreach(TopicsState.rows, _topic),
                aria_label="Topics",
                class_name="grow min-h-0 overflow-auto px-2 pb-3 m-0 list-none"
                " max-wide:max-h-[240px]",
            ),
            empty_panel("No topic matches", "Change the filter."),
        ),
        rx.cond(
            TopicsState.num_without_topic != "",
            rx.el.p(
                f"{TopicsState.num_without_topic} in no topic. ",
                text_button("Show", on_click=ModalState.open_records("topic:")),
                class_name=f"{WITNESS} px-3 py-2 border-t border-line",
            ),
        ),
        class_name="flex flex-col min-h-0 border-r border-line max-wide:border-r-0"
        " max-wide:border-b",
    )


_ITEM = (
    "flex items-center gap-2 w-full h-[30px] px-2 rounded-control text-left min-w-0 max-wide:h-11"
)


def _topic(row: TopicRow) -> rx.Component:
    is_on = TopicsState.chosen == row.key
    return rx.el.li(
        rx.el.button(
            rx.el.span(row.name, title=row.key, class_name="truncate grow"),
            rx.cond(row.is_unsure, badge("unsure", tone="warn", title=row.sure)),
            rx.el.span(row.num_records, class_name="text-small text-ink-3 tabular-nums"),
            type="button",
            aria_current=rx.cond(is_on, "true", "false"),
            on_click=TopicsState.choose(row.key),
            custom_attrs={"data-item": "true"},
            class_name=rx.cond(
                is_on,
                f"{_ITEM} bg-accent-soft font-medium shadow-[inset_0_0_0_1px_var(--accent-line)]",
                f"{_ITEM} text-ink-2 hover:bg-hover",
            ),
        ),
        style={"padding-left": f"calc({row.depth} * 16px)"},
    )


def _chosen() -> rx.Component:
    topic = TopicsState.chosen_topic
    return rx.el.section(
        rx.el.div(
            rx.el.div(
                rx.el.h3(topic.name, class_name=f"{CARD_TITLE} truncate"),
                rx.el.span(topic.sure, class_name=WITNESS),
                badge(
                    f"{topic.num_records} records · {topic.share}", tone="ok", class_name="ml-auto"
                ),
                class_name="flex items-center gap-2 min-w-0",
            ),
            rx.cond(topic.description != "", rx.el.p(topic.description, class_name="text-ink-2")),
            rx.cond(
                topic.keywords,
                rx.el.p(
                    rx.el.span("Keywords", class_name="text-label text-ink-3 mr-0.5"),
                    rx.foreach(topic.keywords, lambda word: badge(word)),
                    class_name="flex flex-wrap items-center gap-1.5 mt-2",
                ),
            ),
            class_name="px-[18px] pt-3.5 pb-3 border-b border-line",
        ),
        rx.el.div(
            table(
                head("First user message"),
                head("Source", class_name="max-wide:hidden"),
                head("Messages", is_number=True, class_name="max-wide:hidden"),
                head("Sure", is_number=True),
                rows=rx.foreach(TopicsState.records, _record),
                label="Records of the topic",
            ),
            class_name="grow min-h-0 overflow-auto",
        ),
        _pager(),
        class_name="flex flex-col min-h-0 min-w-0",
    )


def _record(row: RecordRow) -> rx.Component:
    return rx.el.tr(
        cell(
            rx.el.span(row.title, title=row.title, class_name="block truncate"),
            class_name="max-w-0 w-3/5 max-wide:w-full",
        ),
        cell(badge(row.source), class_name="max-wide:hidden"),
        cell(row.num_messages, is_number=True, class_name="text-ink-3 max-wide:hidden"),
        cell(
            rx.el.span(row.sure, class_name=rx.cond(row.is_unsure, "text-warn", "text-ink-2")),
            is_number=True,
        ),
        class_name=ROW,
    )


def _pager() -> rx.Component:
    return rx.el.div(
        rx.el.span(f"{TopicsState.position} of {TopicsState.total}", class_name=WITNESS),
        rx.el.div(
            button(
                "Show all in records",
                size="sm",
                variant="ghost",
                on_click=ModalState.open_records("topic:" + TopicsState.chosen),
            ),
            icon_button(
                "chevron-left",
                "Previous page",
                size="sm",
                variant="default",
                on_click=TopicsState.previous_page,
                disabled=~TopicsState.has_previous,
            ),
            icon_button(
                "chevron-right",
                "Next page",
                size="sm",
                variant="default",
                on_click=TopicsState.next_page,
                disabled=~TopicsState.has_next,
            ),
            class_name="ml-auto flex items-center gap-1",
        ),
        class_name="flex items-center min-h-11 px-[18px] border-t border-line shrink-0",
    )
