"""The review queue: unsure records with their best topics, decided by keys or clicks."""

import reflex as rx

from rft_app.ui.components.badge import badge, key_hint
from rft_app.ui.components.button import button, text_button
from rft_app.ui.components.empty_state import empty_panel
from rft_app.ui.components.notice import notice
from rft_app.ui.components.topic_tree import review_keys
from rft_app.ui.content import has_items
from rft_app.ui.state.modal import ModalState
from rft_app.ui.state.topic_reviewing import ReviewCard, ReviewChoice
from rft_app.ui.state.topics import TopicsState
from rft_app.ui.theme import SECTION_TITLE, WITNESS

_CARD = "rounded-card border p-3 grid gap-2.5"
_CHOICE = (
    "flex items-center gap-2 w-full min-h-7 px-2 rounded-control border text-left text-small"
    " cursor-pointer transition-colors duration-fast max-wide:min-h-11"
    " disabled:opacity-45 disabled:cursor-not-allowed"
)


def review_panel() -> rx.Component:
    """The queue with its keys."""
    return rx.el.section(
        review_keys(
            on_number=TopicsState.decide, on_skip=TopicsState.skip, on_undo=TopicsState.take_back
        ),
        rx.el.div(
            rx.el.h3("Review queue", class_name=SECTION_TITLE),
            rx.cond(TopicsState.has_unsure, badge(f"{TopicsState.num_left} left", tone="warn")),
            rx.el.span("sure below 0.70", class_name=f"{WITNESS} ml-auto"),
            class_name="flex items-center gap-2 px-4 pt-3.5 pb-2.5",
        ),
        rx.el.div(
            rx.cond(TopicsState.review_fault != "", notice(TopicsState.review_fault, tone="bad")),
            rx.foreach(TopicsState.review, _card),
            rx.cond(has_items(TopicsState.review), rx.fragment(), _nothing()),
            tab_index=0,
            role="region",
            aria_label="Records to review",
            class_name="grow min-h-0 overflow-auto px-3 pb-3 grid gap-2.5 content-start",
        ),
        _foot(),
        aria_label="Review queue",
        class_name="flex flex-col min-h-0 grow",
    )


def _nothing() -> rx.Component:
    return rx.cond(
        TopicsState.num_skipped != "",
        empty_panel(
            f"{TopicsState.num_skipped} skipped",
            "All others are decided.",
            button("Look at the skipped ones", size="sm", on_click=TopicsState.review_again),
        ),
        empty_panel(
            "Nothing to review",
            "Every record in a topic is at least 70% sure of it, or a person decided.",
        ),
    )


def _card(card: rx.vars.ObjectVar[ReviewCard], index: rx.Var[int]) -> rx.Component:
    is_first = index == 0
    return rx.el.article(
        rx.el.p(
            "“",
            card.title,
            "”",
            title=card.title,
            class_name="line-clamp-3 [overflow-wrap:anywhere]",
        ),
        rx.el.div(
            rx.foreach(card.choices, lambda choice: _choice(choice, card, is_first)),
            class_name="grid gap-1.5",
        ),
        rx.cond(
            is_first,
            rx.el.div(
                text_button(
                    "Skip", on_click=TopicsState.skip, class_name="text-small max-wide:min-h-9"
                ),
                text_button(
                    "Open the record",
                    on_click=ModalState.open_record(f"topic:{card.topic}", card.id),
                    class_name="text-small ml-auto max-wide:min-h-9",
                ),
                class_name="flex items-center",
            ),
        ),
        key=card.id,
        aria_label="Record to decide now",
        class_name=rx.cond(
            is_first,
            f"{_CARD} border-line-strong bg-surface-1",
            f"{_CARD} border-line text-ink-2",
        ),
    )


def _choice(
    choice: rx.vars.ObjectVar[ReviewChoice],
    card: rx.vars.ObjectVar[ReviewCard],
    is_first: rx.Var[bool],
) -> rx.Component:
    return rx.el.button(
        rx.cond(is_first, key_hint(f"{choice.number}")),
        rx.el.span(choice.name, class_name="truncate"),
        rx.el.span(choice.sure, class_name="ml-auto text-ink-3 tabular-nums"),
        type="button",
        title=f"{choice.name}: {choice.sure} of 1 sure. Each topic is judged by itself.",
        on_click=TopicsState.decide_on(card.id, choice.key),
        class_name=rx.cond(
            is_first & (choice.number == "1"),
            f"{_CHOICE} border-accent-line bg-accent-soft hover:border-accent-text",
            f"{_CHOICE} border-line-strong bg-surface-2 hover:bg-surface-3",
        ),
    )


def _foot() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            key_hint("1"),
            key_hint("2"),
            key_hint("3"),
            rx.el.span("choose"),
            key_hint("S"),
            rx.el.span("skip"),
            key_hint("U"),
            rx.el.span("undo"),
            class_name="flex items-center gap-1.5 max-wide:hidden",
        ),
        rx.el.span(TopicsState.said, role="status", class_name="truncate min-w-0 ml-auto"),
        rx.cond(
            TopicsState.can_take_back,
            text_button("Undo", on_click=TopicsState.take_back, class_name="text-small shrink-0"),
        ),
        class_name="flex items-center gap-2 min-h-11 px-4 border-t border-line text-small"
        " text-ink-3 shrink-0",
    )
