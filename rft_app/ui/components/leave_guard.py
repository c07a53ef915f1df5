"""Asks before a page with something unsaved is left."""

import reflex as rx

_JSX = rx.asset("leave_guard.jsx", shared=True)


class LeaveGuard(rx.Component):
    """Holds back the way to another page until its dialog was answered."""

    library = _JSX.importable_path
    tag = "LeaveGuard"

    is_on: rx.Var[bool]
    answer: rx.Var[str]
    """Empty, `leave` or `stay`."""
    on_ask: rx.EventHandler[rx.event.no_args_event_spec]
    on_stayed: rx.EventHandler[rx.event.no_args_event_spec]
    """The visitor stays: the answer can be forgotten."""


leave_guard = LeaveGuard.create
