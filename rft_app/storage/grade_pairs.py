"""Records that two dry runs graded, with the mean of their rewards in each."""

from sqlalchemy import Subquery, func, select
from sqlmodel import Session, col

from rft_app.storage.tables import GradeRow


def list_pairs(session: Session, first_id: str, second_id: str) -> list[tuple[int, float, float]]:
    """Record key, mean reward in the first dry run, mean reward in the second; by key.

    A record is there when each run graded at least one of its rollouts; failures count nowhere.
    """
    first, second = _means(first_id, "first"), _means(second_id, "second")
    rows = session.connection().execute(
        select(first.c.record_seq, first.c.mean, second.c.mean)
        .join(second, first.c.record_seq == second.c.record_seq)
        .order_by(first.c.record_seq)
    )
    return [(seq, float(one), float(other)) for seq, one, other in rows]


def page_pairs(
    session: Session, first_id: str, second_id: str, *, rises_first: bool, offset: int, limit: int
) -> list[tuple[int, float, float]]:
    """A part of the same by difference, the largest falls or rises first; then by key."""
    first, second = _means(first_id, "first"), _means(second_id, "second")
    difference = second.c.mean - first.c.mean
    rows = session.connection().execute(
        select(first.c.record_seq, first.c.mean, second.c.mean)
        .join(second, first.c.record_seq == second.c.record_seq)
        .order_by(difference.desc() if rises_first else difference, first.c.record_seq)
        .offset(offset)
        .limit(limit)
    )
    return [(seq, float(one), float(other)) for seq, one, other in rows]


def count_graded_records(session: Session, dry_run_id: str) -> int:
    """How many records have at least one reward in a dry run."""
    counted = select(func.count()).select_from(_means(dry_run_id, "means"))
    return session.connection().execute(counted).scalar_one()


def _means(dry_run_id: str, name: str) -> Subquery:
    return (
        select(col(GradeRow.record_seq), func.avg(GradeRow.reward).label("mean"))
        .where(col(GradeRow.dry_run_id) == dry_run_id, col(GradeRow.reward).is_not(None))
        .group_by(col(GradeRow.record_seq))
        .subquery(name)
    )
