"""Asks for a dataset's name before it is deleted."""

import reflex as rx

from rft_app.ui.components.button import button
from rft_app.ui.components.confirm import confirm_dialog
from rft_app.ui.components.field import field, text_input
from rft_app.ui.state.deleting import Deleting


def delete_dialog(state: type[Deleting]) -> rx.Component:
    """The confirm dialog."""
    return confirm_dialog(
        rx.el.p(
            "Its traces, ",
            state.doomed_words,
            ", topics, grader versions, dry runs, snapshots and exports are deleted for good."
            " Files you downloaded stay.",
        ),
        field(
            "Type the dataset's name to confirm",
            text_input(
                id="typed-name",
                placeholder=state.doomed_name,
                value=state.typed_name,
                on_change=state.set_typed_name,
                auto_complete="off",
                custom_attrs={"data-autofocus": ""},
            ),
            html_for="typed-name",
            error=state.delete_error,
        ),
        is_open=state.doomed_id != "",
        title=f"Delete {state.doomed_name}?",
        confirm=button(
            rx.cond(state.is_deleting, "Deleting", "Delete dataset"),
            variant="destroy",
            on_click=state.delete,
            disabled=~state.can_delete,
        ),
        on_cancel=state.keep,
    )
