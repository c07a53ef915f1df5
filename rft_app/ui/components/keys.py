"""Letters that do something in one dialog or on one page, beside those that work everywhere."""

import reflex as rx

_JSX = rx.asset("keys.jsx", shared=True)


class Keys(rx.Component):
    """Listens while its dialog, or its page, is the one in front; draws nothing.

    In a form, Ctrl Enter sends it.  Mark the rows of the list with `data-row`: the active one is
    kept in sight.
    """

    library = _JSX.importable_path
    tag = "Keys"

    letters: rx.Var[str]
    active: rx.Var[str]
    """The row that is open."""
    on_press: rx.EventHandler[rx.event.passthrough_event_spec(str)]
    on_escape: rx.EventHandler[rx.event.no_args_event_spec]
    """Of Esc, also while typing; for pages only, a dialog closes on it."""


keys = Keys.create
