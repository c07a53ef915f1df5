"""From CSV to lines of JSON that keep their line numbers.

record_id,reviewer,thumb,rating,note
rec_1f,Ann,up,,polite
"""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from rft_app.errors import InvalidInputError
from rft_app.traces.draft import ID_FIELDS
from rft_app.traces.feedback_row import CSV_FAULT, FIELDS, SAID_FIELDS
from rft_app.traces.source import HEAD_BYTES, Limits, Source

MAX_CELL_CHARACTERS = 10_000_000
_DELIMITERS = ",;\t"
_JSON_OR_COMPRESSED = (b"{", b"[", b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
_BOM = b"\xef\xbb\xbf"


def open_feedback(path: Path, limits: Limits, *, name: str) -> Source:
    """A file of feedback, whatever its format.

    Raises:
        InvalidInputError: It cannot be read, or its header says that it is no feedback.
    """
    with Source(path, limits, name=name):  # says why it is no text
        is_csv = _is_csv(path)
    return _CsvSource(path, limits, name) if is_csv else Source(path, limits, name=name)


def require_header(path: Path, name: str) -> None:
    """Check the first line of a file, where it is CSV.

    Raises:
        InvalidInputError: It names no record, or nothing to say of one.
    """
    if _is_csv(path):
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            next(iterate_json_lines(iter([file.readline(HEAD_BYTES)]), name))


def _is_csv(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES).removeprefix(_BOM).lstrip()
    return not head.startswith(_JSON_OR_COMPRESSED)


class _CsvSource(Source):
    """A file of CSV, rewritten as JSON lines for as long as it is open."""

    def __init__(self, path: Path, limits: Limits, name: str) -> None:
        self._folder = TemporaryDirectory(prefix="rft-feedback-")
        rewritten = Path(self._folder.name) / "rows.jsonl"
        try:
            with (
                path.open(encoding="utf-8-sig", newline="") as lines,
                rewritten.open("wb") as file,
            ):
                file.writelines(iterate_json_lines(lines, name))
            super().__init__(rewritten, limits, name=name)
        except UnicodeDecodeError as error:
            self._folder.cleanup()
            raise InvalidInputError(f"{name} is not UTF-8 text. Save it as UTF-8.") from error
        except InvalidInputError:
            self._folder.cleanup()
            raise

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self._folder.cleanup()


def iterate_json_lines(lines: Iterable[str], name: str) -> Iterator[bytes]:
    r"""One line of JSON per row, each followed by as many blank ones as the row had more lines.

    Args:
        lines: The file's lines with their line ends.
        name: What a person calls the file.

    Raises:
        InvalidInputError: The header names no record, or nothing to say of one; or quotes are
            not closed.

    Example:
        >>> list(iterate_json_lines(["id;rating\n", "a;5\n"], "a.csv"))
        [b'\n', b'{"id":"a","rating":"5"}\n']
    """
    source = iter(lines)
    first = next(source, "")
    delimiter = max(_DELIMITERS, key=first.count)
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    header = _read_header(first, delimiter, name)
    yield b"\n"
    rows = csv.reader(source, delimiter=delimiter, strict=True)
    line_number = 0
    try:
        for row in rows:
            yield _to_json(header, row) + b"\n" * (rows.line_num - line_number)
            line_number = rows.line_num
    except csv.Error as error:
        raise InvalidInputError(
            f"{name} cannot be read as CSV from line {rows.line_num + 1} on: {error}. Mend the "
            "quotes there."
        ) from error


def _read_header(line: str, delimiter: str, name: str) -> list[str]:
    header = [cell.strip() for row in csv.reader([line], delimiter=delimiter) for cell in row]
    for needed, what in ((ID_FIELDS, "names no record"), (SAID_FIELDS, "says nothing of records")):
        if not set(needed) & set(header):
            raise InvalidInputError(
                f"The first line of {name} {what}. It must hold one of the columns "
                f"{', '.join(needed)}; known are {', '.join(FIELDS)}."
            )
    return header


def _to_json(header: list[str], row: list[str]) -> bytes:
    if not row:
        return b""
    if len(row) <= len(header):
        return msgspec.json.encode(dict(zip(header, row, strict=False)))
    fault = (
        f"The row has {len(row)} cells, the header {len(header)} columns. Put quotes around cells "
        "that hold a separator."
    )
    return msgspec.json.encode({CSV_FAULT: fault})
