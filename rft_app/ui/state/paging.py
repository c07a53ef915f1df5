"""Pages of a list that the server keeps, forward and back by cursor."""

import reflex as rx


class Paging(rx.State, mixin=True):
    """One list; `_turn_to` reads the page behind the last of some cursors and calls `_turned`."""

    has_next: bool = False
    has_previous: bool = False

    _cursors: list[str] = []
    """Of the pages before the one that shows; empty on the first."""
    _next_cursor: str = ""

    @rx.event
    async def next_page(self) -> None:
        """Turn forward."""
        if self._next_cursor:
            await self._turn_to([*self._cursors, self._next_cursor])

    @rx.event
    async def previous_page(self) -> None:
        """Turn back."""
        if self._cursors:
            await self._turn_to(self._cursors[:-1])

    def _turned(self, cursors: list[str], next_cursor: str | None) -> None:
        """Remember which page shows."""
        self._cursors, self._next_cursor = cursors, next_cursor or ""
        self.has_next, self.has_previous = bool(next_cursor), bool(cursors)

    async def _turn_to(self, cursors: list[str]) -> None:
        """Show the page behind the last cursor."""
        raise NotImplementedError
