"""Dry runs in the database: the plan, then the report."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import zstandard
from sqlalchemy import func
from sqlmodel import Session, col, select

from rft_app.domain.dry_run import DryRun, DryRunReport, DryRunSettings
from rft_app.domain.rollout import RolloutKey
from rft_app.errors import NotFoundError
from rft_app.storage.grades import count_grades
from rft_app.storage.ids import new_id
from rft_app.storage.tables import DryRunPlanRow, DryRunRow

_NONE = -1
"""Stands for `None` in a packed plan; keys are never negative."""


@dataclass(frozen=True, slots=True)
class DryRunPlan:
    """What a dry run is going to do."""

    snapshot_id: str
    grader_version_id: str
    settings: DryRunSettings
    input_hash: str
    """Fingerprint of what the choice was made from."""
    keys: Sequence[RolloutKey]
    """What is graded, in this order."""


def add_dry_run(session: Session, dataset_id: str, plan: DryRunPlan, *, job_id: str) -> DryRun:
    """Store a plan as the dataset's next dry run."""
    last = select(func.max(DryRunRow.number)).where(col(DryRunRow.dataset_id) == dataset_id)
    row = DryRunRow(
        id=new_id("run"),
        dataset_id=dataset_id,
        number=(session.exec(last).one() or 0) + 1,
        snapshot_id=plan.snapshot_id,
        grader_version_id=plan.grader_version_id,
        settings=plan.settings.model_dump(mode="json"),
        input_hash=plan.input_hash,
        num_planned=len(plan.keys),
        job_id=job_id,
        created_at=datetime.now(UTC),
    )
    session.add(row)
    session.flush()
    session.add(DryRunPlanRow(dry_run_id=row.id, items=_pack(plan.keys)))
    session.flush()
    return _to_dry_run(session, row)


def load_plan(session: Session, dry_run_id: str) -> list[RolloutKey]:
    """What is graded; a grade's `item` is its position here."""
    row = session.get(DryRunPlanRow, dry_run_id)
    return [] if row is None else _unpack(row.items)


def set_budget(session: Session, dry_run_id: str, budget_usd: float | None) -> None:
    """Change what an unfinished run may cost."""
    row = _get_row(session, dry_run_id)
    row.settings = {**row.settings, "budget_usd": budget_usd}
    session.add(row)


def finish_dry_run(session: Session, dry_run_id: str, report: DryRunReport) -> None:
    """Store the report; the dry run is over."""
    row = _get_row(session, dry_run_id)
    row.report = report.model_dump(mode="json")
    row.verdict = report.verdict.value
    row.finished_at = datetime.now(UTC)
    session.add(row)


def get_dry_run(session: Session, dry_run_id: str) -> DryRun:
    """One dry run.

    Raises:
        NotFoundError: There is none.
    """
    return _to_dry_run(session, _get_row(session, dry_run_id))


def find_by_job(session: Session, job_id: str) -> DryRun | None:
    """The dry run a job has begun."""
    row = session.exec(select(DryRunRow).where(col(DryRunRow.job_id) == job_id)).first()
    return None if row is None else _to_dry_run(session, row)


def list_dry_runs(
    session: Session, dataset_id: str, *, before: int | None = None, limit: int = 50
) -> list[DryRun]:
    """Dry runs of a dataset, newest first, unfinished ones included.

    Args:
        session: Any.
        dataset_id: Of which dataset.
        before: Only runs with a smaller number.
        limit: Most runs.
    """
    query = select(DryRunRow).where(col(DryRunRow.dataset_id) == dataset_id)
    if before is not None:
        query = query.where(col(DryRunRow.number) < before)
    rows = session.exec(query.order_by(col(DryRunRow.number).desc()).limit(limit))
    return [_to_dry_run(session, row) for row in rows]


def find_last_finished(session: Session, dataset_id: str) -> DryRun | None:
    """The newest dry run with a report."""
    row = session.exec(
        select(DryRunRow)
        .where(col(DryRunRow.dataset_id) == dataset_id)
        .where(col(DryRunRow.finished_at).is_not(None))
        .order_by(col(DryRunRow.number).desc())
    ).first()
    return None if row is None else _to_dry_run(session, row)


def _get_row(session: Session, dry_run_id: str) -> DryRunRow:
    if (row := session.get(DryRunRow, dry_run_id)) is None:
        raise NotFoundError(f"There is no dry run {dry_run_id}.")
    return row


def _to_dry_run(session: Session, row: DryRunRow) -> DryRun:
    is_done = row.finished_at is not None
    return DryRun(
        id=row.id,
        dataset_id=row.dataset_id,
        number=row.number,
        snapshot_id=row.snapshot_id,
        grader_version_id=row.grader_version_id,
        settings=DryRunSettings.model_validate(row.settings),
        input_hash=row.input_hash,
        num_planned=row.num_planned,
        num_done=row.num_planned if is_done else count_grades(session, row.id),
        report=DryRunReport.model_validate(row.report) if row.report else None,
        job_id=row.job_id,
        created_at=_utc(row.created_at),
        finished_at=_utc(row.finished_at) if row.finished_at else None,
    )


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def _pack(keys: Sequence[RolloutKey]) -> bytes:
    rows = [[_NONE if value is None else value for value in key] for key in keys]
    table = np.array(rows, dtype="<i8").reshape(len(keys), 3)
    return zstandard.ZstdCompressor(level=3).compress(table.tobytes())


def _unpack(packed: bytes) -> list[RolloutKey]:
    flat = np.frombuffer(zstandard.ZstdDecompressor().decompress(packed), dtype="<i8")
    rows: list[list[int]] = flat.reshape(-1, 3).tolist()
    return [
        RolloutKey(
            record_seq,
            None if rollout_seq == _NONE else rollout_seq,
            None if topic_id == _NONE else topic_id,
        )
        for record_seq, rollout_seq, topic_id in rows
    ]
