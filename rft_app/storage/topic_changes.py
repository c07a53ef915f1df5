"""The undo log of topics: each change keeps the tree and the assignments it replaced.

A change is undone by swapping: the log takes what is there now, the dataset what the log held, so
doing it again is the same work.  Records are saved and put back by SQL, none passes through Python.
A record that something else moved meanwhile stays where it is.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, text
from sqlmodel import Session, col, func, select

from rft_app.domain.facet import ARCHIVED
from rft_app.errors import ConflictError
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.extraction import FIRST_INVALID
from rft_app.storage.sequences import reserve
from rft_app.storage.tables import TopicChangeRow, TopicRow, TopicTreeRow

KEPT_CHANGES = 30
KEPT_RECORDS = 3_000_000
"""Saved assignments beyond this are dropped with the oldest changes; the newest change stays."""

_FIELDS = ("id", "key", "description", "keywords", "target_share", "position")
_SAVE = (
    "INSERT INTO topic_change_record "
    "(change_id, side, seq, topic_id, confidence, method, placed_topic_id) "
    "SELECT {change_id}, {side}, r.seq, r.topic_id, r.topic_confidence, r.topic_method, {placed} "
    "FROM record r {where} ON CONFLICT DO NOTHING"
)
_MISPLACED = (
    f"topic_id IS NOT NULL AND ((facet >= {FIRST_INVALID} AND facet < {ARCHIVED}) "
    "OR topic_id NOT IN (SELECT t.id FROM topic t WHERE t.dataset_id = :dataset_id))"
)


def lock_tree(session: Session, dataset_id: str, version: int | None = None) -> TopicTreeRow:
    """Take a dataset's tree for a change; others wait until the transaction ends.

    Raises:
        NotFoundError: There is no such dataset.
        ConflictError: The tree is no longer at `version`; the message names what changed it.
    """
    get_dataset_row(session, dataset_id)
    insert = text(
        "INSERT INTO topic_tree (dataset_id, version, is_edited) VALUES (:id, 0, :no) "
        "ON CONFLICT (dataset_id) DO NOTHING"
    )
    session.connection().execute(insert, {"id": dataset_id, "no": False})
    statement = select(TopicTreeRow).where(col(TopicTreeRow.dataset_id) == dataset_id)
    row = session.exec(statement.with_for_update().execution_options(populate_existing=True)).one()
    if version is not None and version != row.version:
        raise ConflictError(
            _describe_conflict(session, dataset_id, version), version=row.version, seen=version
        )
    return row


def find_tree_row(session: Session, dataset_id: str) -> TopicTreeRow:
    """Version and origin of a tree; a row that is not in the database before its first change."""
    return session.get(TopicTreeRow, dataset_id) or TopicTreeRow(dataset_id=dataset_id)


def begin_change(
    session: Session, tree: TopicTreeRow, label: str, job_id: str | None = None
) -> TopicChangeRow:
    """Write the tree as it is into the log; the tree has the next version from here on.

    What had been undone cannot be done again after this.
    """
    dataset_id = tree.dataset_id
    undone = select(TopicChangeRow.id).where(col(TopicChangeRow.dataset_id) == dataset_id)
    undone = undone.where(col(TopicChangeRow.is_undone).is_(True))
    _forget(session, session.exec(undone).all())
    tree.version += 1
    change = TopicChangeRow(
        id=reserve(session, "topic_change", 1),
        dataset_id=dataset_id,
        version=tree.version,
        label=label,
        tree=_snapshot(session, dataset_id),
        job_id=job_id,
        created_at=datetime.now(UTC),
    )
    session.add_all([tree, change])
    session.flush()
    return change


def find_change_of_job(session: Session, job_id: str) -> TopicChangeRow | None:
    """The change that an earlier run of a job began."""
    statement = select(TopicChangeRow).where(col(TopicChangeRow.job_id) == job_id)
    return session.exec(statement).first()


def finish_change(session: Session, change: TopicChangeRow) -> None:
    """Close a change that a job made; a later run of the job begins another one."""
    change.job_id, change.notes = None, {}
    session.add(change)
    session.flush()
    prune(session, change.dataset_id)


def list_change_rows(session: Session, dataset_id: str, limit: int = 30) -> list[TopicChangeRow]:
    """The latest changes, newest first."""
    statement = select(TopicChangeRow).where(col(TopicChangeRow.dataset_id) == dataset_id)
    return list(session.exec(statement.order_by(col(TopicChangeRow.id).desc()).limit(limit)))


def save_records(
    session: Session, change: TopicChangeRow, condition: str, placed: int | None
) -> int:
    """Save the assignments of records `r` before they change; returns their number.

    Args:
        session: A unit of work.
        change: The change under way; a record it saved before keeps what was saved first.
        condition: Trusted SQL on `r`.
        placed: The topic they get.
    """
    statement = _SAVE.format(
        change_id=change.id,
        side=change.side,
        placed="NULL" if placed is None else int(placed),
        where=f"WHERE r.dataset_id = :dataset_id AND {condition}",
    )
    saved = session.connection().execute(text(statement), {"dataset_id": change.dataset_id})
    number = max(0, saved.rowcount)
    change.num_records += number
    return number


def note_places(session: Session, change: TopicChangeRow, first: int, last: int) -> None:
    """Note where the change put saved records with keys `first` to `last`."""
    statement = text(
        "UPDATE topic_change_record SET placed_topic_id = r.topic_id FROM record r "
        "WHERE change_id = :change AND side = :side AND topic_change_record.seq = r.seq "
        "AND topic_change_record.seq BETWEEN :first AND :last"
    )
    values = {"change": change.id, "side": change.side, "first": first, "last": last}
    session.connection().execute(statement, values)


def clear_misplaced(session: Session, change: TopicChangeRow) -> None:
    """Take topics that are no more, and those of invalid records, from the records; and log it."""
    save_records(session, change, _MISPLACED, None)
    statement = text(
        "UPDATE record SET topic_id = NULL, topic_confidence = NULL, topic_method = NULL "
        f"WHERE dataset_id = :dataset_id AND {_MISPLACED}"
    )
    session.connection().execute(statement, {"dataset_id": change.dataset_id})


def swap(session: Session, tree: TopicTreeRow, change: TopicChangeRow) -> None:
    """Undo a change, or do an undone one again."""
    now = _snapshot(session, tree.dataset_id)
    write_rows(session, tree.dataset_id, change.tree)
    change.tree = now
    old, new = change.side, 1 - change.side
    values = {"change": change.id, "old": old}
    saved = text(
        _SAVE.format(
            change_id=change.id,
            side=new,
            placed="c.topic_id",
            where="JOIN topic_change_record c ON c.seq = r.seq WHERE c.change_id = :change "
            "AND c.side = :old AND r.topic_id IS NOT DISTINCT FROM c.placed_topic_id",
        )
    )
    session.connection().execute(saved, values)
    session.connection().execute(
        text(
            "UPDATE record SET topic_id = c.topic_id, topic_confidence = c.confidence, "
            "topic_method = c.method FROM topic_change_record c WHERE c.change_id = :change "
            "AND c.side = :old AND record.seq = c.seq "
            "AND record.topic_id IS NOT DISTINCT FROM c.placed_topic_id"
        ),
        values,
    )
    session.connection().execute(
        text("DELETE FROM topic_change_record WHERE change_id = :change AND side = :old"), values
    )
    change.side, change.is_undone = new, not change.is_undone
    tree.version += 1
    change.version = tree.version
    session.add_all([tree, change])
    session.flush()
    clear_misplaced(session, change)


def prune(session: Session, dataset_id: str) -> None:
    """Drop the oldest changes beyond what is kept."""
    num_records = 0
    gone: list[int] = []
    for place, change in enumerate(list_change_rows(session, dataset_id, limit=1000)):
        num_records += change.num_records
        if place >= KEPT_CHANGES or (place and num_records > KEPT_RECORDS):
            gone.append(change.id)
    _forget(session, gone)


def write_rows(session: Session, dataset_id: str, rows: Sequence[dict[str, Any]]) -> None:
    """Put other topics in the place of a dataset's; ids are kept as given."""
    session.exec(delete(TopicRow).where(col(TopicRow.dataset_id) == dataset_id))
    session.add_all([TopicRow(dataset_id=dataset_id, **row) for row in rows])
    session.flush()


def count_changes(session: Session, dataset_id: str) -> int:
    """How many changes the log holds."""
    statement = select(func.count()).select_from(TopicChangeRow)
    return session.exec(statement.where(col(TopicChangeRow.dataset_id) == dataset_id)).one()


def _snapshot(session: Session, dataset_id: str) -> list[dict[str, Any]]:
    statement = select(TopicRow).where(col(TopicRow.dataset_id) == dataset_id)
    rows = session.exec(statement.order_by(col(TopicRow.position), col(TopicRow.id)))
    return [{field: getattr(row, field) for field in _FIELDS} for row in rows]


def _forget(session: Session, ids: Sequence[int]) -> None:
    if ids:
        session.connection().execute(
            delete(TopicChangeRow).where(col(TopicChangeRow.id).in_(list(ids)))
        )


def _describe_conflict(session: Session, dataset_id: str, version: int) -> str:
    later = [row for row in list_change_rows(session, dataset_id) if row.version > version]
    names = [f"“{'Undone: ' if row.is_undone else ''}{row.label}”" for row in later]
    if not names:
        return "The topics changed since you opened them. Reload them and try again."
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return (
        f"The topics changed since you opened them: {', '.join(names[:2])}{more}. "
        "Nothing of yours was saved; reload the topics and try again."
    )
