"""What every row shape has."""

from typing import Protocol

from rft_app.traces.draft import Draft
from rft_app.traces.line import Row


class TraceShape(Protocol):
    """One way to write a conversation as a JSON object."""

    @property
    def name(self) -> str:
        """Machine name in `snake_case`."""
        ...

    @property
    def label(self) -> str:
        """The words in a menu."""
        ...

    def matches(self, row: Row) -> bool:
        """Whether the row's field names, and cheap looks at their values, say it is this shape."""
        ...

    def draft(self, row: Row) -> Draft:
        """Understand the row; may empty `row`.

        Raises:
            WrongShapeError: A field is not what this shape says; the message names it.
        """
        ...
