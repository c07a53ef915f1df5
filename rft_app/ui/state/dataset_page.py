"""A page about one dataset that is kept current while the visitor is there."""

from typing import Any

from sqlmodel import Session

from rft_app.errors import NotFoundError, RftError
from rft_app.ui.state.asking import ask, dataset_id_in
from rft_app.ui.state.live_page import LivePage


class DatasetPage(LivePage, mixin=True):
    """Load, follow, and say when the dataset is gone."""

    is_loaded: bool = False
    is_missing: bool = False
    error: str = ""
    """Why the dataset could not be read."""

    _current_id: str = ""

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

    def _arrive(self, path: str) -> None:
        self._enter(dataset_id_in(path))

    def _is_over(self) -> bool:
        return self.is_missing

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
