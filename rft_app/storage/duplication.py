"""Copy a dataset inside the database, a range of keys at a time.

Keys of a copy are those of its source plus one number per table, so that references between rows
stay right without a table of pairs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import text
from sqlmodel import Session, SQLModel, select

from rft_app.storage.ids import new_id
from rft_app.storage.sequences import reserve
from rft_app.storage.tables import GraderVersionRow, ImportRow

SMALL: Final = ("topic", "tag")
"""Tables that are copied at once."""
LARGE: Final = ("trace", "record", "rollout", "feedback")
"""Tables that are copied a range of keys at a time."""
BODIES: Final[Mapping[str, str]] = {"trace": "trace_body", "record": "record_body"}


_OWN: Final = "dataset_id || '' = :source"
_OF_COPIES: Final = {"origin_seq": "COALESCE(origin_seq, seq)", "is_copy": "TRUE"}
"""What the copy of a trace says of where it comes from."""


class Shifts(NamedTuple):
    """What is added to the keys of each table."""

    topic: int
    tag: int
    trace: int
    record: int
    rollout: int
    feedback: int

    def of_column(self, table: str, column: str) -> int:
        """What is added to a column's values; 0 for most."""
        if column in {"id", "parent_id"} and table in SMALL:
            return getattr(self, table)
        if column == "seq":
            return getattr(self, table.removesuffix("_tag"))
        others = {
            "tag_id": self.tag,
            "trace_seq": self.trace,
            "continued_by": self.trace,
            "duplicate_of": self.record,
            "parent_seq": self.record,
            "record_seq": self.record,
            "correction_seq": self.record,
            "chosen_seq": self.rollout,
            "rejected_seq": self.rollout,
            "topic_id": self.topic,
        }
        return others.get(column, 0)


@dataclass(frozen=True, slots=True)
class Target:
    """A copy, and how its rows differ from those of its source."""

    source_id: str
    dataset_id: str
    shifts: Shifts
    imports: Mapping[str, str]
    """New ids of the imports by their old ones."""


def reserve_keys(session: Session, source_id: str) -> Shifts:
    """Reserve keys for a copy of every numbered row of a dataset."""
    shifts: list[int] = []
    for table in (*SMALL, *LARGE):
        key = "id" if table in SMALL else "seq"
        statement = text(
            f"SELECT COALESCE(MIN({key}), 0), COALESCE(MAX({key}), -1) FROM {table} "
            "WHERE dataset_id = :source"
        )
        low, high = session.connection().execute(statement, {"source": source_id}).one()
        shifts.append(reserve(session, table, high - low + 1) - low)
    return Shifts(*shifts)


def copy_small_rows(
    session: Session, source_id: str, target_id: str, shifts: Shifts
) -> dict[str, str]:
    """Copy topics, tags, grader versions and imports; returns the imports' new ids by old ones."""
    for table in SMALL:
        _copy(session, table, Target(source_id, target_id, shifts, {}))
    graders = select(GraderVersionRow).where(GraderVersionRow.dataset_id == source_id)
    for version in session.exec(graders).all():
        session.add(_changed(version, id=new_id("gv"), dataset_id=target_id))
    imports: dict[str, str] = {}
    for run in session.exec(select(ImportRow).where(ImportRow.dataset_id == source_id)).all():
        imports[run.id] = new_id("imp")
        session.add(_changed(run, id=imports[run.id], dataset_id=target_id, path="", job_id=None))
    session.flush()
    return imports


def _changed(row: SQLModel, **changes: str | None) -> SQLModel:
    values: dict[str, Any] = row.model_dump()
    return type(row)(**values | changes)


def count_rows(session: Session, dataset_id: str) -> int:
    """Rows that `copy_range` goes through."""
    return sum(
        session.connection()
        .execute(text(f"SELECT COUNT(*) FROM {table} WHERE dataset_id = :id"), {"id": dataset_id})
        .scalar_one()
        for table in LARGE
    )


def find_range(
    session: Session, table: str, source_id: str, after: int, size: int
) -> tuple[int, int]:
    """The last key of the next rows behind `after`, and how many they are; 0 rows at the end."""
    statement = text(
        "SELECT COALESCE(MAX(seq), 0), COUNT(*) FROM (SELECT r.seq FROM "
        f"{table} r WHERE r.dataset_id || '' = :source AND r.seq > :after "
        "ORDER BY r.seq LIMIT :size) part"
    )
    values = {"source": source_id, "after": after, "size": size}
    last, number = session.connection().execute(statement, values).one()
    return last, number


def copy_range(session: Session, table: str, target: Target, keys: tuple[int, int]) -> None:
    """Copy the rows from the first key to the last, with their bodies; those that are there stay.

    Args:
        session: A unit of work.
        table: One of `LARGE`.
        target: The copy.
        keys: Both ends are included.
    """
    where = f"seq BETWEEN {keys[0]} AND {keys[1]}"
    _copy(session, table, target, f"{where} AND {_OWN}")
    if table in BODIES:
        shift = getattr(target.shifts, table)
        statement = text(
            f"INSERT INTO {BODIES[table]} (seq, body) SELECT b.seq + {shift}, b.body "
            f"FROM {BODIES[table]} b JOIN {table} r ON r.seq = b.seq "
            f"WHERE r.{where} AND r.dataset_id || '' = :source ON CONFLICT DO NOTHING"
        )
        session.connection().execute(statement, {"source": target.source_id})
    if table == "trace":
        own = f"seq IN (SELECT t.seq FROM trace t WHERE t.{where} AND t.{_OWN})"
        _copy(session, "trace_tag", target, own)
    if table == "record":
        own = "tag_id IN (SELECT id FROM tag WHERE dataset_id = :source)"
        _copy(session, "record_tag", target, f"{where} AND {own}")


def copy_faults(session: Session, imports: Mapping[str, str]) -> None:
    """Copy the bad lines of imports."""
    statement = text(
        "INSERT INTO import_error (import_id, line_number, code, message, excerpt) "
        "SELECT CAST(:new AS VARCHAR), line_number, code, message, excerpt FROM import_error "
        "WHERE import_id = :old ON CONFLICT DO NOTHING"
    )
    for old, new in imports.items():
        session.connection().execute(statement, {"old": old, "new": new})


def _copy(session: Session, table: str, target: Target, where: str = _OWN) -> None:
    """Copy rows, whatever columns they have."""
    columns = SQLModel.metadata.tables[table].columns.keys()
    values = [_value(column, table, target) for column in columns]
    statement = text(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} FROM {table} "
        f"WHERE {where} ON CONFLICT DO NOTHING"
    )
    known = {"source": target.source_id}
    if "dataset_id" in columns:
        known["target"] = target.dataset_id
    session.connection().execute(statement, known)


def _value(column: str, table: str, target: Target) -> str:
    if column == "dataset_id":
        return "CAST(:target AS VARCHAR)"
    if column in _OF_COPIES:
        return _OF_COPIES[column]
    if column == "import_id" and target.imports:
        cases = " ".join(f"WHEN '{old}' THEN '{new}'" for old, new in target.imports.items())
        return f"CASE import_id {cases} ELSE import_id END"
    shift = target.shifts.of_column(table, column)
    if column in {"chosen_seq", "rejected_seq"}:  # 0 is the record's own answer in every dataset
        return f"CASE WHEN {column} = 0 THEN 0 ELSE {column} + {shift} END"
    return f"{column} + {shift}" if shift else column
