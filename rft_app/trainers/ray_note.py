"""What a worker notes of a job of a Ray cluster, and what that printed, in a training's folder.

The cluster tells all that a job printed at each look.  What was taken is told by the length of the
log itself, so that a worker that is killed at any moment neither repeats nor leaves out a line.
"""

import orjson

from rft_app.domain.entity import Entity
from rft_app.trainers.run_folder import RunFolder

NOTE = "ray.json"


class _Note(Entity):
    job_id: str = ""
    log_from: int = 0
    """Where in the log the job's own begins, in bytes."""


class JobNote:
    """The job that this folder belongs to, or may belong to: it is noted before it is ordered."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        path = folder.path / NOTE
        self._note = _Note.model_validate_json(path.read_bytes()) if path.exists() else _Note()

    @property
    def job_id(self) -> str:
        """Empty before the first."""
        return self._note.job_id

    def begin(self, job_id: str, words: str) -> None:
        """Note a job that is about to be ordered; `words` begin its part of the log."""
        if (job_id, self._size()) != (self._note.job_id, self._note.log_from):
            self._append(f"{words}\n".encode())
            self._keep(_Note(job_id=job_id, log_from=self._size()))

    def follow(self, job_id: str, words: str) -> None:
        """Note a job that was found, unless it is noted."""
        if job_id != self._note.job_id:
            self.begin(job_id, words)

    def take(self, printed: str) -> None:
        """Keep what is new of all that the job printed."""
        raw = printed.encode()
        num_taken = max(0, self._size() - self._note.log_from)
        if len(raw) > num_taken:
            self._append(raw[num_taken:])

    def read_end(self, num_bytes: int = 4_000) -> str:
        """The last that the job printed."""
        if not self._folder.log.exists():
            return ""
        with self._folder.log.open("rb") as log:
            log.seek(max(self._note.log_from, self._size() - num_bytes))
            return log.read().decode(errors="replace")

    def add(self, words: str) -> None:
        """A line of our own within a job's part."""
        raw = f"{words}\n".encode()
        self._append(raw)
        self._keep(self._note.model_copy(update={"log_from": self._note.log_from + len(raw)}))

    def _append(self, raw: bytes) -> None:
        with self._folder.log.open("ab") as log:
            log.write(raw)

    def _keep(self, note: _Note) -> None:
        self._note = note
        self._folder.write(NOTE, orjson.dumps(note.model_dump()))

    def _size(self) -> int:
        return self._folder.log.stat().st_size if self._folder.log.exists() else 0
