"""One cheap question: did anything change that a browser may be showing?"""

from datetime import UTC, datetime, timedelta

from sqlmodel import Session, col, func, select

from rft_app.storage.tables import DatasetRow, JobRow, StepRow, WorkerRow

HEARTBEAT_LIMIT = timedelta(seconds=15)
"""A worker whose last heartbeat is older is not counted as alive."""


def read_fingerprint(session: Session) -> str:
    """A text that differs whenever a job, a dataset, a step or the set of live workers does."""
    parts: list[object] = []
    for query in (
        select(func.count(), func.max(JobRow.updated_at)).select_from(JobRow),
        select(func.count(), func.max(DatasetRow.updated_at)).select_from(DatasetRow),
        select(func.count(), func.max(StepRow.finished_at)).select_from(StepRow),
    ):
        parts.extend(session.exec(query).one())
    return " ".join(str(part) for part in (*parts, count_live_workers(session)))


def count_live_workers(session: Session) -> int:
    """Workers with a young heartbeat."""
    since = datetime.now(UTC) - HEARTBEAT_LIMIT
    query = select(func.count()).select_from(WorkerRow).where(col(WorkerRow.heartbeat_at) > since)
    return session.exec(query).one()
