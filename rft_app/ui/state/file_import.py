"""A file that a job reads while its dialog is open: chosen, followed, and what came of it."""

from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import reflex as rx
from sqlmodel import Session

from rft_app.domain.imports import GivenFile
from rft_app.domain.job import Job
from rft_app.errors import RftError
from rft_app.jobs.queue import get_job
from rft_app.services.imports import get_import, list_import_errors
from rft_app.services.trace_imports import join_files
from rft_app.settings import get_settings
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.guard import off_loop
from rft_app.ui.state.import_records import ImportResult, describe_result
from rft_app.ui.state.live import changes
from rft_app.ui.state.process import PROCESS
from rft_app.ui.state.progress import JobProgress
from rft_app.ui.state.receiving import Receiving
from rft_app.ui.state.upload import READY, UPLOADING, FileUpload
from rft_app.ui.state.upload_view import FaultLine, describe_fault

SHOWN_FAULTS = 100


class FileImport(FileUpload, mixin=True):
    """One visitor's file, or files that belong together; `_begin` starts the job that reads them,
    `_finished` says what to do afterwards.
    """

    max_files: ClassVar[int] = 1

    file_names: list[str] = []
    """Of those that are here."""
    is_open: bool = False
    is_running: bool = False
    job: JobProgress = JobProgress()
    fault: str = ""
    result: ImportResult = ImportResult()
    bad_lines: list[FaultLine] = []
    _followed_by: str = ""
    """The process that shows how far the job is."""
    _given: list[GivenFile] = []
    """As `file_names`, with where they are."""
    _received: list[GivenFile] = []
    """Those that came together and are not among these yet."""

    @rx.var
    def can_add(self) -> bool:
        """Whether another file may be chosen."""
        return len(self.file_names) < self.max_files

    @rx.event
    def open(self) -> Any:  # noqa: ANN401  # an event
        """Show the dialog; a job that runs goes on showing."""
        self.is_open, self.fault = True, ""
        if self.is_running:
            return type(self).follow
        self.result, self.bad_lines = ImportResult(), []
        self._clear_file()
        return None

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
        """Start the import; what it reads is the job's from then on."""
        if not self._given or self.stage == UPLOADING or self.is_running:
            return None
        file = None
        try:
            file = await off_loop(partial(join_files, list(self._given)))
            job: Job = await tell(await self._begin(file))
        except RftError as error:
            if file is not None and file not in self._given:
                file.path.unlink(missing_ok=True)
            self.fault = error.message
            return None
        self._given = [each for each in self._given if each != file]
        self._clear_file()
        self.fault, self.is_running, self.job = "", True, JobProgress.of(job)
        return type(self).follow

    async def _begin(self, file: GivenFile) -> Any:  # noqa: ANN401  # for `tell`
        """What starts the job."""
        raise NotImplementedError

    @rx.event
    def drop_file(self, place: int) -> None:
        """Choose one file less."""
        if place >= len(self._given):
            return  # a second click on a file that is gone
        self._given.pop(place).path.unlink(missing_ok=True)
        self.file_names = [each.name for each in self._given]

    def _forget_file(self) -> None:
        super()._forget_file()
        for each in self._received:
            each.path.unlink(missing_ok=True)
        self._received = []

    def _clear_file(self) -> None:
        super()._clear_file()
        for each in self._given:
            each.path.unlink(missing_ok=True)
        self._given, self.file_names = [], []

    def _finished(self) -> Any:  # noqa: ANN401  # an event
        """The event after the job has ended."""
        return None

    @rx.event(background=True)
    async def follow(self) -> Any:  # noqa: ANN401  # an event
        """Show how far the job is, then what it did; a tab that is gone follows when it is back."""
        async with self:
            if self._followed_by == PROCESS or not self.is_running:
                return None
            self._followed_by = PROCESS
            token, job_id = self.router.session.client_token, self.job.id
        try:
            job = await self._see_through(job_id, token)
            if job is None:
                return None
            result, faults = await ask(lambda session: _read_result(session, job))
            async with self:
                self.is_running, self.result, self.bad_lines = False, result, faults
                return self._finished()
        except RftError as error:
            async with self:
                self.is_running, self.fault = False, error.message
            return None
        finally:
            async with self:
                self._followed_by = ""

    async def _see_through(self, job_id: str, token: str) -> Job | None:
        """The job once it is settled; `None` where the tab is gone before."""
        job = await ask(lambda session: get_job(session, job_id))
        if job.status.is_settled:
            return job
        async for _ in changes(token):
            job = await ask(lambda session: get_job(session, job_id))
            async with self:
                self.job = JobProgress.of(job)
            if job.status.is_settled:
                return job
        return None

    async def _write_chunks(self, chunks: rx.UploadChunkIterator, path: Path) -> bool:
        """Store files that come together each for itself, the first one at `path`."""
        received = Receiving(path, get_settings().max_file_bytes, self.max_files)
        try:
            async for chunk in chunks:
                if received.begins_with(chunk):
                    async with self:
                        self.file_name = received.words
                await rx.run_in_thread(partial(received.write, chunk))
            async with self:
                num_given = len(self._given)
            if reason := received.find_fault(num_given):
                return await self._refuse(path, reason)
            async with self:
                if self._path == str(path):  # nobody has cancelled it
                    self._received, received.is_taken = received.files, True
            return received.is_taken
        finally:
            received.close()

    async def _look(self, *, is_new: bool) -> None:
        """Nothing is shown of the files before they are read: rows say little by themselves."""
        async with self:
            self._given = [*self._given, *self._received]
            self.file_names = [each.name for each in self._given]
            self.stage, self.upload_error, self._path, self._received = READY, "", "", []


def _read_result(session: Session, job: Job) -> tuple[ImportResult, list[FaultLine]]:
    report = get_import(session, str(job.args["import_id"]))
    faults = list_import_errors(session, report.id, limit=SHOWN_FAULTS)
    return describe_result(job, report), list(map(describe_fault, faults))
