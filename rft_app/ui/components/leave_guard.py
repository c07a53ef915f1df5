"""Asks before a page with something unsaved is left."""

from collections.abc import Sequence

import reflex as rx

from rft_app.ui.components.button import button
from rft_app.ui.components.confirm import confirm_dialog
from rft_app.ui.state.leaving import Leaving

_JSX = rx.asset("leave_guard.jsx", shared=True)


class LeaveGuard(rx.Component):
    """Holds back the way to another page until its dialog was answered."""

    library = _JSX.importable_path
    tag = "LeaveGuard"

    is_on: rx.Var[bool]
    answer: rx.Var[str]
    """Empty, `leave` or `stay`."""
    kept_at: rx.Var[list[str]]
    """Paths of other pages that hold what is unsaved, too."""
    on_ask: rx.EventHandler[rx.event.no_args_event_spec]
    on_stayed: rx.EventHandler[rx.event.no_args_event_spec]
    """The visitor stays: the answer can be forgotten."""


def leave_guard(
    state: type[Leaving],
    words: str,
    *,
    is_on: rx.Var[bool] | bool,
    kept_at: Sequence[rx.Var[str] | str] = (),
) -> rx.Component:
    """Ask before the way to another page, and let the browser ask before the tab closes.

    Args:
        state: Keeps the question and its answer.
        words: What is not saved and what becomes of it.
        is_on: Whether there is something to lose.
        kept_at: Paths of other pages on which nothing of it is lost.
    """
    return rx.fragment(
        LeaveGuard.create(
            is_on=is_on,
            answer=state.leave_answer,
            kept_at=list(kept_at),
            on_ask=state.ask_leave,
            on_stayed=state.forget_answer,
        ),
        confirm_dialog(
            rx.el.p(words),
            is_open=state.is_asking_leave & is_on,
            title="Leave without saving?",
            confirm=button("Leave without saving", on_click=state.leave_page),
            on_cancel=state.stay_on_page,
        ),
    )
