"""One figure with its name, ready to show."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """E.g. `mean` and `0.42`."""

    name: str
    value: str
