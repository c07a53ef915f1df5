"""The one confirm dialog: the title repeats verb and count, the body names what stays."""

import reflex as rx

from rft_app.ui.components.button import button
from rft_app.ui.components.modal import Modal
from rft_app.ui.content import Content
from rft_app.ui.theme import PAGE_TITLE


def confirm_dialog(
    *body: Content,
    is_open: rx.Var[bool] | bool,
    title: str | rx.Var[str],
    confirm: rx.Component,
    on_cancel: Content,
) -> rx.Component:
    """Ask before an effect that is easily not meant.

    Args:
        *body: What happens and what stays; may hold a field to type into.
        is_open: Whether it shows.
        title: The question, with the verb and the count.
        confirm: The button; it repeats the title's verb. Its variant is `destroy` only where
            something is lost for good.
        on_cancel: Event of Cancel, Esc and the scrim.
    """
    return Modal.create(
        rx.el.div(
            rx.el.h2(title, class_name=PAGE_TITLE),
            rx.el.div(*body, class_name="mt-2 text-ink-2 grid gap-3 [overflow-wrap:anywhere]"),
            class_name="p-5 overflow-auto",
        ),
        rx.el.footer(
            button("Cancel", on_click=on_cancel),
            confirm,
            class_name="flex justify-end gap-2 px-5 pb-5",
        ),
        is_open=is_open,
        on_close=on_cancel,
        label=title,
        class_name="rft-dialog-small",
    )
