"""Write the file of an export: whole or not at all, in flat memory, the same bytes every time."""

import errno
import os
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Final, Protocol
from zipfile import ZIP_DEFLATED, ZipFile

from rft_app.errors import ConflictError

JOIN_BYTES: Final = 1 << 18
_NO_ROOM: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Writes(Protocol):
    """Anything with `write`."""

    def write(self, data: bytes, /) -> object:
        """Take these bytes."""
        ...


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """What a data file came to."""

    name: str
    num_rows: int
    num_bytes: int
    sha256: str


def partial_path(path: Path) -> Path:
    """The name under which a file is written before it is complete."""
    return path.with_name(path.name + ".partial")


@contextmanager
def whole_file(path: Path) -> Generator[IO[bytes]]:
    """Open a file that appears under its name only when the block ends well.

    Raises:
        ConflictError: The disk is full.
    """
    partial = partial_path(path)
    try:
        with _disk_errors(path):
            with partial.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
    finally:
        with suppress(FileNotFoundError):
            partial.unlink()


@contextmanager
def _disk_errors(path: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        raise ConflictError(
            f"There is no room left on the disk of {path.parent}. Nothing was written; free some "
            "space and export again.",
            path=str(path),
        ) from error


@contextmanager
def open_archive(file: IO[bytes], compression_level: int) -> Generator[ZipFile]:
    """A zip to add entries to one after the other; its entries carry no time of their own."""
    with ZipFile(
        file, "w", compression=ZIP_DEFLATED, allowZip64=True, compresslevel=compression_level
    ) as archive:
        yield archive


def write_lines(target: Writes, name: str, lines: Iterable[bytes]) -> WrittenFile:
    """Write lines in large pieces and keep count."""
    digest = sha256()
    num_rows = num_bytes = size = 0
    waiting: list[bytes] = []
    for line in lines:
        waiting.append(line)
        num_rows += 1
        size += len(line)
        if size >= JOIN_BYTES:
            num_bytes += _flush(target, digest, waiting)
            size = 0
    num_bytes += _flush(target, digest, waiting)
    return WrittenFile(name, num_rows, num_bytes, digest.hexdigest())


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...


def _flush(target: Writes, digest: _Digest, waiting: list[bytes]) -> int:
    piece = b"".join(waiting)
    waiting.clear()
    digest.update(piece)
    target.write(piece)
    return len(piece)


def hash_file(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    digest = sha256()
    with path.open("rb") as file:
        while piece := file.read(JOIN_BYTES):
            digest.update(piece)
    return digest.hexdigest()
