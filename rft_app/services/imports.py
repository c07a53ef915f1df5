"""Use cases around imported files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlmodel import Session

from rft_app.domain.imports import ImportFault, ImportMode, ImportReport
from rft_app.domain.job import Job
from rft_app.domain.scrubbing import NOTHING, ScrubRules
from rft_app.errors import ConflictError, TooLargeError
from rft_app.jobs.queue import enqueue
from rft_app.services.busy import require_idle, require_stable
from rft_app.services.datasets import get_dataset
from rft_app.services.file_preview import preview_file, require_readable
from rft_app.services.scrubbing import to_args
from rft_app.settings import get_settings
from rft_app.storage import imports
from rft_app.traces.source import Limits, Source

__all__ = [
    "count_import_errors",
    "enqueue_import",
    "get_import",
    "latest_import",
    "list_import_errors",
    "note_import",
    "preview_file",
    "require_size",
    "start_import",
    "start_rollouts_import",
]

TRACES = "traces"
ROLLOUTS = "rollouts"


def start_import(  # noqa: PLR0913  # the file, how to read it, and what becomes of the rest
    session: Session,
    *,
    dataset_id: str,
    path: Path | str,
    file_name: str,
    shape: str | None = None,
    mapping: Mapping[str, str] | None = None,
    mode: ImportMode = ImportMode.APPEND,
    scrub: ScrubRules = NOTHING,
) -> Job:
    """Start to read a file of traces into a dataset; extraction follows by itself.

    Where it replaces, the records of before stay until the whole file is read; then they are
    archived and kept as a snapshot.

    Args:
        session: A unit of work.
        dataset_id: Where the traces go.
        path: The file; one below the uploads folder is deleted after the import, others stay.
        file_name: What a person calls it.
        shape: Name of the only row shape to accept; `None` finds it row by row.
        mapping: Columns by target, for rows of no known shape.
        mode: Whether the records of before stay beside the new ones.
        scrub: What is taken out of the traces before they are stored.

    Raises:
        InvalidInputError: The file cannot be an import: empty, binary, damaged, of unknown shape.
        TooLargeError: It is larger than the limit.
        NotFoundError: There is no such dataset.
        ConflictError: A job works on the dataset, other than Extract.
    """
    check = require_idle if mode is ImportMode.REPLACE else require_stable
    check(session, dataset_id)
    chosen = dict(mapping or {})
    require_size(Path(path), file_name)
    preview = preview_file(path, file_name=file_name, shape=shape, mapping=chosen)
    require_readable(preview)
    import_id = note_import(session, dataset_id, TRACES, Path(path), file_name)
    imports.change_import(session, import_id, mapping=chosen, shape=preview.shape)
    args = {"shape": shape, "mode": mode.value, **to_args(scrub)}
    return enqueue_import(session, "import_traces", dataset_id, import_id, args)


def start_rollouts_import(
    session: Session, *, dataset_id: str, path: Path | str, file_name: str
) -> Job:
    """Start to read a file of answers and add them to the dataset's records.

    Raises:
        InvalidInputError: The file is empty, binary or damaged.
        ConflictError: The dataset has no records, or rollouts are being imported already.
        NotFoundError: There is no such dataset.
    """
    dataset = get_dataset(session, dataset_id)
    require_stable(session, dataset_id)
    if not dataset.stats.num_records:
        raise ConflictError("The dataset has no records yet. Run Extract first.")
    require_size(Path(path), file_name)
    settings = get_settings()
    with Source(
        Path(path), Limits(settings.max_file_bytes, settings.max_line_bytes), name=file_name
    ):
        import_id = note_import(session, dataset_id, ROLLOUTS, Path(path), file_name)
    return enqueue_import(session, "import_rollouts", dataset_id, import_id, {"shape": None})


def get_import(session: Session, import_id: str) -> ImportReport:
    """How an import stands.

    Raises:
        NotFoundError: There is none.
    """
    return imports.get_report(session, import_id)


def latest_import(
    session: Session, dataset_id: str, kind: str | None = TRACES
) -> ImportReport | None:
    """The dataset's newest import of traces; `kind` `rollouts` or `None` (any) for others."""
    return imports.find_latest(session, dataset_id, kind)


def list_import_errors(
    session: Session, import_id: str, *, after_line: int = 0, limit: int = 50
) -> list[ImportFault]:
    """Bad lines of an import in the order of the file, after a line.

    Raises:
        NotFoundError: There is no such import.
    """
    imports.get_report(session, import_id)
    return imports.list_faults(session, import_id, after_line, limit)


def count_import_errors(session: Session, import_id: str) -> int:
    """How many lines `list_import_errors` has in all."""
    return imports.count_faults(session, import_id)


def require_size(path: Path, file_name: str) -> None:
    """Check the size of a file before it is opened.

    Raises:
        TooLargeError: It is beyond the limit.
    """
    limit = get_settings().max_file_bytes
    if path.is_file() and path.stat().st_size > limit:
        raise TooLargeError(
            f"{file_name} has {path.stat().st_size:,} bytes; RFT_MAX_FILE_BYTES allows {limit:,}. "
            "Split it or raise the limit."
        )


def note_import(
    session: Session, dataset_id: str | None, kind: str, path: Path, file_name: str
) -> str:
    """Note that a file is to be imported; returns the import's id."""
    absolute = path.resolve()
    return imports.add_import(
        session,
        dataset_id,
        kind,
        path=str(absolute),
        file_name=file_name,
        size_bytes=absolute.stat().st_size,
    )


def enqueue_import(
    session: Session, kind: str, dataset_id: str | None, import_id: str, args: dict[str, Any]
) -> Job:
    """Start the job of an import."""
    job = enqueue(session, kind, dataset_id, {"import_id": import_id, **args})
    imports.change_import(session, import_id, job_id=job.id)
    return job
