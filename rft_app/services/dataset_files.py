"""The files of a dataset on disk: its exports and trainings, and what was uploaded for it."""

import logging
import shutil
from collections.abc import Iterable
from pathlib import Path

from sqlmodel import Session

from rft_app.domain.export import KEPT_FOR
from rft_app.settings import get_settings
from rft_app.storage import exports, imports, training_runs
from rft_app.storage.session import reading

logger = logging.getLogger(__name__)
MAX_EXPORTS = 1_000_000
ABANDONED_AFTER_S = 24 * 3_600


def find_files(session: Session, dataset_id: str) -> tuple[Path, ...]:
    """Folders of exports and trainings, and uploads; a file from elsewhere is its owner's."""
    made = exports.list_exports(session, dataset_id, MAX_EXPORTS)
    folders = [get_settings().folder("exports") / export.id for export in made]
    uploads = get_settings().folder("uploads")
    paths = map(Path, imports.list_paths(session, dataset_id))
    folders += [
        get_settings().folder("training") / run_id
        for run_id in training_runs.list_run_ids(session, dataset_id)
    ]
    return (*folders, *(path for path in paths if path.is_relative_to(uploads)))


def remove_abandoned_uploads(now_s: float) -> None:
    """Remove uploads of a day ago that no import names: their tab was closed before "Create".

    Args:
        now_s: Seconds since the epoch.
    """
    files = [path for path in get_settings().folder("uploads").iterdir() if path.is_file()]
    old = [path for path in files if now_s - path.stat().st_mtime > ABANDONED_AFTER_S]
    if not old:
        return
    with reading() as session:
        named = imports.find_imported_paths(session, (str(path.resolve()) for path in old))
    remove_files(path for path in old if str(path.resolve()) not in named)


def remove_expired_exports(now_s: float) -> None:
    """Remove the files of exports that were made too long ago; their entries stay.

    Args:
        now_s: Seconds since the epoch.
    """
    folders = [path for path in get_settings().folder("exports").iterdir() if path.is_dir()]
    remove_files(
        path for path in folders if now_s - path.stat().st_mtime > KEPT_FOR.total_seconds()
    )


def remove_files(paths: Iterable[Path]) -> None:
    """Remove files and folders; what cannot be removed is logged and stays."""
    for path in paths:
        try:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            logger.warning("%s stays on disk: %s", path, error.strerror)
