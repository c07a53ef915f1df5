"""The chosen topic: what it is, and its records."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import button, icon_button, text_button
from rft_app.ui.components.empty_state import empty_panel
from rft_app.ui.components.table import ROW, cell, head, table
from rft_app.ui.content import has_items
from rft_app.ui.state.modal import ModalState
from rft_app.ui.state.record_row import RecordRow
from rft_app.ui.state.topic_form import EDIT
from rft_app.ui.state.topics import TopicsState
from rft_app.ui.theme import CARD_TITLE, WITNESS


def topic_panel() -> rx.Component:
    """Head, records, pager."""
    return rx.cond(
        TopicsState.chosen != "",
        rx.el.section(
            _head(),
            rx.el.div(
                rx.cond(
                    TopicsState.records,
                    table(
                        head("First user message"),
                        head("Source", class_name="max-wide:hidden"),
                        head("Messages", is_number=True, class_name="max-wide:hidden"),
                        head("Sure", is_number=True),
                        rows=rx.foreach(TopicsState.records, _record),
                        label="Records of the topic",
                    ),
                    empty_panel(
                        "No record is in this topic",
                        "Categorise the records, or give the topic words that its records use.",
                    ),
                ),
                tab_index=0,
                role="region",
                aria_label="Records of the chosen topic",
                class_name="grow min-h-0 overflow-auto",
            ),
            _pager(),
            aria_label="Chosen topic",
            class_name="flex flex-col min-h-0 min-w-0 grow",
        ),
        empty_panel("No topic is chosen", "Add a topic at the left to begin."),
    )


def _head() -> rx.Component:
    topic = TopicsState.chosen_topic
    return rx.el.div(
        rx.el.div(
            rx.cond(
                topic.above != "", rx.el.span(topic.above, class_name="text-ink-3 truncate shrink")
            ),
            rx.el.h3(topic.name, class_name=f"{CARD_TITLE} truncate"),
            icon_button(
                "pencil",
                "Edit " + topic.name,
                size="sm",
                on_click=TopicsState.open_form(EDIT),
                disabled=TopicsState.is_running,
            ),
            badge(topic.size, tone="ok", class_name="ml-auto"),
            class_name="flex items-center gap-2 min-w-0",
        ),
        rx.cond(topic.description != "", rx.el.p(topic.description, class_name="text-ink-2")),
        rx.el.p(
            rx.el.span(
                topic.target,
                rx.cond(topic.sure != "", " · " + topic.sure, ""),
                class_name=f"{WITNESS} mr-1.5",
            ),
            rx.foreach(topic.keywords, lambda word: badge(word)),
            rx.cond(
                has_items(topic.keywords),
                rx.fragment(),
                text_button(
                    "Add keywords",
                    on_click=TopicsState.open_form(EDIT),
                    disabled=TopicsState.is_running,
                    class_name="text-small",
                ),
            ),
            class_name="flex flex-wrap items-center gap-1.5 mt-1.5",
        ),
        class_name="px-3.5 pt-3 pb-3 border-b border-line",
    )


def _record(row: RecordRow) -> rx.Component:
    return rx.el.tr(
        cell(
            rx.el.button(
                row.title,
                type="button",
                title=row.title,
                on_click=ModalState.open_record("topic:" + TopicsState.chosen, row.id),
                class_name="block w-full truncate text-left cursor-pointer hover:underline"
                " underline-offset-[3px] max-wide:min-h-11",
            ),
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
        rx.cond(
            TopicsState.position != "",
            rx.el.span(f"{TopicsState.position} of {TopicsState.total}", class_name=WITNESS),
        ),
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
        class_name="flex items-center min-h-11 px-3.5 border-t border-line shrink-0",
    )
