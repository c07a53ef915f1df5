"""The command palette: go somewhere or do something by typing."""

import reflex as rx

from rft_app.ui.components.modal import Modal
from rft_app.ui.state.shell import ShellState


def palette() -> rx.Component:
    """Opens with Ctrl K or ⌘K."""
    return Modal.create(
        rx.el.p("New dataset"),
        is_open=ShellState.is_palette_open,
        on_close=ShellState.close_palette,
        label="Commands",
        class_name="rft-dialog-palette",
    )
