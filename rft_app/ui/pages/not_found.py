"""Addresses that lead nowhere, and the root, which leads to the datasets."""

import reflex as rx

from rft_app.ui.components.button import button_link
from rft_app.ui.components.empty_state import empty_state
from rft_app.ui.components.fonts import fonts
from rft_app.ui.components.shell import crumbs, page_body, shell


def not_found_page() -> rx.Component:
    """No page has this address."""
    return shell(
        page_body(
            empty_state(
                "There is no page here",
                "The address is wrong, or belongs to a part that this version does not have.",
                button_link("All datasets", href="/optimization", variant="primary", size="lg"),
                icon_name="search-x",
                tone="bad",
            )
        ),
        place=crumbs(("Datasets", "/optimization"), current="Not found"),
    )


def root_page() -> rx.Component:
    """Empty: its `on_load` goes to the datasets."""
    return rx.el.main(fonts(), aria_label="Loading")
