"""The dialog that reads a file of feedback."""

from pathlib import Path
from typing import Any

import reflex as rx
from sqlmodel import Session

from rft_app.domain.job import Job
from rft_app.errors import RftError
from rft_app.jobs.queue import get_job
from rft_app.services.feedback_import import start_feedback_import
from rft_app.services.imports import get_import, list_import_errors
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.feedback import FeedbackState
from rft_app.ui.state.import_records import ImportResult, describe_result
from rft_app.ui.state.live import changes
from rft_app.ui.state.progress import JobProgress
from rft_app.ui.state.upload import READY, FileUpload
from rft_app.ui.state.upload_view import FaultLine, describe_fault

SHOWN_FAULTS = 100


class FeedbackImportState(FileUpload, rx.State):
    """One visitor's file of feedback."""

    upload_id = "feedback_file"

    is_open: bool = False
    is_running: bool = False
    job: JobProgress = JobProgress()
    fault: str = ""
    result: ImportResult = ImportResult()
    bad_lines: list[FaultLine] = []

    @rx.event
    def open(self) -> None:
        """Show the dialog; a job that runs goes on showing."""
        self.is_open, self.fault = True, ""
        if not self.is_running:
            self.result, self.bad_lines = ImportResult(), []
            self._clear_file()

    @rx.event
    def close(self) -> None:
        """Hide it; the import goes on."""
        self.is_open = False

    @rx.event
    def again(self) -> None:
        """Import another file."""
        self.result, self.bad_lines = ImportResult(), []

    @rx.event
    async def start(self) -> Any:  # noqa: ANN401  # an event
        """Start the import; the uploaded file is the job's from then on."""
        if self.stage != READY or self.is_running:
            return None
        queue = await self.get_state(FeedbackState)
        dataset_id, reviewer, path = queue.dataset_id, queue.reviewer, Path(self._path)
        file_name = self.file_name
        try:
            job = await tell(
                lambda session: start_feedback_import(
                    session,
                    dataset_id=dataset_id,
                    path=path,
                    file_name=file_name,
                    reviewer=reviewer,
                )
            )
        except RftError as error:
            self.fault = error.message
            return None
        self._path, self.fault = "", ""
        self._clear_file()
        self.is_running, self.job = True, JobProgress.of(job)
        return FeedbackImportState.follow(job.id)

    @rx.event(background=True)
    async def follow(self, job_id: str) -> Any:  # noqa: ANN401  # an event
        """Show how far the job is, then what it did."""
        async with self:
            token = self.router.session.client_token
        job = await ask(lambda session: get_job(session, job_id))
        if not job.status.is_settled:
            async for _ in changes(token):
                job = await ask(lambda session: get_job(session, job_id))
                async with self:
                    self.job = JobProgress.of(job)
                if job.status.is_settled:
                    break
        result, faults = await ask(lambda session: _read_result(session, job))
        async with self:
            self.is_running, self.result, self.bad_lines = False, result, faults
        return FeedbackState.restart

    async def _look(self, *, is_new: bool) -> None:
        """Nothing is shown of the file before it is read: its rows say little by themselves."""
        async with self:
            self.stage, self.upload_error = READY, ""


def _read_result(session: Session, job: Job) -> tuple[ImportResult, list[FaultLine]]:
    report = get_import(session, str(job.args["import_id"]))
    faults = list_import_errors(session, report.id, limit=SHOWN_FAULTS)
    return describe_result(job, report), list(map(describe_fault, faults))
