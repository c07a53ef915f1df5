"""The command palette: go to a dataset or do something by typing."""

import reflex as rx

from rft_app.ui.components.modal import Modal
from rft_app.ui.state.shell import Command, ShellState

_JSX = rx.asset("palette.jsx", shared=True)


class Palette(rx.Component):
    """The box and the list below it."""

    library = _JSX.importable_path
    tag = "Palette"

    commands: rx.Var[list[Command]]
    input_class: rx.Var[str]
    item_class: rx.Var[str]
    on_done: rx.EventHandler[rx.event.no_args_event_spec]
    on_search: rx.EventHandler[rx.event.passthrough_event_spec(str)]


def palette() -> rx.Component:
    """Opens with Ctrl K or ⌘K."""
    return Modal.create(
        Palette.create(
            commands=ShellState.commands,
            on_done=ShellState.close_palette,
            on_search=ShellState.search_commands,
            input_class="h-12 shrink-0 px-4 bg-transparent text-title text-ink outline-none"
            " focus-visible:shadow-none max-wide:text-[16px]",
            item_class="flex items-center gap-3 h-9 px-2.5 rounded-control cursor-pointer"
            " aria-selected:bg-press max-wide:h-11",
        ),
        is_open=ShellState.is_palette_open,
        on_close=ShellState.close_palette,
        label="Commands",
        class_name="rft-dialog-palette",
    )
