"""A check box without words, for rows and the head of a list."""

import reflex as rx

from rft_app.ui.content import Content

_BOX = (
    "appearance-none relative w-4 h-4 m-0 shrink-0 rounded-badge border border-ink-3 bg-inset"
    " cursor-pointer after:absolute after:hidden"
    " checked:bg-accent checked:border-accent checked:after:block checked:after:left-[4.5px]"
    " checked:after:top-[1px] checked:after:w-[5px] checked:after:h-[9px] checked:after:rotate-45"
    " checked:after:border-r-2 checked:after:border-b-2 checked:after:border-on-accent"
    " aria-[checked=mixed]:bg-accent aria-[checked=mixed]:border-accent"
    " aria-[checked=mixed]:after:block aria-[checked=mixed]:after:left-[3px]"
    " aria-[checked=mixed]:after:top-[6px] aria-[checked=mixed]:after:w-2"
    " aria-[checked=mixed]:after:h-0.5 aria-[checked=mixed]:after:bg-on-accent"
    " disabled:opacity-45 disabled:cursor-not-allowed"
)


def check_box(
    *, checked: Content, is_mixed: rx.Var[bool] | bool = False, **props: Content
) -> rx.Component:
    """A box; `is_mixed` where it stands for several and only some are on.

    Args:
        checked: Whether it is on.
        is_mixed: Drawn as a dash, whatever `checked` says.
        **props: `on_change`, and `aria_label` where no words stand around it.
    """
    mixed = rx.cond(is_mixed, "mixed", rx.Var("undefined"))
    attributes = {"aria-checked": mixed, **props.pop("custom_attrs", {})}
    return rx.el.input(
        type="checkbox",
        checked=rx.cond(is_mixed, False, checked),
        custom_attrs=attributes,
        class_name=_BOX,
        **props,
    )
