"""What a format is told about the file it writes, and how rows become that file."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from rft_app.domain.export import ExportOptions, Lack
from rft_app.domain.split import Split

Encode = Callable[[Any], bytes | Lack]
r"""Writes one example as a line ending in `\n`, or says what it lacks; takes the format's unit."""


def _no_score(_seq: int) -> float | None:
    return None


@dataclass(frozen=True, slots=True)
class FileContext:
    """Everything beside the records that may decide the bytes of a file."""

    options: ExportOptions = field(default_factory=ExportOptions)
    dataset_name: str = ""
    created_at: str = ""
    """When the snapshot was frozen, ISO 8601."""
    split: Split = Split.TRAIN
    score_of: Callable[[int], float | None] = _no_score
    """Mean reward of a record's rollouts in the latest dry run, by the record's key."""


class Layout(Protocol):
    """How the lines of an encoder become a file."""

    @property
    def suffix(self) -> str:
        """File extension, with the dot."""
        ...

    @property
    def rows_at_once(self) -> int:
        """Rows that the file itself packs together; 0 where they are text."""
        ...

    @property
    def copies_rows(self) -> bool:
        """Whether rows that are joined make the same file."""
        ...

    def frame(self, rows: Iterable[bytes], about: bytes = b"") -> Iterable[bytes]:
        """The file's bytes in pieces.

        Args:
            rows: Lines of the encoder.
            about: Where the file comes from, as JSON; kept where readers of rows do not meet it.
        """
        ...

    def show(self, rows: Iterable[bytes]) -> list[bytes]:
        """The rows as a preview shows them: their bytes in the file, or what a reader gets."""
        ...


@dataclass(frozen=True, slots=True)
class Lines:
    """One row a line, after a header where there is one."""

    suffix: str = ".jsonl"
    header: bytes = b""
    rows_at_once: int = 0
    copies_rows: bool = True

    def frame(self, rows: Iterable[bytes], about: bytes = b"") -> Iterable[bytes]:
        """The rows as they are; a line about the file would be read as a row."""
        return self._after_header(rows) if self.header else rows

    def show(self, rows: Iterable[bytes]) -> list[bytes]:
        """The rows as they are."""
        return list(rows)

    def _after_header(self, rows: Iterable[bytes]) -> Iterator[bytes]:
        yield self.header
        yield from rows


@dataclass(frozen=True, slots=True)
class JsonArray:
    """One array with a row a line."""

    suffix: str = ".json"
    rows_at_once: int = 0
    copies_rows: bool = False

    def frame(self, rows: Iterable[bytes], about: bytes = b"") -> Iterator[bytes]:
        """The rows between brackets, with commas."""
        begin = b"[\n"
        for row in rows:
            yield begin + row[:-1]
            begin = b",\n"
        yield b"[]\n" if begin == b"[\n" else b"\n]\n"

    def show(self, rows: Iterable[bytes]) -> list[bytes]:
        """The rows without the commas between them."""
        return list(rows)


LINES: Final = Lines()
ARRAY: Final = JsonArray()
