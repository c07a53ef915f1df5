"""Dialogs: one frame for step modals, sheets, confirmations and the palette."""

import reflex as rx

from rft_app.ui.components.button import icon_button
from rft_app.ui.content import Content
from rft_app.ui.theme import LABEL, PAGE_TITLE

_JSX = rx.asset("modal.jsx", shared=True)
_CSS = rx.asset("overlay.css", shared=True)


class Modal(rx.Component):
    """A dialog in front of the page: traps focus, closes on Esc and on a click beside it."""

    library = _JSX.importable_path
    tag = "Modal"

    is_open: rx.Var[bool]
    label: rx.Var[str]
    on_close: rx.EventHandler[rx.event.no_args_event_spec]
    on_escape: rx.EventHandler[rx.event.no_args_event_spec]
    """Of Esc, where that closes less than a click beside it does."""

    def add_imports(self) -> rx.ImportDict:
        """Bring the style sheet of floating things."""
        return {"": _CSS.importable_path}


WIDTHS = {
    "wide": "rft-dialog-wide",
    "list": "rft-dialog-list",
    "small": "rft-dialog-small",
    "sheet": "rft-dialog-sheet",
    "palette": "rft-dialog-palette",
}


def step_number(number: int | rx.Var[int]) -> rx.Component:
    """A step's number in its ring."""
    return rx.el.span(
        number,
        class_name="w-6 h-6 rounded-full inline-flex items-center justify-center shrink-0"
        " text-small font-semibold text-accent-text bg-accent-soft"
        " shadow-[inset_0_0_0_1px_var(--accent-line)]",
    )


def modal_header(
    title: str | rx.Var[str],
    *,
    on_close: Content,
    number: int | None = None,
    witness: Content = None,
    actions: rx.Component | None = None,
) -> rx.Component:
    """The 56 px header: step number, title, small print, actions, close."""
    return rx.el.header(
        step_number(number) if number is not None else rx.fragment(),
        rx.el.h2(title, class_name=f"{PAGE_TITLE} truncate"),
        rx.el.div(witness, class_name=f"{LABEL} truncate min-w-0 shrink-[999] max-wide:hidden")
        if witness is not None
        else rx.fragment(),
        rx.el.div(
            actions if actions is not None else rx.fragment(),
            icon_button("x", "Close", on_click=on_close),
            class_name="ml-auto flex items-center gap-2 shrink-0",
        ),
        class_name="flex items-center gap-2.5 h-14 shrink-0 pl-5 pr-3.5 border-b border-line"
        " max-wide:pl-4 max-wide:pr-2",
    )


def modal_footer(effect: Content, *buttons: rx.Component) -> rx.Component:
    """The 56 px footer: cost or effect at the left, buttons right, the primary one last."""
    return rx.el.footer(
        rx.el.div(effect, class_name="text-small text-ink-3 min-w-0 grow"),
        *buttons,
        class_name="flex items-center gap-2 min-h-14 shrink-0 pl-5 pr-3.5 py-2 border-t border-line"
        " bg-surface-1 max-wide:flex-wrap max-wide:px-4 max-wide:[&>button]:grow",
    )


def modal_body(*children: Content, class_name: str = "p-5 max-wide:p-4") -> rx.Component:
    """The part between header and footer; it scrolls, by keyboard too."""
    return rx.el.div(
        *children,
        tab_index=0,
        role="region",
        aria_label="Content",
        class_name="grow min-h-0 overflow-auto"
        f" focus-visible:shadow-[inset_0_0_0_2px_var(--accent-text)] {class_name}",
    )


def modal_frame(
    *parts: rx.Component,
    is_open: rx.Var[bool] | bool,
    on_close: Content,
    title: str | rx.Var[str],
    width: str = "wide",
    class_name: str | rx.Var[str] = "",
) -> rx.Component:
    """A dialog.

    Args:
        *parts: `modal_header`, `modal_body` and, where there is something to do, `modal_footer`.
        is_open: Whether it shows; its parts are only mounted while it does.
        on_close: Event for Esc and a click beside it.
        title: Its name for screen readers.
        width: `wide` (1200), `list` (1320), `small` (440) or `sheet` (from the right).
        class_name: More classes of the panel.
    """
    return Modal.create(
        *parts,
        is_open=is_open,
        on_close=on_close,
        label=title,
        class_name=f"{WIDTHS[width]} {class_name}",
    )
