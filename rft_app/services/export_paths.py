"""Exports to a path that a person named, for the command line."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from rft_app.domain.export import Export, ExportOptions
from rft_app.domain.job import Job, JobStatus
from rft_app.domain.record import Selection
from rft_app.errors import ConflictError, InvalidInputError
from rft_app.exports import EXPORTERS
from rft_app.services.export_files import whole_file
from rft_app.services.exports import (
    check_export,
    find_export_of_job,
    get_export,
    open_export,
    start_export,
)
from rft_app.storage.session import reading, unit_of_work

Follow = Callable[[Job], Job]
"""Waits until a job has settled, showing its progress, and returns it."""


def options_for_path(path: Path, options: ExportOptions, suffix: str) -> ExportOptions:
    """What the ending of a file name says of its content.

    `.zip` holds what the options ask for; the format's own ending is one data file with every
    record, without a test file and without metadata.  A folder takes any file under its own name.

    Args:
        path: A file, or a folder that is there.
        options: As asked for.
        suffix: The format's ending, e.g. `.jsonl`.

    Raises:
        InvalidInputError: The ending is another, or a zip would be empty.
    """
    if path.is_dir():
        return options
    if path.suffix == suffix:
        changes = {"include_test": False, "include_metadata": False, "train_ratio": 1.0}
        return options.model_copy(update=changes)
    if path.suffix != ".zip":
        raise InvalidInputError(
            f"An export in this format ends in {suffix} or .zip; {path.name} does not."
        )
    if not options.is_archive:
        raise InvalidInputError(
            f"Without test file and metadata there is no zip: name a {suffix} file."
        )
    return options


def require_writable(path: Path) -> None:
    """Check that a file can be made at `path`, or in it where it is a folder.

    Raises:
        InvalidInputError: The folder is missing or takes no file.
    """
    folder = path if path.is_dir() else path.absolute().parent
    if not folder.is_dir():
        raise InvalidInputError(f"There is no folder {folder}. Create it first.")
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise InvalidInputError(
            f"Nothing can be written into {folder}: {error.strerror}. Choose another folder."
        ) from error


def export_to_path(
    *,
    dataset_id: str,
    format: str,  # the word on every edge
    path: Path,
    options: ExportOptions,
    selection: Selection = Selection(),  # noqa: B008  # frozen
    follow: Follow,
) -> Export:
    """Export through the ordinary job, then copy the file to `path`, or into that folder.

    It is an edge of its own: it opens its units of work.

    Raises:
        InvalidInputError: The path, the format or the records do not allow it.
        ConflictError: The job failed or was cancelled; the message says why.
    """
    suffix = EXPORTERS.get(format).layout(options).suffix
    fitting = options_for_path(path, options, suffix)
    require_writable(path)
    with reading() as session:
        order = check_export(
            session, dataset_id=dataset_id, format=format, options=fitting, selection=selection
        )
    with unit_of_work() as session:
        job = start_export(session, order)
    settled = follow(job)
    if settled.status is not JobStatus.DONE:
        reason = settled.error.message if settled.error else f"The export was {settled.status}."
        raise ConflictError(reason, job=job.id)
    with reading() as session:
        export = get_export(session, find_export_of_job(job) or "")
    copy_export(export, locate_copy(export, path))
    return export


def locate_copy(export: Export, path: Path) -> Path:
    """The file that `path` stands for: itself, or one in that folder."""
    return path / export.file_name if path.is_dir() else path


def copy_export(export: Export, path: Path) -> None:
    """Copy a finished export; `path` appears when it is complete.

    Raises:
        ConflictError: The export is not complete, or the disk is full.
        NotFoundError: Its file is gone.
    """
    with open_export(export).open("rb") as source, whole_file(path) as target:
        shutil.copyfileobj(source, target, 1 << 20)
