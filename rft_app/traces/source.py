"""Open a file of rows, plain or compressed, and give its rows one by one in little memory."""

import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Protocol

import zstandard
from msgspec.structs import replace

from rft_app.errors import InvalidInputError, TooLargeError
from rft_app.traces.compressed import is_whole
from rft_app.traces.rows import Damage, SourceRow, split_array, split_lines, split_objects

CHUNK_BYTES = 1 << 18
"""Small enough that rows are still in the processor's cache when they are parsed."""
HEAD_BYTES = 1 << 16

_LAID_OUT = re.compile(rb'\{[ \t\r]*+\n\s*+"')
"""How an object begins that stands on several lines."""
_ENVELOPE = re.compile(
    rb'\s*+\{\s*+(?:"[^"\\]*+"\s*+:\s*+(?:"[^"\\]*+"|[-+.0-9eE]++|true|false|null)\s*+,\s*+)*+'
    rb'"(?:data|inferences)"\s*+:\s*+(?=\[)'
)
"""What stands before the rows in the answer of an API."""
_BOM = b"\xef\xbb\xbf"
_DAMAGE = (gzip.BadGzipFile, zlib.error, zstandard.ZstdError)
_FOREIGN = {
    b"PK\x03\x04": "is a zip archive. Unpack it and import the file inside",
    b"PAR1": "is a Parquet file. Save it as JSONL",
    b"%PDF": "is a PDF document. Import JSONL or a JSON array",
    b"\xff\xfe": "is UTF-16 text. Save it as UTF-8",
    b"\xfe\xff": "is UTF-16 text. Save it as UTF-8",
}


class _Readable(Protocol):
    def read1(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Limits:
    """The largest file and row that are read, in bytes after decompression."""

    max_file_bytes: int
    max_line_bytes: int


class Source(AbstractContextManager["Source"]):
    """A file of rows: JSON lines or one JSON array, as it is or compressed by gzip or zstd.

    Objects may be laid out over several lines where the first line says so, an API's answer with
    its rows in `data` among them.

    Raises:
        InvalidInputError: It is missing, empty, binary or damaged from its beginning.
        TooLargeError: It has more bytes than the limit.
    """

    def __init__(self, path: Path, limits: Limits, *, name: str | None = None) -> None:
        self.path = path
        self.name = name or path.name
        self.limits = limits
        self._damage: Damage | None = None
        self._is_zstd = False
        try:
            self.size_bytes = path.stat().st_size
            self._file: BufferedReader = path.open("rb")
        except OSError as error:
            reason = error.strerror or "unreadable"
            raise InvalidInputError(f"{self.name} cannot be read: {reason}.") from error
        try:
            self._stream = self._decompress()
            self._start_bytes = 0
            self._split = self._look()
        except InvalidInputError:
            self._file.close()
            raise

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def position_bytes(self) -> int:
        """How much of the file on disk was read, of `size_bytes`."""
        return self._file.tell()

    def rows(self, offset: int = 0, num_done: int = 0) -> Iterator[SourceRow]:
        """Rows from a place that an earlier reading reached.

        Where the file is not whole, the last row says so (`SourceRow.damage`).

        Args:
            offset: `SourceRow.end` of the last row done, or 0.
            num_done: Its number, or 0.
        """
        start = max(offset, self._start_bytes)
        last = SourceRow(num_done, start, b"", 0)
        for row in self._split(self._chunks(start), num_done, start, self.limits.max_line_bytes):
            last = row if self._damage is None else self._spoil(row, self._damage)
            yield last
        if self._damage is not None and last.damage is None:
            yield SourceRow(last.number + 1, last.end, b"", 0, damage=self._damage)

    @staticmethod
    def _spoil(row: SourceRow, damage: Damage) -> SourceRow:
        """A row after whose bytes nothing could be read is a piece, unless the end was there."""
        is_whole = row.damage is None and damage is Damage.CHECKSUM
        return row if is_whole else replace(row, damage=damage)

    def _look(self) -> Callable[[Iterator[bytes], int, int, int], Iterator[SourceRow]]:
        """Read the head: refuse what is no text; say how its rows are laid out."""
        head = self._read_head()
        self._start_bytes = len(_BOM) if head.startswith(_BOM) else 0
        if not head:
            raise InvalidInputError(f"{self.name} is empty.")
        for magic, what in _FOREIGN.items():
            if head.startswith(magic):
                raise InvalidInputError(f"{self.name} {what}.")
        if (zero := head.find(b"\0")) >= 0:
            raise InvalidInputError(
                f"{self.name} is not text (byte 0x00 at position {zero:,}). "
                "Import JSONL or a JSON array, plain or compressed by gzip or zstd."
            )
        text = head.removeprefix(_BOM).lstrip()
        if text.startswith(b"["):
            return split_array
        if not _LAID_OUT.match(text):
            return split_lines
        if envelope := _ENVELOPE.match(head, self._start_bytes):
            self._start_bytes = envelope.end()
        return split_objects

    def _chunks(self, start: int) -> Iterator[bytes]:
        self._file.seek(0)
        self._stream = self._decompress()
        self._damage = None
        total = self._skip(start)
        while chunk := self._read(CHUNK_BYTES):
            total += len(chunk)
            if total > self.limits.max_file_bytes:
                raise TooLargeError(
                    f"{self.name} holds more than {self.limits.max_file_bytes:,} bytes, the limit "
                    "of RFT_MAX_FILE_BYTES. Split it or raise the limit."
                )
            yield chunk

    def _read_head(self) -> bytes:
        head = b""
        while len(head) < HEAD_BYTES and (chunk := self._read(HEAD_BYTES - len(head))):
            head += chunk
        if not head and self._damage is not None:
            raise InvalidInputError(
                f"{self.name} is damaged or cut off: nothing of it can be decompressed. "
                "Copy or upload it again."
            )
        return head

    def _skip(self, start: int) -> int:
        """Go to the decompressed byte `start`; compressed data has to be read again."""
        if self._stream is self._file:
            self._file.seek(start)
            return start
        left = start
        while left and (chunk := self._read(min(left, CHUNK_BYTES))):
            left -= len(chunk)
        return start

    def _decompress(self) -> _Readable:
        magic = self._file.read(4)
        self._file.seek(0)
        if magic[:2] == b"\x1f\x8b":
            return gzip.GzipFile(fileobj=self._file)
        if magic == b"\x28\xb5\x2f\xfd":
            self._is_zstd = True
            decompressor = zstandard.ZstdDecompressor()
            return decompressor.stream_reader(self._file, read_across_frames=True, closefd=False)
        return self._file

    def _read(self, size: int) -> bytes:
        """Some bytes; none at the end, and where the file breaks off."""
        try:
            chunk = self._stream.read1(size)
        except EOFError:
            self._damage = Damage.CUT_OFF
            return b""
        except _DAMAGE as error:
            is_checksum = "check" in str(error)  # its own words tell more than its type
            self._damage = Damage.CHECKSUM if is_checksum else Damage.UNREADABLE
            return b""
        if not chunk and self._is_zstd and not is_whole(self._file, self.size_bytes):
            self._damage = Damage.CUT_OFF
        return chunk
