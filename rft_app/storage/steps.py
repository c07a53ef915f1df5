"""The results of the seven steps in the database."""

from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, col, select

from rft_app.domain.pipeline import StepName, StepResult, StepState, StepStatus
from rft_app.storage.datasets import touch
from rft_app.storage.tables import StepRow


def get_step_row(session: Session, dataset_id: str, step: StepName) -> StepRow:
    """The stored step; one that never ran comes as an empty row that is not in the database."""
    row = session.get(StepRow, (dataset_id, step.value))
    return row or StepRow(dataset_id=dataset_id, name=step.value)


def list_step_rows(session: Session, dataset_id: str) -> dict[StepName, StepRow]:
    """All seven steps."""
    rows = session.exec(select(StepRow).where(col(StepRow.dataset_id) == dataset_id))
    return complete_steps(dataset_id, list(rows))


def complete_steps(dataset_id: str, rows: list[StepRow]) -> dict[StepName, StepRow]:
    """Add empty rows for the steps that never ran; in the steps' order."""
    found = {row.name: row for row in rows}
    return {
        step: found.get(step.value) or StepRow(dataset_id=dataset_id, name=step.value)
        for step in StepName
    }


def to_state(row: StepRow) -> StepState:
    """Convert a row to the domain's value."""
    return StepState(
        name=StepName(row.name),
        outcome=StepStatus(row.outcome) if row.outcome else None,
        is_processing=row.is_processing,
        input_hash=row.input_hash,
        summary=row.summary,
    )


def keep_settings(
    session: Session, dataset_id: str, step: StepName, settings: dict[str, Any]
) -> None:
    """Keep what was chosen for a step that has no result yet."""
    row = get_step_row(session, dataset_id, step)
    row.settings = settings
    session.add(row)
    session.flush()


def begin_step(session: Session, dataset_id: str, step: StepName, job_id: str | None) -> None:
    """Mark the step as processing; its last result stays until the new one is there."""
    row = get_step_row(session, dataset_id, step)
    row.is_processing = True
    row.job_id = job_id
    row.started_at = datetime.now(UTC)
    session.add(row)
    touch(session, dataset_id)


def finish_step(
    session: Session,
    dataset_id: str,
    step: StepName,
    result: StepResult,
    *,
    settings: dict[str, Any],
    input_hash: str,
) -> None:
    """Store the step's new result; one that was made before, and only confirmed, keeps its time."""
    row = get_step_row(session, dataset_id, step)
    now = result.made_at or datetime.now(UTC)
    row.outcome = result.outcome.value
    row.summary = result.summary
    row.facts = result.facts
    row.settings = settings
    row.input_hash = input_hash
    row.is_processing = False
    row.error = None
    row.started_at = row.started_at or now
    row.finished_at = now
    session.add(row)
    touch(session, dataset_id)


def fail_step(session: Session, dataset_id: str, step: StepName, error: str) -> None:
    """The step's job died: the node shows `failed`, the facts of the last result stay."""
    row = get_step_row(session, dataset_id, step)
    row.is_processing = False
    row.outcome = StepStatus.FAILED.value
    row.summary = error
    row.error = error
    row.finished_at = datetime.now(UTC)
    session.add(row)
    touch(session, dataset_id)


def abandon_step(session: Session, dataset_id: str, step: StepName) -> None:
    """The step's job was cancelled: what was there before counts again."""
    row = get_step_row(session, dataset_id, step)
    row.is_processing = False
    session.add(row)
    touch(session, dataset_id)


def forget_result(session: Session, dataset_id: str, step: StepName, summary: str) -> None:
    """Take back that the step has a result; the node says why."""
    row = get_step_row(session, dataset_id, step)
    row.outcome, row.input_hash, row.error = None, None, None
    row.summary, row.facts, row.is_processing = summary, {}, False
    session.add(row)
    touch(session, dataset_id)
