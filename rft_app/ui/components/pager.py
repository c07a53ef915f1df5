"""The buttons that turn the pages of a list."""

import reflex as rx

from rft_app.ui.components.button import icon_button
from rft_app.ui.content import Content


def pager(state: Content, *before: Content) -> rx.Component:
    """Back and forward; `state` pages by `Paging`, `before` stands left of the buttons."""
    return rx.el.div(
        *before,
        icon_button(
            "chevron-left",
            "Previous page",
            size="sm",
            variant="default",
            on_click=state.previous_page,
            disabled=~state.has_previous,
        ),
        icon_button(
            "chevron-right",
            "Next page",
            size="sm",
            variant="default",
            on_click=state.next_page,
            disabled=~state.has_next,
        ),
        class_name="ml-auto flex items-center gap-1",
    )
