"""Tabs and segmented controls: choose one of a few."""

import reflex as rx

from rft_app.ui.content import Content
from rft_app.ui.theme import SEGMENT, SEGMENTED, TAB

_JSX = rx.asset("roving.jsx", shared=True)


class Roving(rx.Component):
    """A group in which Tab stops once and the arrow keys choose."""

    library = _JSX.importable_path
    tag = "Roving"

    role: rx.Var[str]
    label: rx.Var[str]


def segment(
    words: Content,
    *,
    is_on: rx.Var[bool] | bool,
    count: Content = None,
    **props: Content,
) -> rx.Component:
    """One choice of a segmented control, with what it counts."""
    number = _number(count, "text-ink-3 font-normal tabular-nums")
    return rx.el.button(
        words, number, type="button", role="radio", aria_checked=is_on, class_name=SEGMENT, **props
    )


def segmented(*segments: Content, label: str, class_name: str = "") -> rx.Component:
    """A row of segments, one on."""
    return Roving.create(
        *segments, role="radiogroup", label=label, class_name=f"{SEGMENTED} {class_name}"
    )


def tab(
    words: Content, *, is_on: rx.Var[bool] | bool, count: Content = None, **props: Content
) -> rx.Component:
    """One tab, with what it counts."""
    number = _number(count, "text-small text-ink-3 tabular-nums")
    return rx.el.button(
        words, number, type="button", role="tab", aria_selected=is_on, class_name=TAB, **props
    )


def _number(count: Content, class_name: str) -> rx.Component:
    return rx.fragment() if count is None else rx.el.span(count, class_name=class_name)


def tabs(*members: Content, label: str, class_name: str = "") -> rx.Component:
    """A row of tabs above what they show."""
    return Roving.create(
        *members,
        role="tablist",
        label=label,
        class_name=f"flex gap-5 border-b border-line {class_name}",
    )
