"""A list without an end: scrolling turns its pages."""

import reflex as rx

from rft_app.ui.content import Content

_JSX = rx.asset("endless.jsx", shared=True)


class Endless(rx.Component):
    """The box that scrolls; rows in it carry `data-key`."""

    library = _JSX.importable_path
    tag = "Endless"

    part: rx.Var[str]
    """Names the rows that are there; another name means others."""
    has_more: rx.Var[bool]
    has_less: rx.Var[bool]
    on_more: rx.EventHandler[rx.event.no_args_event_spec]
    on_less: rx.EventHandler[rx.event.no_args_event_spec]


def endless(state: Content, part: Content, *children: Content, class_name: str) -> rx.Component:
    """Rows of a list that pages by `Paging`; the next ones come as the visitor nears an end."""
    return Endless.create(
        *children,
        part=part,
        has_more=state.has_next,
        has_less=state.has_previous,
        on_more=state.next_page,
        on_less=state.previous_page,
        class_name=class_name,
    )
