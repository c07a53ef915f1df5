"""What a data directory holds of its embedded model: who serves it, where, and three locks.

Locks are the kernel's (`flock`): they end with the process that holds them, however it went, so no
file that a crash leaves behind can lie about what runs.
"""

import fcntl
import os
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import ValidationError

from rft_app.domain.entity import Entity

POLL_S = 0.02


class Served(Entity):
    """A server that takes calls."""

    pid: int
    port: int
    """On loopback."""
    token: str
    """What callers must show; new with each server."""
    adapters: tuple[str, ...] = ()
    """Files of the adapters it loaded; calls name them by their place here."""


class _Wanted(Entity):
    adapters: tuple[str, ...]


class EmbeddedFiles:
    """The folder `embedded` of a data directory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.serving = folder / "serving.lock"
        """Held by the server as long as it lives: this makes it the only one."""
        self.asking = folder / "asking.lock"
        """Held by who looks for a server or starts one."""
        self.users = folder / "users.lock"
        """Shared by all processes that asked."""
        self.needed = folder / "needed.lock"
        """Shared by those that send it calls of a deployment: it may not rest then."""
        self.log = folder / "server.log"
        self._served = folder / "served.json"
        self._wanted = folder / "adapters.json"

    def read_served(self) -> Served | None:
        """Who was announced last; it may be gone (`is_held` on `serving` knows)."""
        try:
            return Served.model_validate_json(self._served.read_bytes())
        except (OSError, ValidationError):
            return None

    def write_served(self, served: Served) -> None:
        """Announce a server, to this user only and in one piece."""
        written = self._served.with_suffix(f".{served.pid}")
        with suppress(FileNotFoundError):
            written.unlink()
        handle = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(served.model_dump_json())
        written.replace(self._served)

    def read_wanted(self) -> tuple[str, ...]:
        """Files of the adapters that the next server loads; those that are gone are left out."""
        try:
            wanted = _Wanted.model_validate_json(self._wanted.read_bytes()).adapters
        except (OSError, ValidationError):
            return ()
        return tuple(path for path in wanted if Path(path).is_file())

    def want(self, adapters: Sequence[str]) -> None:
        """Say which adapters the next server loads."""
        written = self._wanted.with_suffix(f".{os.getpid()}")
        written.write_text(_Wanted(adapters=tuple(adapters)).model_dump_json())
        written.replace(self._wanted)

    def remove_served(self) -> None:
        """Send no more callers."""
        self._served.unlink(missing_ok=True)


@contextmanager
def holding(path: Path, wait_s: float = 0.0) -> Generator[bool]:
    """Hold a lock alone; yields whether it could be had in time."""
    handle = take(path, fcntl.LOCK_EX, wait_s)
    try:
        yield handle is not None
    finally:
        if handle is not None:
            os.close(handle)


def take(path: Path, operation: int, wait_s: float = 0.0) -> int | None:
    """Take a lock until the number returned is closed; `None` if others kept it that long.

    Raises:
        OSError: The file cannot be opened.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(handle, operation | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(handle)
                return None
            time.sleep(POLL_S)
        except BaseException:
            os.close(handle)
            raise
        else:
            return handle


def is_held(path: Path) -> bool:
    """Whether a process holds the lock alone; asking disturbs it for an instant."""
    handle = take(path, fcntl.LOCK_SH)
    if handle is None:
        return True
    os.close(handle)
    return False
