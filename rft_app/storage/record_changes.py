"""The log of changes to records: what was before is saved, then changed, in set operations.

Items hold the records that a change really altered, as they were.  Taking a change back touches
only records that are still as the change left them.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
from sqlalchemy import delete, text
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from rft_app.domain.facet import ARCHIVED
from rft_app.domain.record_change import (
    Change,
    ChangeKind,
    ChangeState,
    change_id,
    describe,
    parse_change_id,
)
from rft_app.domain.topic import MANUAL
from rft_app.errors import InvalidInputError, NotFoundError
from rft_app.storage.extraction import FIRST_INVALID
from rft_app.storage.members import Members, pack_members, unpack_members
from rft_app.storage.record_plan import BY_KEY, map_leaf_ids
from rft_app.storage.search import RECORDS
from rft_app.storage.sequences import reserve
from rft_app.storage.splits import Ints
from rft_app.storage.tables import RecordChangeRow

KEPT_CHANGES: Final = 50
KEPT_ITEMS: Final = 3_000_000
"""Items beyond this are dropped with the oldest changes; the newest change stays."""
_KEYS_PER_STATEMENT: Final = 1000
_SELECTION: Any = RecordChangeRow.selection
"""Of a change of many records it is long."""
_SURE = "CASE WHEN CAST(:topic AS BIGINT) IS NULL THEN NULL ELSE 1.0 END"
_BY_HAND = f"CASE WHEN CAST(:topic AS BIGINT) IS NULL THEN NULL ELSE '{MANUAL}' END"
_ITEMS = "FROM record_change_item c WHERE c.change_id = :change AND c.seq BETWEEN :first AND :last"
_SET_ARCHIVED = (
    "UPDATE record SET is_archived = :archived, is_superseded = {superseded}, "
    f"is_replaced = {{replaced}}, updated_at = :now, facet = facet + :shift {_ITEMS} "
    f"AND record.seq = c.seq "
    f"AND record.facet {{side}} {ARCHIVED}"
)
_OTHERS: Final = ("replaced", "superseded")
"""What archived records are that are no deleted ones: columns `is_…`."""
_MOVE = (
    f"UPDATE record SET topic_id = CAST(:topic AS BIGINT), topic_confidence = {_SURE}, "
    f"topic_method = {_BY_HAND} {_ITEMS} AND record.seq = c.seq"
)
_MOVE_BACK = (
    "UPDATE record SET topic_id = c.topic_id, topic_confidence = c.confidence, "
    f"topic_method = c.method {_ITEMS} AND record.seq = c.seq "
    "AND record.topic_id IS NOT DISTINCT FROM CAST(:topic AS BIGINT)"
)
_PUT_TAG = (
    f"INSERT INTO record_tag (tag_id, seq) SELECT :tag, c.seq {_ITEMS} ON CONFLICT DO NOTHING"
)
_TAKE_TAG = f"DELETE FROM record_tag WHERE tag_id = :tag AND seq IN (SELECT c.seq {_ITEMS})"


def add_change(
    session: Session, dataset_id: str, kind: ChangeKind, *, target: str, seqs: Ints, target_id: int
) -> RecordChangeRow:
    """Note what is going to be done to which records.

    Args:
        session: A unit of work.
        dataset_id: Whose.
        kind: What.
        target: As `Change.target`.
        seqs: Keys, ascending.
        target_id: Key of the topic; 0 for none.
    """
    row = RecordChangeRow(
        id=reserve(session, "record_change", 1),
        dataset_id=dataset_id,
        kind=kind.value,
        label=describe(kind, len(seqs), target),
        target=target,
        selection={"keys": _pack(seqs), "target_id": target_id}
        | (_read_others(session, dataset_id, seqs) if kind is ChangeKind.RESTORE else {}),
        num_records=len(seqs),
        state=ChangeState.APPLYING.value,
        created_at=datetime.now(UTC),
    )
    session.add(row)
    session.flush()
    return row


def _pack(seqs: Ints) -> str:
    no_split = np.zeros(len(seqs), dtype=np.bool_)
    return b64encode(pack_members(Members(seqs, no_split))).decode()


def _read_others(session: Session, dataset_id: str, seqs: Ints) -> dict[str, str]:
    """Which archived records are no deleted ones, to be so again when their return is undone."""
    found = {name: _select(session, dataset_id, seqs, f"r.is_{name}") for name in _OTHERS}
    return {name: _pack(keys) for name, keys in found.items() if keys.size}


def read_keys(row: RecordChangeRow, name: str = "keys") -> Ints:
    """The records a change is about, or those of them that were `_OTHERS`, ascending."""
    packed = row.selection.get(name)
    return unpack_members(b64decode(packed)).seqs if packed else np.empty(0, dtype=np.int64)


def get_change_row(session: Session, change: str) -> RecordChangeRow:
    """One change.

    Raises:
        NotFoundError: There is none, or it was too long ago.
    """
    key = parse_change_id(change)
    row = None if key is None else session.get(RecordChangeRow, key, populate_existing=True)
    if row is None:
        raise NotFoundError(f"There is no change {change!r}; only the latest are kept.")
    return row


def find_edit_row(session: Session, dataset_id: str, target: str) -> RecordChangeRow | None:
    """The edit that made a record, where it was not taken back and is not too long ago."""
    statement = select(RecordChangeRow).where(
        col(RecordChangeRow.dataset_id) == dataset_id,
        col(RecordChangeRow.kind) == ChangeKind.EDIT.value,
        col(RecordChangeRow.target) == target,
        col(RecordChangeRow.state) == ChangeState.DONE.value,
    )
    return session.exec(statement.execution_options(populate_existing=True)).first()


def list_change_rows(
    session: Session, dataset_id: str, limit: int, before: str | None = None
) -> list[RecordChangeRow]:
    """The latest changes of a dataset, newest first, without the records they are about.

    Raises:
        InvalidInputError: `before`, the change they are older than, is none.
    """
    statement = select(RecordChangeRow).where(col(RecordChangeRow.dataset_id) == dataset_id)
    if before is not None:
        key = parse_change_id(before)
        if key is None:
            raise InvalidInputError(f"{before!r} is no change to go on from.", cursor=before)
        statement = statement.where(col(RecordChangeRow.id) < key)
    newest = statement.order_by(col(RecordChangeRow.id).desc()).limit(limit)
    light = newest.options(defer(_SELECTION))
    return list(session.exec(light.execution_options(populate_existing=True)))


def to_change(row: RecordChangeRow) -> Change:
    """Convert a row to the domain's value."""
    return Change(
        id=change_id(row.id),
        dataset_id=row.dataset_id,
        kind=ChangeKind(row.kind),
        label=row.label,
        target=row.target,
        num_records=row.num_records,
        state=ChangeState(row.state),
        job_id=row.job_id,
        created_at=row.created_at,
    )


def select_archived(session: Session, dataset_id: str, seqs: Sequence[int]) -> Ints:
    """Those of some records that are archived, ascending."""
    wanted = np.unique(np.array(seqs, dtype=np.int64))
    return _select(session, dataset_id, wanted, f"r.facet >= {ARCHIVED}")


def select_valid(session: Session, dataset_id: str, seqs: Ints) -> Ints:
    """Those of some records, given ascending, that are valid and current."""
    return _select(session, dataset_id, seqs, f"r.facet + 0 < {FIRST_INVALID}")


def _select(session: Session, dataset_id: str, seqs: Ints, condition: str) -> Ints:
    found: list[int] = []
    for keys in _ranges(seqs):
        statement = text(
            f"SELECT r.seq FROM record r WHERE r.seq {keys} AND {BY_KEY} AND {condition} "
            "ORDER BY r.seq"
        )
        rows = session.connection().execute(statement, {"dataset_id": dataset_id})
        found.extend(rows.scalars())
    return np.array(found, dtype=np.int64)


def collect(session: Session, row: RecordChangeRow, seqs: Ints, tag_id: int) -> None:
    """Save records that are about to change, as they are; what was saved before stays.

    Args:
        session: A unit of work.
        row: The change.
        seqs: Keys, ascending; those that the change leaves as they are are passed over.
        tag_id: Of a change of tags; 0 else.
    """
    has_tag = f"EXISTS (SELECT 1 FROM record_tag t WHERE t.tag_id = {tag_id} AND t.seq = r.seq)"
    alters = {
        ChangeKind.DELETE: f"r.facet < {ARCHIVED}",
        ChangeKind.EDIT: f"r.facet < {ARCHIVED}",
        ChangeKind.RESTORE: f"r.facet >= {ARCHIVED}",
        ChangeKind.MOVE: f"r.facet < {FIRST_INVALID}",
        ChangeKind.ADD_TAG: f"NOT {has_tag}",
        ChangeKind.REMOVE_TAG: has_tag,
    }[ChangeKind(row.kind)]
    for keys in _ranges(seqs):
        statement = text(
            "INSERT INTO record_change_item (change_id, seq, topic_id, confidence, method) "
            "SELECT :change, r.seq, r.topic_id, r.topic_confidence, r.topic_method FROM record r "
            f"WHERE r.seq {keys} AND {BY_KEY} AND {alters} ON CONFLICT DO NOTHING"
        )
        values = {"change": row.id, "dataset_id": row.dataset_id}
        session.connection().execute(statement, values)


def _ranges(seqs: Ints) -> Iterator[str]:
    """SQL behind a key column, a thousand keys a time."""
    for start in range(0, len(seqs), _KEYS_PER_STATEMENT):
        keys: Sequence[int] = seqs[start : start + _KEYS_PER_STATEMENT].tolist()
        is_dense = keys[-1] - keys[0] + 1 == len(keys)
        listed = f"IN ({', '.join(map(str, keys))})"
        yield f"BETWEEN {keys[0]} AND {keys[-1]}" if is_dense else listed


def apply(
    session: Session, row: RecordChangeRow, first: int, last: int, *, tag_id: int, now_ms: int
) -> None:
    """Change the saved records with keys from `first` to `last`."""
    kind = ChangeKind(row.kind)
    if kind in {ChangeKind.DELETE, ChangeKind.EDIT, ChangeKind.RESTORE}:
        is_archived = kind is not ChangeKind.RESTORE
        _set_archived(session, row, (first, last), now_ms, is_archived=is_archived)
        return
    if kind is ChangeKind.MOVE:
        _run(session, _MOVE, row.id, (first, last), {"topic": row.selection["target_id"] or None})
        return
    statement = _PUT_TAG if kind is ChangeKind.ADD_TAG else _TAKE_TAG
    _run(session, statement, row.id, (first, last), {"tag": tag_id})


def take_back(
    session: Session, row: RecordChangeRow, first: int, last: int, *, tag_id: int, now_ms: int
) -> None:
    """Put the saved records with keys from `first` to `last` back as they were."""
    kind = ChangeKind(row.kind)
    if kind in {ChangeKind.DELETE, ChangeKind.EDIT, ChangeKind.RESTORE}:
        is_archived = kind is ChangeKind.RESTORE
        _set_archived(session, row, (first, last), now_ms, is_archived=is_archived)
        return
    if kind is ChangeKind.MOVE:
        values = {"topic": row.selection["target_id"] or None}
        _run(session, _MOVE_BACK, row.id, (first, last), values)
        return
    statement = _TAKE_TAG if kind is ChangeKind.ADD_TAG else _PUT_TAG
    _run(session, statement, row.id, (first, last), {"tag": tag_id})


def _set_archived(
    session: Session,
    row: RecordChangeRow,
    bounds: tuple[int, int],
    now_ms: int,
    *,
    is_archived: bool,
) -> None:
    values = {
        "archived": is_archived,
        "now": now_ms,
        "shift": ARCHIVED if is_archived else -ARCHIVED,
    }
    others = {name: _is_among(read_keys(row, name), bounds, is_archived) for name in _OTHERS}
    if is_archived and row.kind == ChangeKind.EDIT:
        others["replaced"] = "TRUE"
    statement = _SET_ARCHIVED.format(side="<" if is_archived else ">=", **others)
    _run(session, statement, row.id, bounds, values)


def _is_among(seqs: Ints, bounds: tuple[int, int], is_archived: bool) -> str:
    """SQL: whether a record that is archived now is one of these."""
    first, last = bounds
    keys = seqs[(seqs >= first) & (seqs <= last)] if is_archived else seqs[:0]
    return f"record.seq IN ({', '.join(map(str, keys.tolist()))})" if keys.size else "FALSE"


def forget_lost_topics(session: Session, row: RecordChangeRow, first: int, last: int) -> None:
    """Take topics that hold no records any more from records that got them back."""
    leaves = ", ".join(map(str, map_leaf_ids(session, row.dataset_id).values()))
    statement = (
        "UPDATE record SET topic_id = NULL, topic_confidence = NULL, topic_method = NULL "
        f"{_ITEMS} AND record.seq = c.seq AND record.topic_id IS NOT NULL "
        f"AND record.topic_id NOT IN ({leaves or 0})"
    )
    _run(session, statement, row.id, (first, last), {})


def _run(
    session: Session,
    statement: str,
    change: int,
    bounds: tuple[int, int],
    values: dict[str, Any],
) -> None:
    first, last = bounds
    placed = {"change": change, "first": first, "last": last, **values}
    session.connection().execute(text(statement), placed)


def next_items(session: Session, change: int, after: int, size: int) -> tuple[int, int]:
    """The last key of the next items behind `after`, and how many they are; 0 at the end."""
    statement = text(
        "SELECT COALESCE(MAX(seq), 0), COUNT(*) FROM (SELECT seq FROM record_change_item "
        "WHERE change_id = :change AND seq > :after ORDER BY seq LIMIT :size) part"
    )
    values = {"change": change, "after": after, "size": size}
    last, number = session.connection().execute(statement, values).one()
    return last, number


def read_items(session: Session, change: int, limit: int) -> list[int]:
    """Keys of the first items, ascending."""
    statement = text(
        "SELECT seq FROM record_change_item WHERE change_id = :change ORDER BY seq LIMIT :limit"
    )
    values = {"change": change, "limit": limit}
    return list(session.connection().execute(statement, values).scalars())


def count_items(session: Session, change: int) -> int:
    """How many records a change altered."""
    statement = text("SELECT COUNT(*) FROM record_change_item WHERE change_id = :change")
    return int(session.connection().execute(statement, {"change": change}).scalar_one())


def has_unsearchable(session: Session, change: int) -> bool:
    """Whether search cannot find some record of a change."""
    statement = text(
        "SELECT EXISTS (SELECT 1 FROM record_change_item c WHERE c.change_id = :change "
        f"AND NOT {RECORDS.has(session, 'c.seq')})"
    )
    return bool(session.connection().execute(statement, {"change": change}).scalar_one())


def prune(session: Session, dataset_id: str) -> None:
    """Drop the oldest changes beyond what is kept; the newest always is."""
    num_items = 0
    gone: list[int] = []
    sizes = select(RecordChangeRow.id, RecordChangeRow.num_records)
    newest = sizes.where(RecordChangeRow.dataset_id == dataset_id)
    for place, (id_, number) in enumerate(
        session.exec(newest.order_by(col(RecordChangeRow.id).desc()))
    ):
        num_items += number
        if place >= KEPT_CHANGES or (place and num_items > KEPT_ITEMS):
            gone.append(id_)
    if gone:
        session.connection().execute(
            delete(RecordChangeRow).where(col(RecordChangeRow.id).in_(gone))
        )
