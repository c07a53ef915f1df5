"""Export a dataset from the command line."""

import shutil
from pathlib import Path

from rft_app.api.schemas.export import Export as WireExport
from rft_app.cli.following import following
from rft_app.cli.installation import ensure_schema
from rft_app.cli.output import write_json, write_line
from rft_app.domain.export import Export, ExportOptions
from rft_app.domain.record import Selection
from rft_app.errors import InvalidInputError
from rft_app.services.exports import get_export, open_export, start_export
from rft_app.storage.session import reading, unit_of_work


def run_export(
    dataset_id: str, format_name: str, options: ExportOptions, out: Path, *, is_json: bool
) -> None:
    """Export into `out` and print what was written.

    Raises:
        InvalidInputError: The folder of `out` does not exist.
        RftError: The export failed; nothing was written to `out`.
    """
    if not out.is_dir() and not out.absolute().parent.is_dir():
        raise InvalidInputError(f"There is no folder {out.absolute().parent}.")
    ensure_schema()
    with unit_of_work() as session:
        job = start_export(
            session,
            dataset_id=dataset_id,
            format=format_name,
            options=options,
            selection=Selection(),
        )
    with following() as follower:
        job = follower.follow(job, "Export")
    with reading() as session:
        made = get_export(session, (job.result or {})["export_id"])
    target = out / made.file_name if out.is_dir() else out
    _copy(made, target)
    if is_json:
        write_json({**WireExport.of(made).to_json(), "path": str(target.absolute())})
        return
    size = f"{made.size_bytes:,} bytes" if made.size_bytes is not None else "unknown size"
    write_line(f"{target}: {made.num_train:,} train, {made.num_test:,} test, {size}")


def _copy(made: Export, target: Path) -> None:
    """Put the file where it was asked for; never half of it."""
    part = target.with_name(f"{target.name}.part")
    try:
        shutil.copyfile(open_export(made), part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
