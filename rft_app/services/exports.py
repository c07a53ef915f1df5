"""Exports: find out whether one is possible, start it, find its file."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from sqlmodel import Session

from rft_app.domain.export import KEPT_FOR, Export, ExportOptions
from rft_app.domain.job import Job
from rft_app.domain.record import Selection
from rft_app.errors import ConflictError, NotFoundError
from rft_app.exports import EXPORTERS, Exporter
from rft_app.jobs.queue import enqueue, retry_job
from rft_app.services.datasets import get_dataset
from rft_app.services.export_plans import get_plan
from rft_app.services.export_preview import describe_preview, name_file, with_dry_run
from rft_app.storage import exports
from rft_app.storage.ids import new_id

JOB_KIND: Final = "export"
NUM_RECORDS: Final = "num_records"
"""Name among a job's arguments: how many records the export is about."""
MAX_LISTED: Final = 50


def list_formats() -> tuple[Exporter, ...]:
    """All export formats, in the order of the menu."""
    return tuple(EXPORTERS)


class ExportOrder(NamedTuple):
    """An export that was found possible."""

    dataset_id: str
    format: str
    options: ExportOptions
    selection: Selection
    file_name: str
    num_records: int
    """As many as it is about now; the job freezes those of its own time."""


def check_export(
    session: Session,
    *,
    dataset_id: str,
    format: str,
    options: ExportOptions = ExportOptions(),  # noqa: B008
    selection: Selection = Selection(),  # noqa: B008
) -> ExportOrder:
    """Find out whether an export has rows; it only reads, for that may take seconds.

    Raises:
        NotFoundError: There is no such dataset.
        InvalidInputError: There is no such format, or nothing can be exported in it.
    """
    dataset = get_dataset(session, dataset_id)
    exporter = EXPORTERS.get(format)
    options = with_dry_run(session, dataset_id, options)
    describe_preview(
        session, dataset_id=dataset_id, format=format, options=options, selection=selection
    )
    return ExportOrder(
        dataset_id=dataset_id,
        format=format,
        options=options,
        selection=selection,
        file_name=name_file(dataset.name, exporter, options),
        num_records=len(get_plan(session, dataset_id, selection, options).members),
    )


def start_export(session: Session, order: ExportOrder) -> Job:
    """Start an export as a job; its result names the export.

    Raises:
        NotFoundError: The dataset is gone.
        ConflictError: Another export of this dataset is running.
    """
    get_dataset(session, order.dataset_id)
    export_id = new_id("exp")
    args = {"export_id": export_id, NUM_RECORDS: order.num_records}
    job = enqueue(session, JOB_KIND, order.dataset_id, args)
    export = Export(
        id=export_id,
        dataset_id=order.dataset_id,
        format=order.format,
        options=order.options,
        selection=order.selection,
        snapshot_id=order.options.snapshot_id,
        file_name=order.file_name,
        job_id=job.id,
        created_at=datetime.now(UTC),
    )
    exports.add_export(session, export)
    return job


def retry_export(session: Session, export_id: str) -> Job:
    """Try an export again that failed or was cancelled, of the same records.

    Raises:
        NotFoundError: There is none.
        ConflictError: It has not failed, or another export of its dataset is running.
    """
    return retry_job(session, get_export(session, export_id).job_id or "")


def get_export(session: Session, export_id: str) -> Export:
    """One export.

    Raises:
        NotFoundError: There is none.
    """
    return exports.get_export(session, export_id)


def list_exports(
    session: Session,
    dataset_id: str | None = None,
    limit: int = MAX_LISTED,
    before: str | None = None,
) -> list[Export]:
    """The latest exports, newest first, of one dataset or of all; those before another one, if
    that is named.

    Raises:
        NotFoundError: There is no export `before`.
    """
    return exports.list_exports(session, dataset_id, limit, before)


def find_export_of_job(job: Job) -> str | None:
    """The id of the export that a job makes; `None` for other kinds of job."""
    export_id = job.args.get("export_id")
    return export_id if job.kind == JOB_KIND and isinstance(export_id, str) else None


def open_export(export: Export) -> Path:
    """The finished file.

    Raises:
        ConflictError: It is not complete yet.
        NotFoundError: It was deleted from the data directory.
    """
    if not export.is_done:
        raise ConflictError("The export is not complete. Look at its job.", job=export.job_id)
    path = exports.locate_export(export)
    if not path.is_file():
        raise NotFoundError(
            f"The file {export.file_name} is no longer in the data directory: files are kept for "
            f"{KEPT_FOR.days} days. Export it again."
        )
    return path
