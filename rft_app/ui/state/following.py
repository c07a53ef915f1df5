"""A dialog that is kept current while it is open: load, follow, leave."""

from typing import Any

import reflex as rx

from rft_app.errors import RftError
from rft_app.jobs.queue import cancel_job
from rft_app.ui.state.asking import dataset_id_in, tell
from rft_app.ui.state.live import changes
from rft_app.ui.state.process import PROCESS
from rft_app.ui.state.progress import JobProgress


class Following(rx.State, mixin=True):
    """One dataset's dialog, with the job it may show; `_refresh` reads what it shows."""

    is_loading: bool = True
    fault: str = ""
    """Why the last request failed, in words."""
    is_running: bool = False
    job: JobProgress = JobProgress()

    _dataset_id: str = ""
    _is_open: bool = False
    _followed_by: str = ""
    """The process that keeps it current."""

    @rx.event
    async def load(self) -> Any:  # noqa: ANN401  # an event
        """Fill the dialog; its `on_mount`."""
        self._enter()
        self._is_open, self.fault = True, ""
        event = await self._refresh(is_forced=True)
        return [type(self).follow, *([] if event is None else [event])]

    @rx.event
    def leave(self) -> None:
        """The dialog closed; its `on_unmount`."""
        self._is_open = False
        self._left()

    @rx.event(background=True)
    async def follow(self) -> Any:  # noqa: ANN401  # events
        """Keep the dialog current while it is open, so that nobody has to reload."""
        async with self:
            if self._followed_by == PROCESS or not self._is_open:
                return
            self._followed_by = PROCESS
            token = self.router.session.client_token
        try:
            async for _ in changes(token):
                async with self:
                    if not self._is_open:
                        break
                    event = await self._refresh()
                if event is not None:
                    yield event
        finally:
            async with self:
                self._followed_by = ""

    @rx.event
    async def cancel(self) -> None:
        """Ask the running job to stop."""
        job_id = self.job.id
        try:
            self.job = JobProgress.of(await tell(lambda session: cancel_job(session, job_id)))
        except RftError as error:
            self.fault = error.message

    def _enter(self) -> None:
        """Forget what is of another dataset than the page is about."""
        dataset_id = dataset_id_in(self.router.url.path)
        if dataset_id != self._dataset_id:
            followed_by = self._followed_by
            self.reset()
            self._dataset_id, self._followed_by = dataset_id, followed_by

    def _left(self) -> None:
        """Put away what the next visit must not begin with."""

    async def _refresh(self, *, is_forced: bool = False) -> Any:  # noqa: ANN401  # an event
        """Read what the dialog shows, `is_forced` when it opens; an event it returns follows."""
