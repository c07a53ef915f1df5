"""Filters of a list: a menu with its name in it, a range of numbers, and one of days."""

import reflex as rx

from rft_app.ui.components.icon import icon
from rft_app.ui.content import Content
from rft_app.ui.theme import INPUT, classes


def filter_menu(
    label: str, value: Content, on_change: Content, *options: Content, class_name: str = ""
) -> rx.Component:
    """A native select that says what it filters by; `options` are `rx.el.option`."""
    return rx.el.label(
        rx.el.span(label, class_name="text-ink-3 shrink-0"),
        rx.el.select(
            *options,
            value=value,
            on_change=on_change,
            class_name="bg-transparent border-0 p-0 outline-none appearance-none font-medium"
            " text-ink min-w-0 max-w-[160px] truncate cursor-pointer [field-sizing:content]"
            " focus-visible:shadow-none [&>option]:bg-surface-3 [&>option]:text-ink"
            " max-wide:text-[16px]",
        ),
        icon("chevron-down", 13, "pointer-events-none ml-auto"),
        class_name=classes(INPUT, "!w-auto !bg-surface-2 cursor-pointer", class_name),
    )


def filter_range(
    label: str,
    lowest: tuple[Content, Content, rx.Var[str]],
    highest: tuple[Content, Content, rx.Var[str]],
    *,
    key: Content,
    class_name: str = "",
) -> rx.Component:
    """Two ends between 0 and 1.

    Args:
        label: What is between them.
        lowest: Value, event and fault of the lower end.
        highest: Of the upper end.
        key: Another key gives the boxes a new start.
        class_name: Layout only.
    """
    fault = rx.cond(lowest[2] != "", lowest[2], highest[2])
    return rx.el.div(
        rx.el.div(
            rx.el.span(label, class_name="text-ink-3"),
            _end(f"Lowest {label.lower()}", "0", lowest, key),
            rx.el.span("–", class_name="text-ink-3"),
            _end(f"Highest {label.lower()}", "1", highest, key),
            class_name=classes(INPUT, "!w-auto !gap-1.5", class_name),
        ),
        rx.cond(
            fault != "",
            rx.el.p(fault, role="alert", class_name="text-small text-bad truncate max-w-[260px]"),
        ),
        class_name="flex items-center gap-2 max-wide:grid max-wide:gap-1.5",
    )


def filter_days(
    first: tuple[Content, Content],
    last: tuple[Content, Content],
    fault: Content,
    *,
    key: Content,
    class_name: str = "",
) -> rx.Component:
    """Two days, either of which may be empty; they are days of UTC.

    Args:
        first: Value and event of the first day.
        last: Of the last one, which belongs to the range.
        fault: What is wrong with them; empty where nothing is.
        key: Another key gives the fields a new start.
        class_name: Layout only.
    """
    return rx.el.div(
        rx.el.div(
            _day("First day", *first, key),
            rx.el.span("–", class_name="text-ink-3"),
            _day("Last day", *last, key),
            rx.el.span("UTC", class_name="text-ink-3 max-wide:hidden"),
            class_name=classes(INPUT, "!w-auto !gap-1.5 !bg-surface-2", class_name),
        ),
        rx.cond(fault != "", rx.el.p(fault, role="alert", class_name="text-small text-bad")),
        class_name="flex items-center gap-2 max-wide:grid max-wide:gap-1.5 max-wide:basis-full"
        " max-wide:order-1",
    )


def _day(label: str, value: Content, on_change: Content, key: Content) -> rx.Component:
    return rx.el.input(
        type="date",
        aria_label=label,
        default_value=value,
        on_change=on_change,
        key=f"{label}-{key}",
        class_name="bg-transparent border-0 p-0 outline-none text-ink tabular-nums min-w-0"
        " focus-visible:shadow-none max-wide:text-[16px] max-wide:grow",
    )


def _end(
    label: str, hint: str, end: tuple[Content, Content, rx.Var[str]], key: Content
) -> rx.Component:
    value, on_change, fault = end
    return rx.el.input(
        input_mode="decimal",
        placeholder=hint,
        aria_label=label,
        aria_invalid=rx.cond(fault != "", "true", "false"),
        default_value=value,
        on_change=on_change.debounce(300),
        key=f"{label}-{key}",
        class_name="w-7 text-center bg-transparent border-0 p-0 outline-none text-ink tabular-nums"
        " focus-visible:shadow-none max-wide:text-[16px] max-wide:grow",
    )
