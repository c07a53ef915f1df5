"""Fields that the forms of several grader kinds share."""

import reflex as rx

from rft_app.ui.components.field import checkbox, text_input
from rft_app.ui.components.icon import icon
from rft_app.ui.content import Content
from rft_app.ui.state.grader import GraderState

WEIGHT_HINT = "How much it counts beside other graders; no grade depends on it."
_LABEL = "text-small font-medium text-ink-2 whitespace-nowrap"


def fault_line(praise: str) -> rx.Component:
    """What is wrong with the form, below the text; `praise` where nothing is."""
    return rx.el.div(
        rx.cond(
            GraderState.fault_message != "",
            rx.fragment(
                icon("octagon-x", 14, "text-bad mt-0.5"),
                rx.el.span(
                    GraderState.fault_message, class_name="text-ink-2 [overflow-wrap:anywhere]"
                ),
            ),
            rx.fragment(
                icon("circle-check", 14, "text-ok mt-0.5"),
                rx.el.span(praise, class_name="text-ink-3"),
                rx.el.span(
                    "Esc leaves the editor", class_name="ml-auto text-ink-3 max-wide:hidden"
                ),
            ),
        ),
        role="status",
        class_name="flex gap-2 px-3 py-2 text-small border-t border-line shrink-0",
    )


def number_input(label: str, name: str, **props: Content) -> rx.Component:
    """A number of the form with its label beside it; `name` is its field in the draft."""
    return rx.el.div(
        rx.el.label(label, html_for=f"grader-{name}", class_name=_LABEL),
        number_control(name, class_name="!w-24", **props),
        class_name="flex items-center gap-2 min-w-0",
    )


def check_control(label: str, name: str) -> rx.Component:
    """A box to tick; the draft holds `true` or `false`."""
    is_on = getattr(GraderState.draft, name) == "true"
    return checkbox(
        label,
        checked=is_on,
        on_change=GraderState.edit(name, rx.cond(is_on, "false", "true")),
    )


def number_control(name: str, *, suffix: str = "", **props: Content) -> rx.Component:
    """The control of such a number alone."""
    return text_input(
        id=f"grader-{name}",
        value=getattr(GraderState.draft, name),
        on_change=GraderState.edit(name),
        input_mode="decimal",
        aria_invalid=rx.cond(GraderState.fault_field == name, "true", "false"),
        suffix=rx.el.span(suffix, class_name="text-small text-ink-3") if suffix else None,
        **props,
    )
