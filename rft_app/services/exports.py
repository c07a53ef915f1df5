"""Exports: look at the first rows, start one, find its file."""

import re
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final

from sqlmodel import Session

from rft_app.domain.entity import Entity
from rft_app.domain.export import Export, ExportOptions
from rft_app.domain.job import Job
from rft_app.domain.record import Selection
from rft_app.domain.split import Split
from rft_app.errors import ConflictError, NotFoundError
from rft_app.exports import EXPORTERS, Exporter
from rft_app.jobs.queue import enqueue
from rft_app.services.datasets import get_dataset
from rft_app.services.export_lines import Account, encode_lines
from rft_app.storage import exports, snapshots
from rft_app.storage.ids import new_id
from rft_app.storage.records import iterate_record_bytes
from rft_app.storage.splits import Ints

JOB_KIND: Final = "export"
MAX_LISTED: Final = 50
PROBED_RECORDS: Final = 2_000
"""A preview looks at no more records than this for its rows."""
SAMPLED_ROWS: Final = 200
"""Rows whose mean length estimates the size of the file."""


class ExportPreview(Entity):
    """What an export would hold, before it is made."""

    rows: tuple[bytes, ...]
    """The first lines of the file, byte for byte."""
    num_train: int
    num_test: int
    """Records on each side; those that lack what the format needs are among them."""
    num_lacking: int
    """Of the records looked at for `rows`, those that will be left out."""
    estimated_bytes: int
    """Of all rows, not compressed."""


def list_formats() -> tuple[Exporter, ...]:
    """All export formats, in the order of the menu."""
    return tuple(EXPORTERS)


def preview_export(
    session: Session,
    *,
    dataset_id: str,
    format: str,  # the word on every edge
    options: ExportOptions = ExportOptions(),  # noqa: B008  # frozen
    selection: Selection = Selection(),  # noqa: B008  # frozen
    limit: int = 3,
) -> list[bytes]:
    """The first rows of the file that the same arguments would export, byte for byte.

    Raises:
        InvalidInputError: There is no such format, or nothing can be exported in it.
    """
    preview = describe_preview(
        session,
        dataset_id=dataset_id,
        format=format,
        options=options,
        selection=selection,
        limit=limit,
    )
    return list(preview.rows)


def describe_preview(
    session: Session,
    *,
    dataset_id: str,
    format: str,
    options: ExportOptions = ExportOptions(),  # noqa: B008
    selection: Selection = Selection(),  # noqa: B008
    limit: int = 3,
) -> ExportPreview:
    """The first rows, and how many there would be.

    Raises:
        InvalidInputError: There is no such format, or nothing can be exported in it.
    """
    exporter = EXPORTERS.get(format)
    plan = snapshots.plan_snapshot(session, dataset_id, selection=selection, rule=options.rule)
    snapshots.require_members(plan)
    sides = [plan.members.of(split) for split in Split]
    account = Account()
    lines: list[bytes] = []
    for side in sides:
        lines = lines or _probe(session, dataset_id, exporter, side, account)
    if account.num_read == len(plan.members):
        account.require_rows(len(lines))
    mean = sum(map(len, lines)) / account.num_read if account.num_read else 0
    return ExportPreview(
        rows=tuple(lines[:limit]),
        num_train=len(sides[0]),
        num_test=len(sides[1]),
        num_lacking=account.skipped.total(),
        estimated_bytes=round(mean * len(plan.members)),
    )


def _probe(
    session: Session, dataset_id: str, exporter: Exporter, seqs: Ints, account: Account
) -> list[bytes]:
    """Encode records until there are enough rows to estimate by."""
    records = iterate_record_bytes(session, dataset_id, seqs[:PROBED_RECORDS])
    return list(islice(encode_lines(exporter, records, account), SAMPLED_ROWS))


def start_export(
    session: Session,
    *,
    dataset_id: str,
    format: str,
    options: ExportOptions = ExportOptions(),  # noqa: B008
    selection: Selection = Selection(),  # noqa: B008
) -> Job:
    """Start an export as a job; its result names the export.

    Raises:
        NotFoundError: There is no such dataset.
        InvalidInputError: There is no such format, or nothing can be exported in it.
        ConflictError: Another export of this dataset is running.
    """
    dataset = get_dataset(session, dataset_id)
    exporter = EXPORTERS.get(format)
    if dataset.stats.num_records <= PROBED_RECORDS:
        preview_export(
            session, dataset_id=dataset_id, format=format, options=options, selection=selection
        )
    export_id = new_id("exp")
    job = enqueue(session, JOB_KIND, dataset_id, {"export_id": export_id})
    suffix = ".zip" if options.is_archive else exporter.suffix
    export = Export(
        id=export_id,
        dataset_id=dataset_id,
        format=exporter.name,
        options=options,
        selection=selection,
        file_name=f"{_to_file_name(dataset.name)}-{exporter.name}{suffix}",
        job_id=job.id,
        created_at=datetime.now(UTC),
    )
    exports.add_export(session, export)
    return job


def get_export(session: Session, export_id: str) -> Export:
    """One export.

    Raises:
        NotFoundError: There is none.
    """
    return exports.get_export(session, export_id)


def list_exports(
    session: Session, dataset_id: str | None = None, limit: int = MAX_LISTED
) -> list[Export]:
    """The latest exports, newest first; of one dataset or of all."""
    return exports.list_exports(session, dataset_id, limit)


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
            f"The file {export.file_name} is no longer in the data directory. Export it again."
        )
    return path


def _to_file_name(name: str) -> str:
    """A dataset's name in the characters that every file system takes."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "dataset"
