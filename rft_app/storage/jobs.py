"""Jobs in the database: the outbox, and what workers write of their work."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import literal, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from rft_app.domain.job import Job, JobError, JobStatus
from rft_app.errors import ConflictError, NotFoundError
from rft_app.storage.ids import new_id
from rft_app.storage.tables import JobRow

ACTIVE = (JobStatus.QUEUED.value, JobStatus.RUNNING.value)


@dataclass(frozen=True)
class Progress:
    """How far a job is."""

    done: int
    total: int | None
    label: str


def add_job(session: Session, kind: str, dataset_id: str | None, args: dict[str, Any]) -> Job:
    """Add a queued job.

    Raises:
        ConflictError: An active one of this kind and dataset was added at the same moment.
    """
    now = datetime.now(UTC)
    row = JobRow(
        id=new_id("job"),
        kind=kind,
        dataset_id=dataset_id,
        args=args,
        status=JobStatus.QUEUED.value,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        raise ConflictError(f"This dataset already has an active {kind} job.") from error
    return to_job(row)


def find_job(session: Session, job_id: str) -> Job | None:
    """The job, as the database has it now."""
    row = session.get(JobRow, job_id, populate_existing=True)
    return row and to_job(row)


def find_active(session: Session, kind: str, dataset_id: str) -> Job | None:
    """The queued or running job of this kind for this dataset."""
    row = session.exec(
        select(JobRow)
        .where(JobRow.kind == kind, JobRow.dataset_id == dataset_id)
        .where(col(JobRow.status).in_(ACTIVE))
    ).first()
    return row and to_job(row)


def find_worker_of(session: Session, job_id: str) -> str | None:
    """Who runs the job, or ran it last; `None` where nobody did."""
    return session.exec(select(JobRow.worker_id).where(JobRow.id == job_id)).first()


def list_jobs(
    session: Session, dataset_id: str | None, limit: int, before: str | None = None
) -> list[Job]:
    """The latest jobs, newest first; those before another one, if that is named.

    Raises:
        NotFoundError: There is no job `before`.
    """
    query = select(JobRow).order_by(col(JobRow.created_at).desc(), col(JobRow.id).desc())
    if dataset_id is not None:
        query = query.where(JobRow.dataset_id == dataset_id)
    if before is not None:
        last = session.get(JobRow, before)
        if last is None:
            raise NotFoundError(f"There is no job {before!r} to go on from.")
        place = tuple_(col(JobRow.created_at), col(JobRow.id))
        query = query.where(place < tuple_(literal(last.created_at), literal(last.id)))
    return [to_job(row) for row in session.exec(query.limit(limit))]


def list_active(session: Session, dataset_id: str | None = None) -> list[Job]:
    """Queued and running jobs, oldest first; of one dataset or of all."""
    query = select(JobRow).where(col(JobRow.status).in_(ACTIVE)).order_by(col(JobRow.id))
    if dataset_id is not None:
        query = query.where(JobRow.dataset_id == dataset_id)
    return [to_job(row) for row in session.exec(query)]


def request_cancel(session: Session, job_id: str) -> Job:
    """Note that the job should stop."""
    row = session.get_one(JobRow, job_id, populate_existing=True)
    row.cancel_requested = True
    row.updated_at = datetime.now(UTC)
    session.add(row)
    session.flush()
    return to_job(row)


def requeue(session: Session, job_id: str) -> Job:
    """Make an ended job a queued one again."""
    row = session.get_one(JobRow, job_id, populate_existing=True)
    row.status = JobStatus.QUEUED.value
    row.attempt += 1
    row.is_dispatched = row.cancel_requested = False
    row.result = row.error = row.started_at = row.finished_at = row.worker_id = None
    row.updated_at = datetime.now(UTC)
    session.add(row)
    session.flush()
    return to_job(row)


# --- what workers write


def list_waiting(session: Session) -> list[tuple[str, int, bool]]:
    """Queued jobs that no worker dispatched yet: id, attempt, whether to cancel; oldest first."""
    query = (
        select(JobRow.id, JobRow.attempt, JobRow.cancel_requested)
        .where(JobRow.status == JobStatus.QUEUED.value)
        .where(col(JobRow.is_dispatched).is_(False) | col(JobRow.cancel_requested).is_(True))
        .order_by(col(JobRow.id))
    )
    return [(job_id, attempt, cancel) for job_id, attempt, cancel in session.exec(query)]


def list_active_attempts(session: Session) -> list[tuple[str, int]]:
    """Id and attempt of every queued or running job, oldest first."""
    query = (
        select(JobRow.id, JobRow.attempt)
        .where(col(JobRow.status).in_(ACTIVE))
        .order_by(col(JobRow.id))
    )
    return [(job_id, attempt) for job_id, attempt in session.exec(query)]


def mark_dispatched(session: Session, job_id: str) -> None:
    """Note that the workflow engine has it."""
    session.exec(update(JobRow).where(col(JobRow.id) == job_id).values(is_dispatched=True))


def begin_job(session: Session, job_id: str, attempt: int, worker_id: str) -> Job | None:
    """Mark the job as running here; `None` when it has ended or this attempt is not the last."""
    row = session.get(JobRow, job_id, populate_existing=True, with_for_update=True)
    if row is None or row.status not in ACTIVE or row.attempt != attempt:
        return None
    now = datetime.now(UTC)
    row.status = JobStatus.RUNNING.value
    row.worker_id = worker_id
    row.is_dispatched = True
    row.started_at = row.started_at or now
    row.updated_at = now
    session.add(row)
    session.flush()
    return to_job(row)


def touch_running(session: Session, job_id: str, worker_id: str, progress: Progress | None) -> bool:
    """Write progress, if there is any; returns whether the work must stop.

    It must when somebody asked for it, when another worker took the job over, and when the job
    is not there any more.
    """
    mine = (col(JobRow.id) == job_id, col(JobRow.worker_id) == worker_id)
    if progress is not None:
        session.exec(
            update(JobRow)
            .where(*mine)
            .values(
                progress_done=progress.done,
                progress_total=progress.total,
                progress_label=progress.label,
                updated_at=datetime.now(UTC),
            ),
        )
    wanted = session.exec(
        select(JobRow.cancel_requested).where(*mine).where(JobRow.status == JobStatus.RUNNING.value)
    ).first()
    return wanted is not False


def settle_job(
    session: Session,
    job_id: str,
    worker_id: str | None,
    status: JobStatus,
    *,
    result: dict[str, Any] | None = None,
    error: JobError | None = None,
) -> Job | None:
    """Write how the job ended.

    Args:
        session: The unit of work.
        job_id: The job.
        worker_id: Whose work it was; `None` for a job that never started.
        status: A settled one.
        result: Of a job that is done.
        error: Of a job that failed.

    Returns:
        The job; `None` when it has ended before or another worker has it.
    """
    row = session.get(JobRow, job_id, populate_existing=True, with_for_update=True)
    if row is None or row.status not in ACTIVE or row.worker_id != worker_id:
        return None
    now = datetime.now(UTC)
    row.status = status.value
    row.result = result
    row.error = error and error.model_dump()
    row.finished_at = row.updated_at = now
    session.add(row)
    session.flush()
    return to_job(row)


def to_job(row: JobRow) -> Job:
    """Convert a row to the domain's value."""
    return Job(
        id=row.id,
        kind=row.kind,
        dataset_id=row.dataset_id,
        args=row.args,
        status=JobStatus(row.status),
        cancel_requested=row.cancel_requested,
        progress_done=row.progress_done,
        progress_total=row.progress_total,
        progress_label=row.progress_label,
        result=row.result,
        error=JobError.model_validate(row.error) if row.error else None,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        updated_at=row.updated_at,
    )
