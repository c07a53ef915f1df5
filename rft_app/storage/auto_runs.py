"""Runs of Auto-Improve in the database."""

from datetime import UTC, datetime

from sqlmodel import Session, col, select

from rft_app.domain.auto_run import AutoRun, AutoState, Decision
from rft_app.domain.pipeline import StepName
from rft_app.errors import NotFoundError
from rft_app.storage.ids import new_id
from rft_app.storage.tables import AutoRunRow


def add_auto_run(session: Session, dataset_id: str) -> AutoRun:
    """Begin a run; a dataset has one at a time."""
    row = AutoRunRow(
        id=new_id("auto"),
        dataset_id=dataset_id,
        state=AutoState.RUNNING.value,
        started_at=datetime.now(UTC),
    )
    session.add(row)
    session.flush()
    return _to_run(row)


def find_running(session: Session, dataset_id: str) -> AutoRun | None:
    """The run of a dataset that has not ended."""
    row = session.exec(
        select(AutoRunRow).where(
            col(AutoRunRow.dataset_id) == dataset_id, col(AutoRunRow.state) == AutoState.RUNNING
        )
    ).first()
    return None if row is None else _to_run(row)


def get_auto_run(session: Session, run_id: str) -> AutoRun:
    """One run.

    Raises:
        NotFoundError: There is none.
    """
    return _to_run(_get_row(session, run_id))


def list_auto_runs(
    session: Session, dataset_id: str | None, limit: int, before: str | None = None
) -> list[AutoRun]:
    """The latest runs, newest first, of one dataset or of all; those before another one, if that
    is named.

    Raises:
        NotFoundError: There is no run `before`.
    """
    query = select(AutoRunRow).order_by(col(AutoRunRow.id).desc()).limit(limit)
    if dataset_id is not None:
        query = query.where(col(AutoRunRow.dataset_id) == dataset_id)
    if before is not None:
        query = query.where(col(AutoRunRow.id) < _get_row(session, before).id)
    return list(map(_to_run, session.exec(query)))


def save_auto_run(session: Session, run: AutoRun) -> None:
    """Store how far a run is."""
    row = _get_row(session, run.id)
    row.state, row.step = run.state.value, run.step and run.step.value
    row.decisions = [decision.model_dump(mode="json") for decision in run.decisions]
    row.outcome, row.verdict, row.finished_at = run.outcome, run.verdict, run.finished_at
    session.flush()


def _get_row(session: Session, run_id: str) -> AutoRunRow:
    if (row := session.get(AutoRunRow, run_id)) is None:
        raise NotFoundError(f"There is no run {run_id}.")
    return row


def _to_run(row: AutoRunRow) -> AutoRun:
    return AutoRun(
        id=row.id,
        dataset_id=row.dataset_id,
        state=AutoState(row.state),
        step=None if row.step is None else StepName(row.step),
        decisions=tuple(map(Decision.model_validate, row.decisions)),
        outcome=row.outcome,
        verdict=row.verdict,
        started_at=_utc(row.started_at),
        finished_at=None if row.finished_at is None else _utc(row.finished_at),
    )


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=moment.tzinfo or UTC)
