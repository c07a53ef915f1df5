"""What people said of recorded answers, and what versions of a grader say of the same ones."""

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, or_, select

from rft_app.domain.calibration import Said
from rft_app.domain.feedback import Thumb
from rft_app.domain.grading import Abstention, FailureKind, GradingFailure, Outcome, Verdict
from rft_app.storage.copying import insert_rows
from rft_app.storage.tables import (
    CalibrationGradeRow,
    DryRunRow,
    FeedbackRow,
    GradeRow,
    GraderVersionRow,
)

_COLUMNS = (
    *("grader_version_id", "record_seq", "reward", "reason"),
    *("failure_kind", "failure_message", "is_abstention", "created_at"),
)
_THUMBS = {1: Thumb.UP, -1: Thumb.DOWN}


def read_opinions(session: Session, dataset_id: str) -> dict[int, list[Said]]:
    """By record, what people said of its own answer; notes and preferences alone are no opinion."""
    rows = session.connection().execute(
        select_columns(
            col(FeedbackRow.record_seq),
            col(FeedbackRow.reviewer),
            col(FeedbackRow.thumb),
            col(FeedbackRow.rating),
            col(FeedbackRow.correction_seq).is_not(None),
            col(FeedbackRow.note),
        )
        .where(col(FeedbackRow.dataset_id) == dataset_id)
        .where(
            or_(
                col(FeedbackRow.thumb).is_not(None),
                col(FeedbackRow.rating).is_not(None),
                col(FeedbackRow.correction_seq).is_not(None),
            )
        )
        .order_by(col(FeedbackRow.record_seq), col(FeedbackRow.seq))
    )
    found: dict[int, list[Said]] = {}
    for seq, reviewer, thumb, rating, is_corrected, note in rows:
        said = Said(
            reviewer, None if thumb is None else _THUMBS[thumb], rating, bool(is_corrected), note
        )
        found.setdefault(seq, []).append(said)
    return found


def list_like(session: Session, dataset_id: str, spec_hash: str) -> list[str]:
    """Ids of the dataset's versions with the same settings, which grade alike."""
    return list(
        session.exec(
            select(GraderVersionRow.id)
            .where(col(GraderVersionRow.dataset_id) == dataset_id)
            .where(col(GraderVersionRow.spec_hash) == spec_hash)
        )
    )


def list_used(session: Session, dataset_id: str) -> list[str]:
    """Ids of the versions that graded recorded answers of the dataset, newest first."""
    in_runs = (
        select(DryRunRow.grader_version_id)
        .join(GradeRow, col(GradeRow.dry_run_id) == col(DryRunRow.id))
        .where(col(DryRunRow.dataset_id) == dataset_id, col(GradeRow.rollout_seq).is_(None))
    )
    apart = select(CalibrationGradeRow.grader_version_id)
    return list(
        session.exec(
            select(GraderVersionRow.id)
            .where(col(GraderVersionRow.dataset_id) == dataset_id)
            .where(or_(col(GraderVersionRow.id).in_(in_runs), col(GraderVersionRow.id).in_(apart)))
            .order_by(col(GraderVersionRow.version).desc())
        )
    )


def read_grades(
    session: Session, dataset_id: str, version_ids: Sequence[str]
) -> dict[int, Outcome]:
    """By record, what these versions said of its own answer, where people spoke of it, too.

    A reward counts before what is none; of several the one of the newest dry run.
    """
    spoken_of = select(FeedbackRow.record_seq).where(col(FeedbackRow.dataset_id) == dataset_id)
    apart = select_columns(*_outcome_of(CalibrationGradeRow)).where(
        col(CalibrationGradeRow.grader_version_id).in_(version_ids),
        col(CalibrationGradeRow.record_seq).in_(spoken_of),
    )
    in_runs = (
        select_columns(*_outcome_of(GradeRow))
        .join(DryRunRow, col(GradeRow.dry_run_id) == col(DryRunRow.id))
        .where(
            col(DryRunRow.dataset_id) == dataset_id,
            col(DryRunRow.grader_version_id).in_(version_ids),
            col(GradeRow.rollout_seq).is_(None),
            col(GradeRow.record_seq).in_(spoken_of),
        )
        .order_by(col(DryRunRow.number), col(GradeRow.item))
    )
    found: dict[int, Outcome] = {}
    for statement in (apart, in_runs):
        for seq, *values in session.connection().execute(statement):
            outcome = _to_outcome(*values)
            if seq not in found or isinstance(outcome, Verdict):
                found[seq] = outcome
    return found


def add_grades(session: Session, version_id: str, outcomes: Mapping[int, Outcome]) -> None:
    """Store outcomes by record; one that is there already stays."""
    known = _list_graded(session, version_id, outcomes)
    now_ms = time.time_ns() // 1_000_000
    rows = [
        (version_id, seq, *_to_values(outcome), now_ms)
        for seq, outcome in outcomes.items()
        if seq not in known
    ]
    insert_rows(session, "calibration_grade", _COLUMNS, rows)


def _list_graded(session: Session, version_id: str, seqs: Collection[int]) -> set[int]:
    statement = (
        select(CalibrationGradeRow.record_seq)
        .where(col(CalibrationGradeRow.grader_version_id) == version_id)
        .where(col(CalibrationGradeRow.record_seq).in_(seqs))
    )
    return set(session.exec(statement))


def _outcome_of(row: type[CalibrationGradeRow | GradeRow]) -> tuple[Any, ...]:
    return (
        *(col(row.record_seq), col(row.reward), col(row.reason)),
        *(col(row.failure_kind), col(row.failure_message), col(row.is_abstention)),
    )


def _to_outcome(
    reward: float | None,
    reason: str | None,
    failure: str | None,
    message: str | None,
    is_abstention: object,
) -> Outcome:
    if reward is not None:
        return Verdict(reward=reward, reason=reason)
    if is_abstention:
        return Abstention(reason=reason)
    return GradingFailure(failure_kind=FailureKind(failure), message=message or "")


def _to_values(outcome: Outcome) -> tuple[object, ...]:
    match outcome:
        case Verdict(reward=reward, reason=reason):
            return reward, reason, None, None, False
        case Abstention(reason=reason):
            return None, reason, None, None, True
        case GradingFailure(failure_kind=kind, message=message):
            return None, None, kind.value, message, False


def read_mark(session: Session, dataset_id: str) -> str:
    """Changes whenever a comparison of grader and people could come out otherwise."""
    versions = select_columns(col(GraderVersionRow.id)).where(
        col(GraderVersionRow.dataset_id) == dataset_id
    )
    parts = (
        select_columns(func.count(), func.max(FeedbackRow.updated_at)).where(
            col(FeedbackRow.dataset_id) == dataset_id
        ),
        select_columns(func.count(), func.max(GraderVersionRow.version)).where(
            col(GraderVersionRow.dataset_id) == dataset_id
        ),
        select_columns(func.count(col(DryRunRow.finished_at))).where(
            col(DryRunRow.dataset_id) == dataset_id
        ),
        select_columns(func.count()).where(
            col(CalibrationGradeRow.grader_version_id).in_(versions)
        ),
    )
    found = [session.connection().execute(part).one() for part in parts]
    return " ".join(str(value) for row in found for value in row)
