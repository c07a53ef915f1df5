"""Who may change a dataset's topics now."""

from sqlmodel import Session

from rft_app.domain.pipeline import StepName
from rft_app.errors import ConflictError
from rft_app.jobs.queue import list_active_jobs
from rft_app.services.busy import DUPLICATE, RESTORE
from rft_app.storage import topic_changes
from rft_app.storage.tables import TopicTreeRow

CATEGORIZE = "categorize"
SPLIT = "split_topic"
OTHER_KINDS = frozenset({CATEGORIZE, SPLIT, DUPLICATE, RESTORE})
"""Jobs beside the steps that change what steps read."""
BUSY_KINDS = OTHER_KINDS | {StepName.EXTRACT.value, StepName.TOPICS.value}
"""Jobs that read or write topics; the tree stays as it is while one runs."""


def require_idle(session: Session, dataset_id: str) -> None:
    """Check that no job reads or writes topics.

    Raises:
        ConflictError: One does.
    """
    _refuse(session, dataset_id, BUSY_KINDS)


def require_settled(session: Session, dataset_id: str) -> None:
    """Check that no job beside the steps changes records or topics, which a step would read.

    Raises:
        ConflictError: One does.
    """
    _refuse(session, dataset_id, OTHER_KINDS)


def _refuse(session: Session, dataset_id: str, kinds: frozenset[str]) -> None:
    for job in list_active_jobs(session, dataset_id):
        if job.kind in kinds:
            what = job.kind.replace("_", " ")
            raise ConflictError(
                f"A {what} job works on the topics now. Wait for it or cancel it.", job=job.id
            )


def lock_idle(session: Session, dataset_id: str, version: int | None) -> TopicTreeRow:
    """Take the tree for a change.

    Raises:
        NotFoundError: There is no such dataset.
        ConflictError: The tree is no longer at `version`, or a job works on topics.
    """
    row = topic_changes.lock_tree(session, dataset_id, version)
    require_idle(session, dataset_id)
    return row
