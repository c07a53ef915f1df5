"""What the command line keeps of an error that nobody expected."""

import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

LOG_NAME = "errors.log"


def describe_defect(error: Exception) -> str:
    """Store the traceback in the data directory; returns the one line for the person."""
    what = f"rft itself broke ({type(error).__name__})"
    try:
        log_path = _store(error)
    except Exception as second:  # noqa: BLE001  # the settings or the disk may be what is broken
        return f"{what}: {_first_line(error)} The details could not be stored: {second}"
    return f"{what}; the details are in {log_path}. If it happens again, report it with that file."


def _store(error: Exception) -> Path:
    from rft_app.settings import get_settings

    path = get_settings().folder("logs") / LOG_NAME
    with path.open("a", encoding="utf-8") as log:
        log.write(f"{datetime.now(UTC).isoformat()} {' '.join(sys.argv)}\n")
        traceback.print_exception(error, file=log)
    return path


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
