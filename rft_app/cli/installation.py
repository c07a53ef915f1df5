"""Before a verb touches the database: its schema is current, whoever comes first."""

import fcntl
import sys
from pathlib import Path

from rft_app.settings import get_settings

ROOT = Path(__file__).resolve().parents[2]
FRONT_END = ROOT / ".web" / "build" / "client" / "index.html"


def ensure_schema() -> None:
    """Create or upgrade the database; one process at a time, the others wait."""
    from rft_app.storage.migrations import migrate

    folder = get_settings().folder(".")
    with (folder / "migrate.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        migrate()


def rft_command(*args: str) -> list[str]:
    """This command line with this Python."""
    return [sys.executable, "-m", "rft_app.cli", *args]
