"""Text with names of fields in it."""

import reflex as rx


def marked(text: str) -> rx.Component:
    """What stands between backticks becomes code."""
    parts = text.split("`")
    return rx.fragment(
        *(rx.el.code(part) if number % 2 else part for number, part in enumerate(parts))
    )
