"""Trainings in the database: runs, metrics, checkpoints, answers with grades."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, func, text
from sqlmodel import Session, col, select

from rft_app.domain.dry_run_rules import DryRunVerdict
from rft_app.domain.grading import Abstention, GradingFailure, Outcome, Verdict
from rft_app.domain.training_place import TrainingPlace
from rft_app.domain.training_remote import RemoteTraining
from rft_app.domain.training_run import (
    Checkpoint,
    Phase,
    TrainingMetric,
    TrainingOutcome,
    TrainingRun,
    TrainingSettings,
)
from rft_app.errors import NotFoundError
from rft_app.storage import jobs, snapshots
from rft_app.storage.ids import new_id
from rft_app.storage.tables import (
    TrainingCheckpointRow,
    TrainingMetricRow,
    TrainingRolloutRow,
    TrainingRunRow,
)


@dataclass(frozen=True, slots=True)
class NewTraining:
    """What is ordered."""

    trainer: str
    base_model: str
    settings: TrainingSettings
    num_epochs: int
    total_steps: int
    snapshot_id: str
    grader_version_id: str
    dry_run_id: str | None
    verdict: DryRunVerdict | None
    reason: str
    estimate: dict[str, Any]
    remote: RemoteTraining | None = None


class Answer(NamedTuple):
    """One answer of a training to one record, graded."""

    record_seq: int
    text: str
    outcome: Outcome


class Place(NamedTuple):
    """Where answers belong in a training."""

    phase: Phase
    step: int


def new_run_id() -> str:
    """An id for a training, so that its job can name it before it is stored."""
    return new_id("train")


def add_run(
    session: Session, run_id: str, dataset_id: str, job_id: str, new: NewTraining
) -> TrainingRun:
    """Store an order as the dataset's next training."""
    last = select(func.max(TrainingRunRow.number)).where(
        col(TrainingRunRow.dataset_id) == dataset_id
    )
    row = TrainingRunRow(
        id=run_id,
        dataset_id=dataset_id,
        number=(session.exec(last).one() or 0) + 1,
        job_id=job_id,
        trainer=new.trainer,
        base_model=new.base_model,
        settings=new.settings.model_dump(mode="json"),
        num_epochs=new.num_epochs,
        total_steps=new.total_steps,
        snapshot_id=new.snapshot_id,
        grader_version_id=new.grader_version_id,
        dry_run_id=new.dry_run_id,
        verdict=None if new.verdict is None else new.verdict.value,
        reason=new.reason,
        estimate=new.estimate,
        remote=None if new.remote is None else new.remote.model_dump(mode="json"),
        created_at=datetime.now(UTC),
    )
    session.add(row)
    session.flush()
    return _to_run(session, row)


def get_run(session: Session, run_id: str) -> TrainingRun:
    """One training, by its id or its job's.

    Raises:
        NotFoundError: There is none.
    """
    row = session.get(TrainingRunRow, run_id)
    if row is None:
        by_job = select(TrainingRunRow).where(col(TrainingRunRow.job_id) == run_id)
        row = session.exec(by_job).first()
    if row is None:
        raise NotFoundError(f"There is no training {run_id}.")
    return _to_run(session, row)


def list_runs(
    session: Session, dataset_id: str, *, before: int | None = None, limit: int = 50
) -> list[TrainingRun]:
    """Trainings of a dataset, newest first.

    Args:
        session: Any.
        dataset_id: Of which dataset.
        before: Only runs with a smaller number.
        limit: Most runs.
    """
    query = select(TrainingRunRow).where(col(TrainingRunRow.dataset_id) == dataset_id)
    if before is not None:
        query = query.where(col(TrainingRunRow.number) < before)
    rows = session.exec(query.order_by(col(TrainingRunRow.number).desc()).limit(limit)).all()
    return [_to_run(session, row) for row in rows]


def list_run_ids(session: Session, dataset_id: str) -> list[str]:
    """Ids of all trainings of a dataset."""
    query = select(TrainingRunRow.id).where(col(TrainingRunRow.dataset_id) == dataset_id)
    return list(session.exec(query))


def count_runs(session: Session, dataset_ids: Sequence[str]) -> dict[str, int]:
    """How many trainings datasets have; those without any are not in it."""
    query = (
        select(TrainingRunRow.dataset_id, func.count())
        .where(col(TrainingRunRow.dataset_id).in_(dataset_ids))
        .group_by(col(TrainingRunRow.dataset_id))
    )
    return dict(session.exec(query).all())


def finish_run(session: Session, run_id: str, outcome: TrainingOutcome) -> None:
    """Store what a training left behind."""
    row = session.get_one(TrainingRunRow, run_id)
    row.outcome = outcome.model_dump(mode="json")
    session.add(row)


def put_remote(session: Session, run_id: str, remote: RemoteTraining) -> None:
    """Store what is known of a training at its service; nothing where the training is gone."""
    if (row := session.get(TrainingRunRow, run_id)) is not None:
        row.remote = remote.model_dump(mode="json")
        session.add(row)
        session.flush()


def put_total_steps(session: Session, run_id: str, total_steps: int) -> None:
    """Store how many steps it will take, once somebody knows."""
    if (row := session.get(TrainingRunRow, run_id)) is not None:
        row.total_steps = total_steps
        session.add(row)
        session.flush()


def put_place(session: Session, run_id: str, place: TrainingPlace) -> None:
    """Store what a training computes on; nothing where the training is gone."""
    if (row := session.get(TrainingRunRow, run_id)) is not None:
        row.place = place.model_dump(mode="json")
        session.add(row)
        session.flush()


def read_place(row: TrainingRunRow) -> TrainingPlace | None:
    """Of a training that is older than this knowledge, only that it was done by a processor."""
    if row.place:
        return TrainingPlace.model_validate(row.place)
    if row.outcome and row.outcome.get("device") == "cpu":
        return TrainingPlace(device="cpu", precision=row.outcome.get("precision") or "")
    return None


def put_metric(session: Session, run_id: str, step: int, figures: Mapping[str, float]) -> None:
    """Store figures of a step; a figure that is there already is replaced, others stay."""
    row = session.get(TrainingMetricRow, (run_id, step))
    if row is None:
        session.add(TrainingMetricRow(run_id=run_id, step=step, figures=dict(figures)))
    else:
        row.figures = {**row.figures, **figures}
        session.add(row)
    session.flush()


def list_metrics(
    session: Session, run_id: str, *, after: int = -1, limit: int | None = 1_000
) -> list[TrainingMetric]:
    """Figures in the order of the steps, behind the step `after`; without a limit all of them."""
    query = (
        select(TrainingMetricRow)
        .where(col(TrainingMetricRow.run_id) == run_id, col(TrainingMetricRow.step) > after)
        .order_by(col(TrainingMetricRow.step))
    )
    rows = session.exec(query if limit is None else query.limit(limit))
    return [TrainingMetric(step=row.step, values=row.figures) for row in rows]


def put_checkpoint(session: Session, run_id: str, checkpoint: Checkpoint) -> None:
    """Store a checkpoint; where it is the best one, no other is any more."""
    if checkpoint.is_best:
        others = select(TrainingCheckpointRow).where(col(TrainingCheckpointRow.run_id) == run_id)
        for other in session.exec(others):
            other.is_best = False
            session.add(other)
    session.merge(TrainingCheckpointRow(run_id=run_id, **checkpoint.model_dump()))
    session.flush()


def list_checkpoints(session: Session, run_id: str) -> list[Checkpoint]:
    """Checkpoints in the order of the steps."""
    query = (
        select(TrainingCheckpointRow)
        .where(col(TrainingCheckpointRow.run_id) == run_id)
        .order_by(col(TrainingCheckpointRow.step))
    )
    return [
        Checkpoint.model_validate(row.model_dump(exclude={"run_id"})) for row in session.exec(query)
    ]


def put_answers(
    session: Session, run_id: str, place: Place, first: int, answers: Sequence[Answer]
) -> None:
    """Store answers from a position on; those that stood there are replaced."""
    session.exec(
        delete(TrainingRolloutRow).where(
            col(TrainingRolloutRow.run_id) == run_id,
            col(TrainingRolloutRow.phase) == place.phase.value,
            col(TrainingRolloutRow.step) == place.step,
            col(TrainingRolloutRow.position) >= first,
            col(TrainingRolloutRow.position) < first + len(answers),
        )
    )
    session.add_all(
        TrainingRolloutRow(
            run_id=run_id,
            phase=place.phase.value,
            step=place.step,
            position=position,
            record_seq=answer.record_seq,
            text=answer.text.replace("\x00", ""),
            **_values(answer.outcome),
        )
        for position, answer in enumerate(answers, first)
    )
    session.flush()


def list_answers(
    session: Session, run_id: str, place: Place, *, first: int = 0, limit: int | None = None
) -> list[TrainingRolloutRow]:
    """Answers of a step from a position on."""
    query = (
        select(TrainingRolloutRow)
        .where(col(TrainingRolloutRow.run_id) == run_id)
        .where(col(TrainingRolloutRow.phase) == place.phase.value)
        .where(col(TrainingRolloutRow.step) == place.step)
        .where(col(TrainingRolloutRow.position) >= first)
        .order_by(col(TrainingRolloutRow.position))
    )
    return list(session.exec(query if limit is None else query.limit(limit)))


def list_topic_rewards(
    session: Session, run_id: str, first_step: int, last_step: int
) -> list[tuple[str, int, float]]:
    """Topic, graded answers and their mean reward of the training steps from one to another."""
    query = text(
        "SELECT COALESCE(t.key, ''), COUNT(*), AVG(a.reward) FROM training_rollout a"
        " JOIN record r ON r.seq = a.record_seq LEFT JOIN topic t ON t.id = r.topic_id"
        " WHERE a.run_id = :run_id AND a.phase = :phase AND a.reward IS NOT NULL"
        " AND a.step BETWEEN :first AND :last GROUP BY 1 ORDER BY 1"
    )
    values = {
        **{"run_id": run_id, "phase": Phase.TRAIN.value},
        **{"first": first_step, "last": last_step},
    }
    rows = session.connection().execute(query, values)
    return [(topic, number, mean) for topic, number, mean in rows]


def list_places(session: Session, run_id: str, *, after: int = -1) -> list[tuple[Place, int]]:
    """Where there are answers, behind the step `after`, and how many."""
    query = (
        select(TrainingRolloutRow.phase, TrainingRolloutRow.step, func.count())
        .where(col(TrainingRolloutRow.run_id) == run_id, col(TrainingRolloutRow.step) > after)
        .group_by(col(TrainingRolloutRow.phase), col(TrainingRolloutRow.step))
        .order_by(col(TrainingRolloutRow.step))
    )
    return [(Place(Phase(phase), step), number) for phase, step, number in session.exec(query)]


def _values(outcome: Outcome) -> dict[str, Any]:
    match outcome:
        case Verdict():
            return {"reward": outcome.reward, "reason": _clean(outcome.reason)}
        case Abstention():
            return {"is_abstention": True, "reason": _clean(outcome.reason)}
        case GradingFailure():
            return {
                "failure_kind": outcome.failure_kind.value,
                "failure_message": _clean(outcome.message),
            }


def _clean(text: str | None) -> str | None:
    """Without what Postgres cannot keep."""
    return None if text is None else text.replace("\x00", "")


def _to_run(session: Session, row: TrainingRunRow) -> TrainingRun:
    job = jobs.find_job(session, row.job_id)
    if job is None:
        raise NotFoundError(f"The job of training {row.id} is gone.")
    snapshot = snapshots.get_snapshot(session, row.snapshot_id)
    last = session.exec(
        select(TrainingMetricRow)
        .where(col(TrainingMetricRow.run_id) == row.id)
        .order_by(col(TrainingMetricRow.step).desc())
        .limit(1)
    ).first()
    best = next((one for one in list_checkpoints(session, row.id) if one.is_best), None)
    return TrainingRun(
        id=row.id,
        dataset_id=row.dataset_id,
        number=row.number,
        job_id=row.job_id,
        status=job.status,
        words=job.progress_label,
        error="" if job.error is None else job.error.message,
        trainer=row.trainer,
        base_model=row.base_model,
        settings=TrainingSettings.model_validate(row.settings),
        num_epochs=row.num_epochs,
        snapshot_id=row.snapshot_id,
        num_train=snapshot.num_train,
        num_held_out=snapshot.num_test,
        grader_version_id=row.grader_version_id,
        dry_run_id=row.dry_run_id,
        verdict=DryRunVerdict(row.verdict) if row.verdict else None,
        reason=row.reason,
        estimate=row.estimate,
        total_steps=row.total_steps,
        last=None if last is None else TrainingMetric(step=last.step, values=last.figures),
        best=best,
        place=read_place(row),
        remote=RemoteTraining.model_validate(row.remote) if row.remote else None,
        outcome=TrainingOutcome.model_validate(row.outcome) if row.outcome else None,
        created_at=row.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )
