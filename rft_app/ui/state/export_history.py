"""The last exports of all datasets, and the one that this visitor waits for."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import reflex as rx
from sqlmodel import Session

from rft_app.domain.export import Export
from rft_app.domain.job import Job, JobStatus
from rft_app.errors import NotFoundError, RftError
from rft_app.exports import EXPORTERS, Exporter
from rft_app.jobs.queue import get_job
from rft_app.services.datasets import get_dataset
from rft_app.services.exports import find_export_of_job, list_exports, retry_export
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.following import Following
from rft_app.ui.state.progress import JobProgress
from rft_app.ui.words import ago, size

NUM_LISTED = 10


@dataclass(frozen=True)
class ExportRow:
    """One export of the history."""

    id: str
    dataset: str
    file_name: str
    format: str
    size: str
    made: str
    kept: str
    has_file: bool
    is_cancelled: bool
    failure: str
    """Why it failed; empty where it did not."""

    @classmethod
    def of(
        cls, export: Export, dataset: str, exporter: Exporter, now: datetime | None = None
    ) -> "ExportRow":
        """Say it in words."""
        days = export.days_left(now or datetime.now(UTC))
        has_failed = export.status is JobStatus.FAILED
        return cls(
            id=export.id,
            dataset=dataset,
            file_name=export.file_name,
            format=exporter.label,
            size="–" if export.size_bytes is None else size(export.size_bytes),
            made=ago(export.created_at),
            kept="" if not export.is_done else f"{days} d left" if days > 1 else "last day",
            has_file=export.is_done,
            is_cancelled=export.status is JobStatus.CANCELLED,
            failure=export.failure or "" if has_failed else "",
        )


def read_history(session: Session) -> list[ExportRow]:
    """The last exports that ended, of all datasets, as long as their files are kept."""
    now = datetime.now(UTC)
    ended = [
        one
        for one in list_exports(session, limit=5 * NUM_LISTED)
        if one.status.is_settled and one.expires_at > now
    ][:NUM_LISTED]
    names = {id_: get_dataset(session, id_).name for id_ in {one.dataset_id for one in ended}}
    return [ExportRow.of(one, names[one.dataset_id], EXPORTERS.get(one.format)) for one in ended]


class ExportHistory(Following, mixin=True):
    """What ended can be downloaded or tried again; what was started is downloaded by itself."""

    dataset_id: str = ""
    history: list[ExportRow] = []

    _started_job: str = ""
    """The job whose file is downloaded as soon as it is there."""

    @rx.event
    async def retry(self, export_id: str) -> Any:  # noqa: ANN401  # an event
        """Try an export of the history again, of whatever dataset."""
        self.fault = ""
        try:
            job = await tell(lambda session: retry_export(session, export_id))
        except RftError as error:
            return rx.toast.error(error.message)
        self._await_file(job)
        return rx.toast.info("Exporting again. The file downloads when it is there.")

    @rx.event
    def download(self, export_id: str, file_name: str) -> rx.event.EventSpec:
        """Download a finished file again."""
        return _download(export_id, file_name)

    def _await_file(self, job: Job) -> None:
        """Download what a job makes when it has ended."""
        self._started_job = job.id
        if job.dataset_id == self.dataset_id:
            self.is_running, self.job = True, JobProgress.of(job)

    async def _find_ended(self) -> Job | None:
        """The job that is waited for, if it has ended; then nobody waits for it any more."""
        job_id = self._started_job
        if not job_id:
            return None
        try:
            job = await ask(lambda session: get_job(session, job_id))
        except NotFoundError:  # it went with its dataset
            self._started_job = ""
            return None
        if not job.status.is_settled:
            return None
        self._started_job = ""
        return job

    def _finish(self, job: Job) -> list[Any]:
        """Download the file, or say why there is none."""
        if job.error is not None and job.dataset_id == self.dataset_id:
            self.fault = f"Export failed: {job.error.message}"
        export_id = find_export_of_job(job) if job.status is JobStatus.DONE else None
        row = next((row for row in self.history if row.id == export_id), None)
        if row is None:
            return []
        return [_download(row.id, row.file_name), rx.toast.success("Export downloaded")]


def _download(export_id: str, file_name: str) -> rx.event.EventSpec:
    return rx.download(url=f"/api/training/exports/{export_id}/file", filename=file_name)
