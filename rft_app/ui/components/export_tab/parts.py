"""Pieces of the three steps of an export."""

import reflex as rx

from rft_app.ui.components.button import button
from rft_app.ui.components.field import options, select
from rft_app.ui.components.notice import notice
from rft_app.ui.content import Content
from rft_app.ui.theme import SECTION_TITLE


def step_title(number: str, words: str, *more: Content) -> rx.Component:
    """The number and name of one of the steps, with what stands at the right of it."""
    return rx.el.div(
        rx.el.span(
            number,
            aria_hidden="true",
            class_name="w-6 h-6 rounded-full inline-flex items-center justify-center shrink-0"
            " text-small font-semibold text-accent-text bg-accent-soft"
            " shadow-[inset_0_0_0_1px_var(--accent-line)]",
        ),
        rx.el.h2(words, class_name=SECTION_TITLE),
        *more,
        class_name="flex flex-wrap items-center gap-2 min-h-8 mb-2",
    )


def dataset_menu(choices: Content, value: Content, on_change: Content) -> rx.Component:
    """The menu of all datasets."""
    return select(
        rx.el.option("Choose a dataset", value="", disabled=True),
        options(choices),
        value=value,
        on_change=on_change,
        aria_label="Dataset",
        class_name="wide:!min-h-9 font-medium",
    )


def unreadable(fault: Content, on_retry: rx.event.EventType) -> rx.Component:
    """Why there are no datasets to show."""
    return notice(
        "The datasets could not be read.",
        fault,
        tone="bad",
        action=button("Try again", size="sm", icon="refresh-cw", on_click=on_retry),
    )


def fact(name: str, value: Content, witness: Content = None) -> rx.Component:
    """One line of a description list; nothing where there is no value."""
    return rx.fragment(
        rx.el.dt(name, class_name="text-ink-3"),
        rx.el.dd(
            value,
            rx.fragment() if witness is None else rx.el.span(witness, class_name="text-ink-3 ml-2"),
            class_name="m-0 [overflow-wrap:anywhere]",
        ),
    )


def until_chosen(is_chosen: rx.Var[bool] | bool, *content: rx.Component) -> rx.Component:
    """Content that is dimmed and cannot be used before something else is chosen."""
    return rx.el.div(
        *content,
        custom_attrs={"inert": rx.cond(is_chosen, False, True)},
        class_name=rx.cond(is_chosen, "", "opacity-45"),
    )


DETAILS = "border-t border-line mt-1 pt-1"
"""A disclosure below visible options."""
