"""A page that is kept current while the visitor is there."""

from typing import ClassVar

import reflex as rx

from rft_app.ui.state.live import AGEING_S, changes


class LivePage(rx.State, mixin=True):
    """`_refresh` reads what the page shows."""

    refresh_s: ClassVar[float] = AGEING_S
    """Read again after so many seconds even if nothing changed."""

    _watch: int = 0

    @rx.event(background=True)
    async def follow(self) -> None:
        """Show the page and keep it current until the visitor leaves; its `on_load`."""
        async with self:
            path, token = self.router.url.path, self.router.session.client_token
            watch = self._watch + 1
            self._arrive(path)
            self._watch = watch
        await self._refresh()
        async for _ in changes(token, self.refresh_s):
            async with self:
                is_over = self.router.url.path != path or watch != self._watch or self._is_over()
            if is_over:
                return
            await self._refresh()

    @rx.event(background=True)
    async def reload(self) -> None:
        """Read again, after a failure or an action."""
        await self._refresh()

    def _arrive(self, path: str) -> None:
        """The visitor came to this address."""

    def _is_over(self) -> bool:
        """Whether nothing will change here any more."""
        return False

    async def _refresh(self) -> None:
        """Read and show, outside the lock of the state."""
        raise NotImplementedError
