"""The record that a person is asked about: its conversation, the editor, two answers to compare."""

import reflex as rx

from rft_app.ui.components.badge import badge, key_hint
from rft_app.ui.components.button import button
from rft_app.ui.components.conversation import conversation
from rft_app.ui.components.field import select
from rft_app.ui.components.icon import icon
from rft_app.ui.content import Content, has_items
from rft_app.ui.state.feedback import COMPARE, EDIT, FeedbackState
from rft_app.ui.state.feedback_view import AnswerView
from rft_app.ui.theme import CARD, INPUT, INPUT_ELEMENT, SECTION_TITLE, WITNESS

_ITEM = FeedbackState.item
_TEXT = f"{INPUT_ELEMENT} resize-y min-h-40 py-2"


def record_card() -> rx.Component:
    """The record in full; it opens at its answer, on a phone at its beginning."""
    return rx.el.article(
        rx.el.div(custom_attrs={"data-row": _ITEM.id}, class_name="wide:hidden scroll-mt-16"),
        _head(),
        rx.el.div(
            conversation(_ITEM.context),
            rx.match(FeedbackState.mode, (EDIT, _editor()), (COMPARE, _comparison()), _recorded()),
            tab_index=0,
            role="region",
            aria_label="Conversation",
            key=_ITEM.id,
            class_name="px-4 grow min-h-0 wide:overflow-auto rounded-b-card"
            " focus-visible:shadow-[inset_0_0_0_2px_var(--accent-text)]",
        ),
        aria_label="The record",
        class_name=f"{CARD} flex flex-col wide:max-h-[calc(100dvh-174px)]",
    )


def _head() -> rx.Component:
    return rx.el.header(
        rx.el.div(
            rx.el.h2(_ITEM.title, title=_ITEM.title, class_name=f"{SECTION_TITLE} truncate"),
            rx.cond(
                _ITEM.topic != "",
                badge(_ITEM.topic, title=_ITEM.topic_path, class_name="ml-auto"),
            ),
            class_name="flex items-center gap-2 min-w-0",
        ),
        rx.el.p(
            rx.el.span(_ITEM.id, class_name="font-mono"),
            f" · {_ITEM.source}",
            rx.cond(
                _ITEM.came != "",
                rx.fragment(" · came with ", rx.el.span(_ITEM.came, class_name="text-ink-2")),
            ),
            class_name=f"{WITNESS} truncate",
        ),
        class_name="grid gap-0.5 px-4 py-2.5 border-b border-line shrink-0",
    )


def _recorded() -> rx.Component:
    return rx.cond(
        has_items(_ITEM.recorded),
        rx.el.div(
            conversation(_ITEM.recorded),
            rx.el.div(custom_attrs={"data-row": _ITEM.id}, class_name="max-wide:hidden"),
            class_name="-mx-4 px-4 border-t border-line bg-surface-2",
        ),
        rx.el.p("No answer was recorded.", class_name=f"{WITNESS} py-2.5 border-t border-line"),
    )


def _editor() -> rx.Component:
    return rx.el.form(
        rx.el.label(
            rx.cond(
                _ITEM.is_json, "The right answer, as JSON, since it calls tools", "The right answer"
            ),
            html_for="answer",
            class_name="text-small font-medium text-ink-2",
        ),
        rx.el.div(
            rx.el.textarea(
                id="answer",
                name="answer",
                default_value=_ITEM.editable,
                rows="10",
                auto_focus=True,
                class_name=rx.cond(_ITEM.is_json, f"{_TEXT} font-mono", _TEXT),
            ),
            class_name=INPUT,
        ),
        rx.cond(
            FeedbackState.mode_fault != "",
            rx.el.p(FeedbackState.mode_fault, role="alert", class_name="text-small text-bad"),
            rx.el.p(
                "It becomes the record in the place of this one, which stays as its original.",
                class_name=WITNESS,
            ),
        ),
        rx.el.div(
            button("Discard", key_hint("Esc"), on_click=FeedbackState.close_mode),
            button(
                "Save the correction",
                rx.el.span("Ctrl ↵", class_name="opacity-70 text-small max-wide:hidden"),
                variant="primary",
                type="submit",
            ),
            class_name="flex justify-end gap-2",
        ),
        on_submit=FeedbackState.save_correction,
        class_name="grid gap-2 py-3 border-t border-line",
    )


def _comparison() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h3("Which answer is better?", class_name=SECTION_TITLE),
            button(
                "Close",
                key_hint("Esc"),
                size="sm",
                variant="ghost",
                on_click=FeedbackState.close_mode,
                class_name="ml-auto",
            ),
            class_name="flex items-center gap-2",
        ),
        rx.el.div(
            _side(1, FeedbackState.left),
            _side(2, FeedbackState.right),
            class_name="grid grid-cols-2 gap-3 max-wide:grid-cols-1",
        ),
        aria_label="Two answers",
        custom_attrs={"data-row": COMPARE},
        class_name="-mx-4 grid gap-3 px-4 py-3 border-t border-line bg-surface-2",
    )


def _side(number: int, answer: AnswerView) -> rx.Component:
    is_chosen = (_ITEM.chosen == answer.id) & (answer.id != "")
    return rx.el.div(
        rx.el.div(
            rx.cond(
                _ITEM.has_many,
                select(
                    rx.foreach(_ITEM.answers, _answer_option),
                    value=answer.id,
                    on_change=lambda id_: FeedbackState.show_answer(number, id_),
                    aria_label=f"Answer {number}",
                    class_name="grow",
                ),
                rx.el.b(answer.title, class_name="font-semibold truncate"),
            ),
            rx.cond(answer.reward != "", rx.el.span(answer.reward, class_name=WITNESS)),
            rx.cond(is_chosen, icon("check", 15, "text-ok")),
            class_name="flex items-center gap-2 min-h-8",
        ),
        rx.el.div(
            conversation(answer.messages),
            tab_index=0,
            role="region",
            aria_label=f"Text of answer {number}",
            class_name="max-h-[420px] overflow-auto",
        ),
        button(
            "This one is better",
            key_hint(str(number)),
            on_click=FeedbackState.prefer(number),
            disabled=FeedbackState.left.id == FeedbackState.right.id,
            class_name="mt-auto",
        ),
        class_name="flex flex-col gap-2 min-w-0 p-3 rounded-card border border-line bg-surface-1",
    )


def _answer_option(answer: rx.vars.ObjectVar[AnswerView]) -> Content:
    return rx.el.option(answer.title, value=answer.id)
