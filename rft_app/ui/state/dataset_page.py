"""A page about one dataset that is kept current while the visitor is there."""

import math
from typing import Any, ClassVar

import reflex as rx
from sqlmodel import Session

from rft_app.errors import NotFoundError, RftError
from rft_app.ui.state.asking import ask, dataset_id_in
from rft_app.ui.state.live import changes


class DatasetPage(rx.State, mixin=True):
    """Load, follow, and say when the dataset is gone."""

    refresh_s: ClassVar[float] = math.inf
    """Read again after so many seconds even if nothing changed."""

    is_loaded: bool = False
    is_missing: bool = False
    error: str = ""
    """Why the dataset could not be read."""

    _current_id: str = ""
    _watch: int = 0

    @rx.event(background=True)
    async def follow(self) -> None:
        """Show the dataset and keep it current until the visitor leaves."""
        async with self:
            path, token = self.router.url.path, self.router.session.client_token
            watch = self._watch + 1
            self._enter(dataset_id_in(path))
            self._watch = watch
        await self._refresh()
        async for _ in changes(token, self.refresh_s):
            async with self:
                is_over = self.router.url.path != path or watch != self._watch or self.is_missing
            if is_over:
                return
            await self._refresh()

    @rx.event(background=True)
    async def reload(self) -> None:
        """Read again after a failure."""
        await self._refresh()

    async def _refresh(self) -> None:
        async with self:
            dataset_id = self._current_id
        try:
            found = await ask(lambda session: self._read(session, dataset_id))
        except NotFoundError:
            async with self:
                self._lose()
            return
        except RftError as error:
            async with self:
                self.error = error.message
            return
        async with self:
            if dataset_id == self._current_id:
                self._show(found)
                self.error, self.is_loaded = "", True

    def _enter(self, dataset_id: str) -> None:
        """The visitor came to the page of this dataset."""
        if dataset_id != self._current_id:
            self.reset()
        self._current_id = dataset_id

    def _lose(self) -> None:
        """The dataset was deleted, or never there."""
        self.is_missing = self.is_loaded = True

    def _read(self, session: Session, dataset_id: str) -> Any:  # noqa: ANN401  # for `_show`
        """What the page shows."""

    def _show(self, found: Any, /) -> None:  # noqa: ANN401  # of `_read`
        """Show it."""
