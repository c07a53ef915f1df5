"""Letters that do something in one dialog, beside those that work everywhere."""

import reflex as rx

_JSX = rx.asset("keys.jsx", shared=True)


class Keys(rx.Component):
    """Listens while its dialog is the one in front; draws nothing.

    Mark the rows of the list with `data-row`: the active one is kept in sight.
    """

    library = _JSX.importable_path
    tag = "Keys"

    letters: rx.Var[str]
    active: rx.Var[str]
    """The row that is open."""
    on_press: rx.EventHandler[rx.event.passthrough_event_spec(str)]


keys = Keys.create
