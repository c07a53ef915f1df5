"""Filters that name records one by one: an id, tags, deletion, and grades of a dry run.

A list stands beside the seeks of a plan.  A page goes through the shortest list, newest first; or,
where few records are sought, looks those up in the list.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlmodel import Session, col, select

from rft_app.domain.record import RecordFilter, parse_record_id
from rft_app.storage.session import ordered_join
from rft_app.storage.tables import DryRunRow, RecordRow
from rft_app.storage.tags import find_tag

IS_DELETED = "{name}.is_archived AND NOT {name}.is_superseded AND NOT {name}.is_replaced"
"""Holds for a record that was deleted and can be restored; word for word as in the index."""
_GRADED = (
    "SELECT g.record_seq AS seq FROM grade g WHERE g.dry_run_id = :dry_run "
    "AND g.reward IS NOT NULL GROUP BY g.record_seq "
    "HAVING AVG(g.reward) >= :min_grade AND AVG(g.reward) <= :max_grade"
)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A list of records, all of them candidates."""

    source: str
    """FROM and WHERE that yield them as `r`, with all that conditions ask for; no other fits."""
    test: str
    """SQL on records `r`: whether one is in the list."""
    num_records: int
    """Its length, or more."""
    parameters: Mapping[str, object] = field(default_factory=dict[str, object])


def find_narrowings(
    session: Session, dataset_id: str, record_filter: RecordFilter
) -> tuple[Narrowing, ...] | None:
    """The lists a filter asks for; `None` when one of them is known to be empty."""
    found: list[Narrowing] = []
    if (seq := find_named(session, dataset_id, record_filter.search)) is not None:
        found.append(_of_key(seq))
    for name in record_filter.tags:
        tag = find_tag(session, dataset_id, name)
        if tag is None:
            return None
        found.append(_of_tag(tag.id, tag.num_records))
    if record_filter.is_deleted:
        found.append(_of_deleted(session, dataset_id))
    if record_filter.min_grade is not None or record_filter.max_grade is not None:
        graded = _of_grades(session, dataset_id, record_filter)
        if graded is None:
            return None
        found.append(graded)
    return tuple(found)


def find_named(session: Session, dataset_id: str, search: str) -> int | None:
    """Key of the record of the dataset that a search text is the id of, archived ones too."""
    seq = parse_record_id(search.strip())
    if seq is None:
        return None
    statement = select(RecordRow.seq).where(
        col(RecordRow.seq) == seq, col(RecordRow.dataset_id) + "" == dataset_id
    )
    return session.exec(statement).first()


def _of_key(seq: int) -> Narrowing:
    return Narrowing(
        source=f"record r WHERE r.seq = {seq} AND r.dataset_id || '' = :dataset_id",
        test=f"r.seq = {seq}",
        num_records=1,
    )


def _of_tag(tag_id: int, num_records: int) -> Narrowing:
    return Narrowing(
        source=f"record_tag r WHERE r.tag_id = {tag_id}",
        test=f"EXISTS (SELECT 1 FROM record_tag rt WHERE rt.tag_id = {tag_id} AND rt.seq = r.seq)",
        num_records=num_records,
    )


def _of_deleted(session: Session, dataset_id: str) -> Narrowing:
    deleted = f"SELECT 1 FROM record x WHERE x.seq = r.seq AND {IS_DELETED.format(name='x')}"
    return Narrowing(
        source=f"record r WHERE r.dataset_id = :dataset_id AND {IS_DELETED.format(name='r')}",
        test=f"EXISTS ({deleted})",
        num_records=count_deleted(session, dataset_id),
    )


def count_deleted(session: Session, dataset_id: str) -> int:
    """How many records of a dataset a filter for deleted ones is about."""
    statement = text(
        "SELECT COUNT(*) FROM record r WHERE r.dataset_id = :dataset_id "
        f"AND {IS_DELETED.format(name='r')}"
    )
    return session.connection().execute(statement, {"dataset_id": dataset_id}).scalar_one()


def _of_grades(session: Session, dataset_id: str, record_filter: RecordFilter) -> Narrowing | None:
    run_id = record_filter.dry_run or _find_last_run(session, dataset_id)
    if run_id is None:
        return None
    count = text(
        "SELECT COUNT(*) FROM grade g WHERE g.dry_run_id = :dry_run AND g.reward IS NOT NULL "
        "AND :dry_run IN (SELECT d.id FROM dry_run d WHERE d.dataset_id = :dataset_id)"
    )
    values = {"dry_run": run_id, "dataset_id": dataset_id}
    number = int(session.connection().execute(count, values).scalar_one())
    if not number:
        return None
    low, high = record_filter.min_grade, record_filter.max_grade
    return Narrowing(
        source=f"({_GRADED}) l {ordered_join(session)} record r ON r.seq = l.seq "
        "WHERE r.dataset_id || '' = :dataset_id",
        test=f"r.seq IN ({_GRADED})",
        num_records=number,
        parameters={
            "dry_run": run_id,
            "min_grade": 0.0 if low is None else low,
            "max_grade": 1.0 if high is None else high,
        },
    )


def _find_last_run(session: Session, dataset_id: str) -> str | None:
    statement = select(DryRunRow.id).where(
        col(DryRunRow.dataset_id) == dataset_id, col(DryRunRow.finished_at).is_not(None)
    )
    return session.exec(statement.order_by(col(DryRunRow.number).desc()).limit(1)).first()
