"""What Reflex components take: too wide for one type, so it has a name instead."""

from typing import Any

import reflex as rx

Content = Any
"""A child or a property: a component, a var, a string, a number, or an event for `on_…`."""


def has_items(items: Content) -> rx.Var[bool]:
    """Whether a list var holds anything."""
    return rx.Var.create(items).to(list).length() > 0
