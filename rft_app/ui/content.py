"""What Reflex components take: too wide for one type, so it has a name instead."""

from typing import Any

Content = Any
"""A child or a property: a component, a var, a string, a number, or an event for `on_…`."""
