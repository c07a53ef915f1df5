"""Whether somebody's work keeps a dataset as it is."""

from sqlmodel import Session

from rft_app.errors import ConflictError
from rft_app.jobs.queue import list_active_jobs
from rft_app.storage import jobs
from rft_app.storage.datasets import get_dataset_row

BACKGROUND_KINDS = frozenset({"search_index", "trace_index"})
"""Jobs that nobody asked for; they do not keep a dataset."""
DUPLICATE = "duplicate"


RESTORE = "restore"


def require_idle(session: Session, dataset_id: str) -> None:
    """Check that no job works on a dataset.

    Raises:
        NotFoundError: There is no such dataset.
        ConflictError: One does; it is named.
    """
    name = get_dataset_row(session, dataset_id).name
    for job in list_active_jobs(session, dataset_id):
        if job.kind not in BACKGROUND_KINDS:
            raise _busy(name, f"busy with {job.kind.replace('_', ' ')}", job.id)
    for job in jobs.list_active(session):
        if job.kind == DUPLICATE and job.args.get("source_id") == dataset_id:
            raise _busy(name, "being duplicated", job.id)


def require_stable(session: Session, dataset_id: str) -> None:
    """Check that the records of a dataset are not being exchanged as a whole.

    Raises:
        NotFoundError: There is no such dataset.
        ConflictError: They are.
    """
    name = get_dataset_row(session, dataset_id).name
    for job in list_active_jobs(session, dataset_id):
        if job.kind in {DUPLICATE, RESTORE}:
            raise _busy(name, f"busy with {job.kind}", job.id)


def _busy(name: str, state: str, job_id: str) -> ConflictError:
    return ConflictError(f"{name} is {state}. Wait for that job or cancel it first.", job=job_id)
