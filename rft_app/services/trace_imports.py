"""Use case: traces from a file that arrive as those of a gateway do, for no dataset yet."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sqlmodel import Session

from rft_app.domain.imports import GivenFile
from rft_app.domain.job import Job
from rft_app.errors import InvalidInputError
from rft_app.services.imports import enqueue_import, note_import, require_size
from rft_app.settings import get_settings
from rft_app.storage.ids import new_id
from rft_app.traces.arriving import choose_format
from rft_app.traces.rows import SourceRow
from rft_app.traces.source import Limits, Source

ARRIVALS = "arrivals"
MAX_JOINED: Final = 4
"""Files of one export whose rows belong together; a batch has two or three."""


def start_trace_import(
    session: Session, *, path: Path, file_name: str, format_name: str | None = None
) -> Job:
    """Start to read a file of traces; they are listed and selected like all that arrived.

    Args:
        session: A unit of work.
        path: The file; one below the uploads folder is deleted after the import, others stay.
        file_name: What a person calls it.
        format_name: The only format to accept; `None` finds each row's own.

    Raises:
        InvalidInputError: The file is empty, binary or damaged, or there is no such format.
        TooLargeError: It is larger than the limit.
    """
    choose_format(format_name)
    require_size(path, file_name)
    settings = get_settings()
    with Source(path, Limits(settings.max_file_bytes, settings.max_line_bytes), name=file_name):
        import_id = note_import(session, None, ARRIVALS, path, file_name)
    return enqueue_import(session, "import_arrivals", None, import_id, {"format": format_name})


def join_files(files: Sequence[GivenFile]) -> GivenFile:
    """Several files as one, below the uploads folder, so that their rows can be joined.

    Each row becomes a line, whatever its file is: lines, an array, compressed.  A file alone stays
    as it is.

    Raises:
        InvalidInputError: One of them is empty, binary or damaged.
        TooLargeError: One of them is larger than the limit.
    """
    if len(files) == 1:
        return files[0]
    settings = get_settings()
    joined = settings.folder("uploads") / new_id("up")
    limits = Limits(settings.max_file_bytes, settings.max_otlp_bytes)
    try:
        with joined.open("wb") as out:
            for path, name in files:
                require_size(path, name)
                with Source(path, limits, name=name) as source:
                    for row in source.rows():
                        _require_whole(row, name)
                        out.write(row.data.replace(b"\n", b" ") + b"\n")
    except BaseException:
        joined.unlink(missing_ok=True)
        raise
    return GivenFile(joined, " + ".join(file.name for file in files))


def _require_whole(row: SourceRow, name: str) -> None:
    if row.damage is not None:
        raise InvalidInputError(f"{name} is damaged or cut off. Copy or upload it again.")
