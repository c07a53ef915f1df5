"""Files that come together in one upload, one behind the other."""

from pathlib import Path
from typing import Protocol

from rft_app.domain.imports import GivenFile
from rft_app.settings import get_settings
from rft_app.storage.ids import new_id
from rft_app.ui.words import count, size


class Chunk(Protocol):
    """A piece of a file."""

    @property
    def filename(self) -> str | None:
        """What the sender calls it."""
        ...

    @property
    def offset(self) -> int:
        """Where the piece stands in its file."""
        ...

    @property
    def data(self) -> bytes:
        """The piece."""
        ...


class Receiving:
    """Writes pieces to where they belong; all files together are bounded."""

    def __init__(self, first: Path, max_bytes: int, max_files: int) -> None:
        self.files: list[GivenFile] = []
        self.is_taken = False
        """Whether somebody else deletes the files."""
        self._first = first
        self._max_bytes = max_bytes
        self._max_files = max_files
        self._sizes: list[int] = []

    @property
    def words(self) -> str:
        """What is on its way."""
        name, num_before = self.files[-1].name, len(self.files) - 1
        return f"{name}, after {count(num_before, 'file')}" if num_before else name

    def begins_with(self, chunk: Chunk) -> bool:
        """Whether a piece is the first of its file."""
        if chunk.offset and self.files:
            return False
        path = get_settings().folder("uploads") / new_id("upl") if self.files else self._first
        self.files.append(GivenFile(path, Path(chunk.filename or "upload").name))
        self._sizes.append(0)
        return True

    def write(self, chunk: Chunk) -> None:
        """Store a piece of the last file, unless there is too much already."""
        self._sizes[-1] = max(self._sizes[-1], chunk.offset + len(chunk.data))
        if sum(self._sizes) > self._max_bytes or len(self.files) > self._max_files:
            return
        path = self.files[-1].path
        with path.open("r+b" if path.exists() else "w+b") as file:
            file.seek(chunk.offset)
            file.write(chunk.data)

    def find_fault(self, num_before: int) -> str:
        """Why the files cannot be taken beside so many others; empty where they can."""
        if not any(self._sizes):
            return "The file is empty." if len(self.files) < 2 else "The files are empty."
        if sum(self._sizes) > self._max_bytes:
            limit = f"at most {size(self._max_bytes)} are taken (RFT_MAX_FILE_BYTES)."
            who = "It has" if len(self.files) == 1 else "They have"
            return f"{who} {size(sum(self._sizes))}; {limit}"
        if (number := num_before + len(self.files)) > self._max_files:
            return f"These are {number} files; at most {self._max_files} are taken at a time."
        empty = next((f.name for f, n in zip(self.files, self._sizes, strict=True) if not n), "")
        return f"{empty} is empty. Leave it out." if empty else ""

    def close(self) -> None:
        """Delete what nobody took."""
        if not self.is_taken:
            for file in self.files:
                file.path.unlink(missing_ok=True)
