"""How long raw traces are kept."""

from pydantic import Field

from rft_app.domain.entity import Entity

MAX_DAYS = 36_500


class Retention(Entity):
    """Of traces that arrive by themselves, and of their spans."""

    days: int = Field(default=0, ge=0, le=MAX_DAYS)
    """0 keeps them."""
