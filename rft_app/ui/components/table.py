"""Tables: thin rows, numbers to the right, nothing striped."""

import reflex as rx

from rft_app.ui.content import Content
from rft_app.ui.theme import TABLE, TABLE_CELL, TABLE_HEAD, classes

_EDGES = "first:pl-3.5 last:pr-3.5"
_NUMBER = "text-right tabular-nums"
ROW = "hover:bg-hover [&:last-child>td]:border-b-0"


def head(words: Content = "", *, is_number: bool = False, class_name: str = "") -> rx.Component:
    """The name of a column."""
    side = "text-right" if is_number else "text-left"
    return rx.el.th(
        words,
        scope="col",
        class_name=classes(TABLE_HEAD, _EDGES, side, "whitespace-nowrap", class_name),
    )


def cell(
    *children: Content,
    is_number: bool = False,
    class_name: str = "",
    **props: Content,
) -> rx.Component:
    """One cell; numbers stand at the right with digits of equal width."""
    return rx.el.td(
        *children,
        class_name=classes(TABLE_CELL, _EDGES, _NUMBER if is_number else "", class_name),
        **props,
    )


def table(*heads: rx.Component, rows: Content, label: str | rx.Var[str]) -> rx.Component:
    """A table; `rows` are `rx.el.tr` of `cell`, or a `foreach` of them."""
    return rx.el.table(
        rx.el.thead(rx.el.tr(*heads)), rx.el.tbody(rows), aria_label=label, class_name=TABLE
    )
