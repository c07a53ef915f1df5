"""Form fields: a label above, the control, a hint or the error below."""

import reflex as rx

from rft_app.ui.components.icon import icon as draw_icon
from rft_app.ui.content import Content
from rft_app.ui.theme import INPUT, INPUT_ELEMENT, classes


def field(
    label: str | rx.Var[str],
    control: rx.Component,
    *,
    hint: Content = None,
    error: rx.Var[str] | str = "",
    html_for: str = "",
    class_name: str = "",
) -> rx.Component:
    """One field; an error takes the hint's place."""
    below = rx.fragment() if hint is None else rx.el.p(hint, class_name="text-small text-ink-3")
    return rx.el.div(
        rx.el.label(label, html_for=html_for, class_name="text-small font-medium text-ink-2"),
        control,
        rx.cond(error, rx.el.p(error, role="alert", class_name="text-small text-bad"), below),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-1.5 content-start min-w-0 max-w-full"
        f" {class_name}",
    )


def text_input(
    *, icon: str = "", suffix: Content = None, class_name: str = "", **props: Content
) -> rx.Component:
    """One line of text; `icon` stands left of it, `suffix` right."""
    return rx.el.div(
        draw_icon(icon, 14) if icon else rx.fragment(),
        rx.el.input(class_name=INPUT_ELEMENT, **props),
        suffix if suffix is not None else rx.fragment(),
        class_name=classes(INPUT, class_name),
    )


def number_field(
    label: str,
    *,
    id: str,  # the element's
    value: rx.Var[str] | str,
    on_commit: Content,
    hint: Content,
    unit: str = "",
) -> rx.Component:
    """A number that is taken when the field is left, so that nothing jumps while it is typed."""
    return field(
        label,
        text_input(
            id=id,
            default_value=value,
            key=value,
            on_blur=on_commit,
            input_mode="numeric",
            suffix=rx.el.span(unit, class_name="text-ink-3") if unit else None,
            class_name="!w-28",
        ),
        html_for=id,
        hint=hint,
    )


def text_area(*, rows: int = 3, class_name: str = "", **props: Content) -> rx.Component:
    """Several lines of text."""
    return rx.el.div(
        rx.el.textarea(
            class_name=f"{INPUT_ELEMENT} resize-y min-h-16 py-2", rows=str(rows), **props
        ),
        class_name=classes(INPUT, class_name),
    )


def select(*options: rx.Component, class_name: str = "", **props: Content) -> rx.Component:
    """A native select, so that phones show their own list; `options` are `rx.el.option`."""
    return rx.el.div(
        rx.el.select(
            *options,
            class_name=f"{INPUT_ELEMENT} appearance-none cursor-pointer py-1 truncate"
            " [&_:is(option,optgroup)]:bg-surface-3",
            **props,
        ),
        draw_icon("chevron-down", 14, "pointer-events-none"),
        class_name=classes(INPUT, class_name),
    )


def options(choices: Content) -> Content:
    """The lines of a `select`, from a var of `Choice`s."""
    return rx.foreach(choices, lambda one: rx.el.option(one.label, value=one.value))


def checkbox(label: Content, **props: Content) -> rx.Component:
    """A native check box with its words."""
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            class_name="w-4 h-4 shrink-0 accent-[var(--accent)] cursor-pointer",
            **props,
        ),
        rx.el.span(label),
        class_name="inline-flex items-center gap-2 cursor-pointer min-h-7 max-wide:min-h-11",
    )
