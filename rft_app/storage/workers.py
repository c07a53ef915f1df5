"""Workers in the database: who lives, since when, heard of when."""

from datetime import UTC, datetime

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from rft_app.domain.worker import Worker
from rft_app.storage.tables import WorkerRow

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def add_worker(session: Session, worker: Worker) -> None:
    """Register a worker."""
    session.add(WorkerRow(**worker.model_dump()))
    session.flush()


def list_workers(session: Session) -> list[Worker]:
    """Everyone registered, dead or alive, oldest first."""
    rows = session.exec(select(WorkerRow).order_by(col(WorkerRow.id)))
    return [_to_worker(row) for row in rows]


def beat(session: Session, worker_id: str, now: datetime) -> bool:
    """Say that a worker lives; `False` when others gave it up and took its jobs."""
    alive = update(WorkerRow).where(col(WorkerRow.id) == worker_id).values(heartbeat_at=now)
    return session.exec(alive).rowcount == 1


def lock_worker(session: Session, worker_id: str) -> Worker | None:
    """The worker, which nobody else can lock until this transaction ends; `None` if gone."""
    query = select(WorkerRow).where(WorkerRow.id == worker_id).with_for_update()
    row = session.exec(query).first()
    return row and _to_worker(row)


def retire_worker(session: Session, worker_id: str) -> None:
    """Let others take its jobs at once."""
    retired = update(WorkerRow).where(col(WorkerRow.id) == worker_id)
    session.exec(retired.values(heartbeat_at=_LONG_AGO))


def delete_worker(session: Session, worker_id: str) -> None:
    """Strike a worker off."""
    session.exec(delete(WorkerRow).where(col(WorkerRow.id) == worker_id))


def _to_worker(row: WorkerRow) -> Worker:
    return Worker(
        id=row.id,
        pid=row.pid,
        host=row.host,
        started_at=row.started_at,
        heartbeat_at=row.heartbeat_at,
    )
