"""Changes of the selected records: one order each, followed to its end, and the way back."""

from collections.abc import Callable

import reflex as rx
from sqlmodel import Session

from rft_app.domain.job import Job, JobStatus
from rft_app.domain.pipeline import StepName
from rft_app.domain.record_change import Change, ChangeKind, ChangeState
from rft_app.errors import RftError
from rft_app.jobs.queue import get_job, list_active_jobs
from rft_app.services.record_changes import (
    CHANGE_RECORDS,
    archive_records,
    get_change,
    list_changes,
    restore_records,
    undo_change,
)
from rft_app.services.staleness import list_outdated
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.progress import JobProgress
from rft_app.ui.state.record_change_view import ChangeView, describe_outdated
from rft_app.ui.state.record_selecting import RecordSelecting

NUM_CHANGES = 8
_DOING = {
    ChangeKind.DELETE: "Records are being deleted",
    ChangeKind.RESTORE: "Records are being restored",
    ChangeKind.MOVE: "Records are being moved",
    ChangeKind.ADD_TAG: "Records are being tagged",
    ChangeKind.REMOVE_TAG: "A tag is being taken away",
    ChangeKind.EDIT: "A record is being edited",
}


class RecordChanging(RecordSelecting, mixin=True):
    """What was done last, what a job is doing, what can be undone."""

    change: ChangeView = ChangeView()
    """The last change; empty when nothing is to be said."""
    changes: list[ChangeView] = []
    """The latest ones, newest first."""
    change_note: str = ""
    """What follows from it."""
    change_fault: str = ""
    job_title: str = ""

    _change_job: str = ""

    @rx.event
    async def delete_selected(self) -> None:
        """Delete what is selected; it can be undone."""
        dataset_id, selection = self._dataset_id, self._selection()
        await self._change(lambda s: archive_records(s, dataset_id, selection))

    @rx.event
    async def restore_selected(self) -> None:
        """Make the deleted records that are selected current again; it can be undone."""
        dataset_id, selection = self._dataset_id, self._selection()
        await self._change(lambda s: restore_records(s, dataset_id, selection))

    @rx.event
    async def undo(self, change_id: str) -> None:
        """Take a change back."""
        await self._change(lambda s: undo_change(s, change_id), keeps=True)

    @rx.event
    def dismiss_change(self) -> None:
        """Put away what was said of the last change."""
        self.change, self.change_fault = ChangeView(), ""

    async def _change(self, order: Callable[[Session], Change], *, keeps: bool = False) -> str:
        """Give an order and show what came of it; returns why it was refused.

        Args:
            order: What is done.
            keeps: Whether the selection stays.
        """
        self.change_fault = self.change_note = ""
        dataset_id = self._dataset_id

        def act(session: Session) -> tuple[Change, frozenset[StepName]]:
            before = list_outdated(session, dataset_id)
            change = order(session)
            return change, list_outdated(session, dataset_id) - before

        try:
            change, outdated = await tell(act)
        except RftError as error:
            self.change_fault = error.message
            return error.message
        if not keeps:
            self.clear_selection()
        await self._show_change(change)
        self.change_note = describe_outdated(outdated)
        return ""

    async def _show_change(self, change: Change) -> None:
        if change.state in {ChangeState.APPLYING, ChangeState.UNDOING}:
            self.change, self.job = ChangeView(), JobProgress()
            self.job_title, self.is_running = _DOING[change.kind], True
            self._change_job = change.job_id or ""
            return
        self.change = ChangeView.of(change)
        await self._reload()

    async def _reload(self) -> None:
        """Read menus, page and selection again."""
        try:
            await self._read_around()
        except RftError as error:
            self.fault = error.message
            return
        await self._turn_to(self._cursors)
        await self._count_selection()

    async def _read_around(self) -> None:
        """Read all that stands beside the pages.

        Raises:
            NotFoundError: The dataset is not there any more.
        """
        await self._read_options()
        await self._read_changes()

    async def _read_changes(self) -> None:
        """Read the latest changes, and how long ago each was."""
        dataset_id = self._dataset_id
        found = await ask(lambda s: list_changes(s, dataset_id, NUM_CHANGES))
        self.changes = [ChangeView.of(change) for change in found]

    async def _follow_job(self) -> None:
        """Show the change that a job makes; when it ended, what came of it."""
        dataset_id, job_id = self._dataset_id, self._change_job
        job, change = await ask(lambda s: _find_job(s, dataset_id, job_id))
        if job is None or change is None:
            return
        if not job.status.is_settled:
            self._change_job, self.is_running = job.id, True
            self.job, self.job_title = JobProgress.of(job), _DOING[change.kind]
            return
        self.is_running, self._change_job, self.job = False, "", JobProgress()
        self.change_fault = _describe_end(job)
        await self._show_change(change)


def _describe_end(job: Job) -> str:
    """Why a job did not do all; empty when it did."""
    if job.error is not None:
        return f"It ended early. {job.error.message} What was done until then can be undone."
    if job.status is JobStatus.CANCELLED:
        return "It was cancelled. What was done until then can be undone."
    return ""


def _find_job(session: Session, dataset_id: str, job_id: str) -> tuple[Job | None, Change | None]:
    """The job that was followed, else one that is on its way; and the change it makes."""
    if job_id:
        job = get_job(session, job_id)
    else:
        active = list_active_jobs(session, dataset_id)
        job = next((job for job in active if job.kind == CHANGE_RECORDS), None)
    return job, None if job is None else get_change(session, str(job.args["change_id"]))
