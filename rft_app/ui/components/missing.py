"""What a page shows whose dataset is not there."""

import reflex as rx

from rft_app.ui.components.button import button_link
from rft_app.ui.components.empty_state import empty_state


def missing() -> rx.Component:
    """Instead of a page about a dataset that was deleted or never there."""
    return rx.el.main(
        empty_state(
            "This dataset is not there",
            "It was deleted, or the address is wrong. The other datasets are untouched.",
            button_link("All datasets", href="/optimization", variant="primary", size="lg"),
            icon_name="search-x",
            tone="bad",
        ),
        class_name="grow flex items-center justify-center",
    )
