"""Pages of a list that the server keeps, forward and back by cursor."""

from typing import Any

import reflex as rx


class Paging(rx.State, mixin=True):
    """One list; `_turn_to` reads the page behind the last of some cursors and calls `_turned`."""

    has_next: bool = False
    has_previous: bool = False

    _cursors: list[str] = []
    """Of the pages before the one that shows; empty on the first."""
    _next_cursor: str = ""

    @rx.event
    async def next_page(self) -> Any:  # noqa: ANN401  # an event
        """Turn forward."""
        if self._next_cursor:
            return await self._turn_to([*self._cursors, self._next_cursor])
        return None

    @rx.event
    async def previous_page(self) -> Any:  # noqa: ANN401  # an event
        """Turn back."""
        if self._cursors:
            return await self._turn_to(self._cursors[:-1])
        return None

    def _turned(self, cursors: list[str], next_cursor: str | None) -> None:
        """Remember which page shows."""
        self._cursors, self._next_cursor = cursors, next_cursor or ""
        self.has_next, self.has_previous = bool(next_cursor), bool(cursors)

    async def _turn_to(self, cursors: list[str]) -> Any:  # noqa: ANN401  # an event
        """Show the page behind the last cursor; an event it returns follows."""
        raise NotImplementedError
