"""Icons: Lucide outlines, inlined one by one, always decoration beside words."""

import reflex as rx


def icon(name: str, size: int = 15, class_name: str = "", stroke: float = 1.75) -> rx.Component:
    """One icon; it has no name of its own, the control around it has."""
    return rx.icon(
        name,
        size=size,
        stroke_width=stroke,
        class_name=f"shrink-0 {class_name}",
        custom_attrs={"aria-hidden": "true"},
    )


def spinner(size: int = 15, class_name: str = "") -> rx.Component:
    """The processing arc, one turn a second."""
    return icon("loader-circle", size, f"animate-spin {class_name}")
