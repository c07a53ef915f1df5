"""Generation runs in the database."""

from collections.abc import Sequence
from datetime import UTC, datetime

import orjson
from pydantic import TypeAdapter
from sqlmodel import Session, col, select

from rft_app.domain.entity import Entity
from rft_app.domain.generation import GenerationReport, GenerationSettings, Unit
from rft_app.storage.ids import new_id
from rft_app.storage.tables import GenerationRunRow

_UNITS = TypeAdapter(tuple[Unit, ...])


class GenerationRun(Entity):
    """One run as its job sees it."""

    id: str
    dataset_id: str
    settings: GenerationSettings
    """With the model that is asked filled in."""
    units: tuple[Unit, ...]
    num_planned: int
    report: GenerationReport | None


def add_run(
    session: Session,
    dataset_id: str,
    job_id: str,
    settings: GenerationSettings,
    units: Sequence[Unit],
) -> GenerationRun:
    """Write down what a job is about to do, so that it does the same when it runs again."""
    row = GenerationRunRow(
        id=new_id("gen"),
        dataset_id=dataset_id,
        job_id=job_id,
        settings=settings.model_dump(mode="json"),
        units=orjson.dumps([unit.model_dump(exclude_defaults=False) for unit in units]),
        num_planned=sum(unit.count for unit in units),
        created_at=datetime.now(UTC),
    )
    session.add(row)
    session.flush()
    return _to_run(row)


def find_run_by_job(session: Session, job_id: str) -> GenerationRun | None:
    """The run of a job that began before, if it did."""
    statement = select(GenerationRunRow).where(col(GenerationRunRow.job_id) == job_id)
    row = session.exec(statement).first()
    return None if row is None else _to_run(row)


def finish_run(session: Session, report: GenerationReport) -> None:
    """Store what a run came to."""
    row = session.get_one(GenerationRunRow, report.run_id)
    row.report = report.model_dump(mode="json")
    row.finished_at = datetime.now(UTC)
    session.add(row)


def get_run_settings(session: Session, run_id: str) -> GenerationSettings:
    """The settings of a run that a candidate names."""
    row = session.get_one(GenerationRunRow, run_id)
    return GenerationSettings.model_validate(row.settings)


def find_last_report(session: Session, dataset_id: str) -> GenerationReport | None:
    """What the dataset's last finished run came to; `None` before the first."""
    finished_at = col(GenerationRunRow.finished_at)
    statement = (
        select(GenerationRunRow)
        .where(col(GenerationRunRow.dataset_id) == dataset_id, finished_at.is_not(None))
        .order_by(finished_at.desc())
    )
    row = session.exec(statement).first()
    return None if row is None else GenerationReport.model_validate(row.report)


def _to_run(row: GenerationRunRow) -> GenerationRun:
    return GenerationRun(
        id=row.id,
        dataset_id=row.dataset_id,
        settings=GenerationSettings.model_validate(row.settings),
        units=_UNITS.validate_json(row.units),
        num_planned=row.num_planned,
        report=None if row.report is None else GenerationReport.model_validate(row.report),
    )
