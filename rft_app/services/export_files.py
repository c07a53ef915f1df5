"""Write the file of an export: whole or not at all, in flat memory, the same bytes every time."""

import errno
import os
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Protocol, Self
from zipfile import ZIP_DEFLATED, ZipFile

from rft_app.errors import ConflictError

JOIN_BYTES: Final = 1 << 20
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
    num_rows: int | None
    """`None` for a file that holds no examples."""
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


def write_pieces(
    target: Writes, pieces: Iterable[bytes], report: Callable[[], None]
) -> tuple[int, str]:
    """Write a file's bytes, many small pieces at once, and call `report` now and then.

    Returns:
        The number of bytes, and their SHA-256 in hexadecimal.
    """
    size = 0
    waiting: list[bytes] = []
    with _PieceWriter(target) as writer:
        for piece in pieces:
            waiting.append(piece)
            size += len(piece)
            if size >= JOIN_BYTES:
                writer.write(b"".join(waiting))
                report()
                waiting.clear()
                size = 0
        writer.write(b"".join(waiting))
        report()
    return writer.num_bytes, writer.sha256


class _PieceWriter:
    """Hashes and writes in a thread, one piece behind: both let go of Python's lock."""

    def __init__(self, target: Writes) -> None:
        self._target = target
        self._digest = sha256()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="export")
        self._pending: Future[None] | None = None
        self.num_bytes = 0

    @property
    def sha256(self) -> str:
        """Of all that was written, hexadecimal."""
        return self._digest.hexdigest()

    def write(self, piece: bytes) -> None:
        """Hand over a piece; raises what writing the one before raised."""
        self._wait()
        self.num_bytes += len(piece)
        self._pending = self._pool.submit(self._write, piece)

    def _write(self, piece: bytes) -> None:
        self._digest.update(piece)
        self._target.write(piece)

    def _wait(self) -> None:
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown()
        if error is None:
            self._wait()


def hash_bytes(content: bytes) -> str:
    """SHA-256, hexadecimal."""
    return sha256(content).hexdigest()


def hash_file(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    digest = sha256()
    with path.open("rb") as file:
        while piece := file.read(JOIN_BYTES):
            digest.update(piece)
    return digest.hexdigest()
