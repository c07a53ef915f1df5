"""Exports in the database, and where their files are."""

from datetime import UTC
from pathlib import Path

from sqlmodel import Session, col, func, select

from rft_app.domain.export import Export, ExportOptions
from rft_app.domain.job import Job, JobStatus
from rft_app.domain.record import Selection
from rft_app.errors import NotFoundError
from rft_app.settings import get_settings
from rft_app.storage.jobs import find_job
from rft_app.storage.tables import ExportRow


def add_export(session: Session, export: Export) -> None:
    """Store what was asked for."""
    session.add(
        ExportRow(
            id=export.id,
            dataset_id=export.dataset_id,
            snapshot_id=export.snapshot_id,
            selection=export.selection.model_dump(mode="json"),
            format=export.format,
            options=export.options.model_dump(mode="json"),
            file_name=export.file_name,
            path=f"{export.id}/{export.file_name}",
            job_id=export.job_id,
            created_at=export.created_at,
        )
    )
    session.flush()


def get_export(session: Session, export_id: str) -> Export:
    """One export.

    Raises:
        NotFoundError: There is none.
    """
    return _to_export(session, _get_row(session, export_id))


def list_exports(
    session: Session, dataset_id: str | None, limit: int, before: str | None = None
) -> list[Export]:
    """The latest exports, newest first, of one dataset or of all; those before another one, if
    that is named.

    Raises:
        NotFoundError: There is no export `before`.
    """
    query = select(ExportRow).order_by(col(ExportRow.id).desc()).limit(limit)
    if dataset_id is not None:
        query = query.where(col(ExportRow.dataset_id) == dataset_id)
    if before is not None:
        query = query.where(col(ExportRow.id) < _get_row(session, before).id)
    return [_to_export(session, row) for row in session.exec(query)]


def count_exports(session: Session) -> int:
    """How many exports are complete, of all datasets."""
    complete = select(func.count()).select_from(ExportRow).where(col(ExportRow.is_done))
    return session.exec(complete).one()


def set_snapshot(session: Session, export_id: str, snapshot_id: str) -> None:
    """Say which records the export holds."""
    _get_row(session, export_id).snapshot_id = snapshot_id


def finish_export(session: Session, done: Export) -> None:
    """Store the figures of a file that is complete."""
    row = _get_row(session, done.id)
    row.size_bytes, row.sha256 = done.size_bytes, done.sha256
    row.num_train, row.num_test = done.num_train, done.num_test
    row.is_done = True


def locate_export(export: Export) -> Path:
    """Where the file is, or will be; only writing it makes its folder."""
    return get_settings().folder("exports") / export.id / export.file_name


def _get_row(session: Session, export_id: str) -> ExportRow:
    if (row := session.get(ExportRow, export_id)) is None:
        raise NotFoundError(f"There is no export {export_id}.")
    return row


def _explain(job: Job) -> str | None:
    """Why a job left no file; `None` unless it ended that way."""
    if job.status is JobStatus.CANCELLED:
        return "It was cancelled."
    return job.error.message if job.error and job.status is JobStatus.FAILED else None


def _to_export(session: Session, row: ExportRow) -> Export:
    job = None if row.job_id is None else find_job(session, row.job_id)
    account = (job and job.result) or {}
    status = job.status if job else JobStatus.QUEUED
    return Export(
        id=row.id,
        dataset_id=row.dataset_id,
        snapshot_id=row.snapshot_id,
        format=row.format,
        options=ExportOptions.model_validate(row.options),
        selection=Selection.model_validate(row.selection),
        file_name=row.file_name,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        num_train=row.num_train,
        num_test=row.num_test,
        skipped=account.get("skipped"),
        num_zero_reward=account.get("num_zero_reward"),
        status=JobStatus.DONE if row.is_done else status,
        is_done=row.is_done,
        failure=None if row.is_done or job is None else _explain(job),
        job_id=row.job_id,
        created_at=row.created_at.replace(tzinfo=row.created_at.tzinfo or UTC),
        finished_at=job and job.finished_at,
    )
