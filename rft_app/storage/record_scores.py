"""What dry runs say of single records."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import func, literal, select
from sqlmodel import Session, col

from rft_app.domain.grading import FailureKind
from rft_app.domain.record import RecordId, parse_record_id, record_id
from rft_app.domain.record_grade import GradedRun, RecordGrade
from rft_app.storage.dry_runs import find_last_finished
from rft_app.storage.graders import map_makers
from rft_app.storage.tables import DryRunRow, GradeRow


def map_scores(
    session: Session, dataset_id: str, records: Sequence[RecordId]
) -> dict[RecordId, float]:
    """Mean reward of each record in the last finished dry run; ungraded ones are left out."""
    run = find_last_finished(session, dataset_id)
    if run is None or not records:
        return {}
    seqs = [seq for text in records if (seq := parse_record_id(text)) is not None]
    query = (
        select(col(GradeRow.record_seq), func.avg(col(GradeRow.reward)))
        .where(col(GradeRow.dry_run_id) == run.id)
        .where(col(GradeRow.record_seq).in_(seqs))
        .where(col(GradeRow.reward).is_not(None))
        .group_by(col(GradeRow.record_seq))
    )
    rows = session.connection().execute(query)
    return {record_id(seq): float(mean) for seq, mean in rows}


def list_graded_runs(session: Session, dataset_id: str, limit: int) -> tuple[GradedRun, ...]:
    """The latest finished dry runs, newest first."""
    query = (
        select(col(DryRunRow.id), col(DryRunRow.number), col(DryRunRow.grader_version_id))
        .where(col(DryRunRow.dataset_id) == dataset_id)
        .where(col(DryRunRow.finished_at).is_not(None))
        .order_by(col(DryRunRow.number).desc())
        .limit(limit)
    )
    rows = session.connection().execute(query).all()
    makers = map_makers(session, dataset_id, [version for _, _, version in rows])
    return tuple(
        GradedRun(id=id_, number=number, made_by=makers[version]) for id_, number, version in rows
    )


def map_grades(
    session: Session, runs: Sequence[str], records: Sequence[RecordId]
) -> Mapping[RecordId, Mapping[str, RecordGrade]]:
    """Grades by record and dry run; where a run did not see a record, it is left out."""
    seqs = [seq for text in records if (seq := parse_record_id(text)) is not None]
    if not runs or not seqs:
        return {}
    reward, failure = col(GradeRow.reward), col(GradeRow.failure_kind)
    query = (
        select(
            col(GradeRow.dry_run_id),
            col(GradeRow.record_seq),
            func.avg(reward),
            func.count(reward),
            func.count(failure),
            func.count(func.nullif(failure, literal(FailureKind.NOT_SAMPLED.value))),
            func.count(),
        )
        .where(col(GradeRow.dry_run_id).in_(runs))
        .where(col(GradeRow.record_seq).in_(seqs))
        .group_by(col(GradeRow.dry_run_id), col(GradeRow.record_seq))
    )
    found: dict[RecordId, dict[str, RecordGrade]] = defaultdict(dict)
    rows = session.connection().execute(query)
    for run, seq, mean, num_graded, num_ungraded, num_failed, number in rows:
        found[record_id(seq)][run] = RecordGrade(
            mean=None if mean is None else float(mean),
            num_graded=num_graded,
            num_failed=num_failed,
            num_abstained=number - num_graded - num_ungraded,
            num_not_sampled=num_ungraded - num_failed,
        )
    return found
