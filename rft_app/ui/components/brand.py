"""The mark: a line that loops and comes back to a point."""

import reflex as rx


def mark(size: int = 20) -> rx.Component:
    """The product's sign in the accent colour."""
    return rx.el.svg(
        rx.el.path(d="M3.6 14V8.6a4 4 0 0 1 8 0v2.9a2.7 2.7 0 0 0 5.4 0V9.6"),
        rx.el.circle(cx="3.6", cy="16.6", r="1.7", fill="currentColor", stroke="none"),
        rx.el.circle(cx="17", cy="5.9", r="2", fill="currentColor", stroke="none"),
        view_box="0 0 20 20",
        width=str(size),
        height=str(size),
        fill="none",
        stroke="currentColor",
        stroke_width="2",
        stroke_linecap="round",
        class_name="text-accent-text shrink-0",
        custom_attrs={"aria-hidden": "true"},
    )
