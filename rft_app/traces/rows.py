"""Cut a stream of bytes into rows, by line or by array element, without holding more than one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec
from msgspec.structs import replace

EXCERPT_BYTES = 800

_START = re.compile(rb"[^\s,]")
_OUTSIDE = re.compile(rb'["{}\[\],]')
_INSIDE = re.compile(rb'["{}\[\]]')
_TEXT = re.compile(rb'(?:[^"\\]+|\\.)*+', re.DOTALL)


class Damage(StrEnum):
    """What is wrong with a file as a whole."""

    CUT_OFF = "cut_off"
    """Compressed data ends before its end."""
    UNREADABLE = "unreadable"
    """Compressed data cannot be decompressed from some place on."""
    CHECKSUM = "checksum"
    """All of it can be decompressed, but it is not what was compressed."""
    NOT_CLOSED = "not_closed"
    """A JSON array ends before its closing bracket."""


class SourceRow(msgspec.Struct, frozen=True, gc=False):
    """One row of a file."""

    number: int
    """Its line, or its place in the array, from 1."""
    end: int
    """Decompressed bytes of the file up to the end of this row."""
    data: bytes
    """The row; of one that is too long only the beginning."""
    size_bytes: int
    is_too_long: bool = False
    is_after_array: bool = False
    """Whether it stands after the array's closing bracket."""
    damage: Damage | None = None
    """Set on the last row where the file is not whole; it holds a piece of a row, or nothing."""


def split_lines(
    chunks: Iterator[bytes], number: int, offset: int, max_bytes: int
) -> Iterator[SourceRow]:
    r"""Rows between `\n`; blank ones count but are left out.

    Of a line that is too long no more than the limit and one chunk is ever held.
    """
    carry, num_dropped = b"", 0
    for chunk in chunks:
        *lines, carry = (carry + chunk).split(b"\n")
        for line in lines:
            size, num_dropped = len(line) + num_dropped, 0
            number, offset = number + 1, offset + size + 1
            if row := _line(line, number, offset, size, max_bytes):
                yield row
        if len(carry) > max_bytes:
            num_dropped += len(carry) - max_bytes
            carry = carry[:max_bytes]
    size = len(carry) + num_dropped
    if row := _line(carry, number + 1, offset + size, size, max_bytes):
        yield row


def _line(line: bytes, number: int, end: int, size: int, max_bytes: int) -> SourceRow | None:
    if size > max_bytes:
        return SourceRow(number, end, line[:EXCERPT_BYTES], size, is_too_long=True)
    return SourceRow(number, end, line, size) if line and not line.isspace() else None


def split_array(
    chunks: Iterator[bytes], number: int, offset: int, max_bytes: int
) -> Iterator[SourceRow]:
    """Elements of a JSON array.

    Args:
        chunks: The bytes from `offset` on.
        number: Elements done before.
        offset: Where the last of them ended; with `number` 0, where the array begins.
        max_bytes: Longest element.
    """
    scan = _ArrayScan(number=number, base=offset, max_bytes=max_bytes, is_open=number > 0)
    for chunk in chunks:
        yield from scan.feed(chunk)
    yield from scan.finish()


def split_objects(
    chunks: Iterator[bytes], number: int, offset: int, max_bytes: int
) -> Iterator[SourceRow]:
    """Objects one after the other, however they are laid out; or an array inside of an object.

    What follows the array's end is passed over.

    Args:
        chunks: The bytes from `offset` on.
        number: Objects done before.
        offset: Where the last of them ended; with `number` 0, where the first or the array begins.
        max_bytes: Longest object.
    """
    scan = _ArrayScan(number=number, base=offset, max_bytes=max_bytes, is_open=number > 0)
    for chunk in chunks:
        scan.is_open = scan.is_open or not chunk.startswith(b"[")
        yield from scan.feed(chunk)
    if scan.start is not None:
        yield from scan.finish()


@dataclass(slots=True)
class _ArrayScan:
    """Where a scan is: `buffer[position:]` is not looked at yet."""

    number: int
    base: int
    """Place of `buffer[0]` in the file."""
    max_bytes: int
    is_open: bool
    """Whether the opening bracket was seen."""
    is_closed: bool = False
    buffer: bytes = b""
    position: int = 0
    start: int | None = None
    """Place in the file where the running element began; `None` between elements."""
    head: bytes = b""
    """Beginning of an element that is too long to hold."""
    depth: int = 0
    in_text: bool = False
    after: bytes = field(default=b"")

    def feed(self, chunk: bytes) -> Iterator[SourceRow]:
        self.buffer += chunk
        while True:
            if self.start is None and not self._find_start():
                break
            if not self._find_end():
                break
            yield self._take()
        self._forget()

    def finish(self) -> Iterator[SourceRow]:
        """What stands at the end and is no complete element."""
        if self.start is not None:
            self.position = len(self.buffer)
            yield replace(self._take(), damage=Damage.NOT_CLOSED)
            return
        end = self.base + len(self.buffer)
        if self.after:
            after = self.after[:EXCERPT_BYTES]
            yield SourceRow(self.number + 1, end, after, len(after), is_after_array=True)
        elif self.is_open and not self.is_closed:
            yield SourceRow(self.number + 1, end, b"", 0, damage=Damage.NOT_CLOSED)

    def _find_start(self) -> bool:
        while found := _START.search(self.buffer, self.position):
            self.position = found.end()
            if self.is_closed:
                self.after = self.after or self.buffer[found.start() :][:EXCERPT_BYTES]
                break
            if not self.is_open:
                self.is_open = True
            elif found[0] == b"]":
                self.is_closed = True
            else:
                self.position = found.start()
                self.start = self.base + self.position
                self.depth, self.in_text, self.head = 0, False, b""
                return True
        self.position = len(self.buffer)
        return False

    def _find_end(self) -> bool:
        """Move to the end of the running element; false when more bytes are needed."""
        while self.position < len(self.buffer):
            if self.in_text and not self._leave_text():
                return False
            pattern = _INSIDE if self.depth else _OUTSIDE
            found = pattern.search(self.buffer, self.position)
            if found is None:
                self.position = len(self.buffer)
                return False
            if self._step(found):
                return True
        return False

    def _leave_text(self) -> bool:
        found = _TEXT.match(self.buffer, self.position)
        self.position = found.end() if found else self.position
        if self.buffer[self.position : self.position + 1] != b'"':
            return False
        self.position += 1
        self.in_text = False
        return True

    def _step(self, found: re.Match[bytes]) -> bool:
        """Take one structural byte; true when the element ends here."""
        mark = found[0]
        if not self.depth and mark in b",]}":
            self.position = found.start() + (mark == b"}")
            return True
        self.position = found.end()
        if mark == b'"':
            self.in_text = True
        elif mark in b"{[":
            self.depth += 1
        else:
            self.depth -= 1
            return not self.depth
        return False

    def _take(self) -> SourceRow:
        start = self.base if self.start is None else self.start
        end = self.base + self.position
        data = self.head or self.buffer[start - self.base : self.position]
        self.start = None
        self.number += 1
        if end - start > self.max_bytes:
            return SourceRow(self.number, end, data[:EXCERPT_BYTES], end - start, is_too_long=True)
        return SourceRow(self.number, end, data, end - start)

    def _forget(self) -> None:
        """Drop the bytes that are done, and those of an element beyond the limit."""
        keep = self.position if self.start is None else max(self.start - self.base, 0)
        if self.head or len(self.buffer) - keep > self.max_bytes:
            self.head = self.head or self.buffer[keep : keep + EXCERPT_BYTES]
            keep = self.position
        self.buffer = self.buffer[keep:]
        self.position -= keep
        self.base += keep
