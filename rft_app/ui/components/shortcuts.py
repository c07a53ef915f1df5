"""Keys that work everywhere."""

import reflex as rx

_JSX = rx.asset("shortcuts.jsx", shared=True)


class Shortcuts(rx.Component):
    """Listens for `/`, J, K, arrows and Ctrl K or ⌘K; draws nothing.

    Mark a search box with `data-search` and the members of a list with `data-item`.
    """

    library = _JSX.importable_path
    tag = "Shortcuts"

    on_palette: rx.EventHandler[rx.event.no_args_event_spec]


shortcuts = Shortcuts.create
