"""Skeletons: the shapes of what is loading, and a line that says what."""

import reflex as rx


def skeleton(class_name: str) -> rx.Component:
    """One grey shape; `class_name` gives its size."""
    return rx.el.div(
        class_name=f"rounded-badge bg-press animate-pulse {class_name}",
        custom_attrs={"aria-hidden": "true"},
    )


def skeleton_lines(label: str, *widths: str) -> rx.Component:
    """A few text lines and what they wait for.

    Args:
        label: E.g. `Loading records`.
        *widths: A width class per line.
    """
    return rx.el.div(
        *(skeleton(f"h-3 {width}") for width in widths or ("w-3/4", "w-11/12", "w-1/2", "w-5/6")),
        rx.el.p(label, class_name="text-small text-ink-3"),
        role="status",
        class_name="flex flex-col gap-3 p-3.5",
    )
