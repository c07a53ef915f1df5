"""Lists of datasets: pages by keyset in three orders, searched by words."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, SQLColumnExpression, func, literal, tuple_
from sqlmodel import Session, col, select

from rft_app.domain.dataset import DatasetName, DatasetSort
from rft_app.errors import InvalidInputError
from rft_app.storage.session import is_sqlite
from rft_app.storage.tables import DatasetRow

_LARGEST = 2**62


class Place(NamedTuple):
    """Where a dataset stands in an order: what it is ordered by, then its id."""

    value: str | int | datetime
    id: str


def list_rows(
    session: Session,
    search: str,
    sort: DatasetSort,
    *,
    after: Place | None = None,
    limit: int | None = None,
) -> list[tuple[DatasetRow, Place]]:
    """The next datasets whose name or objective has all words, each with its place."""
    key, id_ = _key(session, sort), col(DatasetRow.id)
    query = select(DatasetRow, key).where(*_conditions(session, search))
    if after is not None:
        place, start = tuple_(key, id_), tuple_(literal(after.value), literal(after.id))
        query = query.where(place > start if sort == "name" else place < start)
    order = (key, id_) if sort == "name" else (key.desc(), id_.desc())
    found = session.exec(query.order_by(*order).limit(limit))
    return [(row, Place(value, row.id)) for row, value in found]


def list_ids(session: Session, search: str = "") -> list[str]:
    """Every dataset whose name or objective has all words."""
    return list(session.exec(select(DatasetRow.id).where(*_conditions(session, search))))


def list_names(session: Session, search: str, limit: int) -> list[DatasetName]:
    """The most recently changed datasets that match, as menus need them."""
    found = list_rows(session, search, "updated", limit=limit)
    return [_to_name(row) for row, _ in found]


def find_name(session: Session, wanted: str) -> DatasetName | None:
    """The dataset of this id, else the most recently changed one of this name."""
    row = session.get(DatasetRow, wanted)
    if row is None:
        named = select(DatasetRow).where(DatasetRow.name == wanted)
        row = session.exec(named.order_by(col(DatasetRow.updated_at).desc()).limit(1)).first()
    return row and _to_name(row)


def list_named(session: Session, wanted: str) -> list[DatasetName]:
    """The dataset of this id, else those of this name, else those whose name is written alike.

    The most recently changed first.
    """
    text, name = _clean(wanted), col(DatasetRow.name)
    folded = text.casefold() if is_sqlite(session) else text.lower()
    order = col(DatasetRow.updated_at).desc(), col(DatasetRow.id).desc()
    for meant in (col(DatasetRow.id) == text, name == text, _fold(session, name) == folded):
        rows = list(session.exec(select(DatasetRow).where(meant).order_by(*order)))
        if rows:
            return [_to_name(row) for row in rows]
    return []


def _to_name(row: DatasetRow) -> DatasetName:
    return DatasetName(
        id=row.id, name=row.name, num_records=row.num_records, updated_at=row.updated_at
    )


def _key(session: Session, sort: DatasetSort) -> SQLColumnExpression[Any]:
    match sort:
        case "name":
            return _fold(session, col(DatasetRow.name))
        case "records":
            return col(DatasetRow.num_records)
        case "updated":
            return col(DatasetRow.updated_at)


def _conditions(session: Session, search: str) -> list[ColumnElement[bool]]:
    told = _fold(session, col(DatasetRow.name) + " " + col(DatasetRow.objective))
    text = _clean(search)
    folded = text.casefold() if is_sqlite(session) else text.lower()
    return [told.contains(word, autoescape=True) for word in folded.split()]


def _clean(text: str) -> str:
    """Without what no database takes."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode()


def _fold(session: Session, column: SQLColumnExpression[str]) -> ColumnElement[str]:
    """Without the difference between small and capital letters."""
    return func.casefold(column) if is_sqlite(session) else func.lower(column)


def write_cursor(sort: DatasetSort, place: Place) -> str:
    """A place as the text that pages go on from."""
    return urlsafe_b64encode(msgspec.json.encode((sort, *place))).decode().rstrip("=")


def read_cursor(sort: DatasetSort, cursor: str) -> Place:
    """The place behind such a text.

    Raises:
        InvalidInputError: No page in this order gave it.
    """
    kind: Any = {"name": str, "records": int, "updated": datetime}[sort]
    try:
        raw = urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
        order, value, id_ = msgspec.json.decode(raw, type=tuple[str, kind, str])
    except ValueError as error:
        raise _unknown(cursor) from error
    is_too_large = isinstance(value, int) and abs(value) > _LARGEST
    if order != sort or is_too_large or "\0" in f"{value}{id_}":
        raise _unknown(cursor)
    return Place(value, id_)


def _unknown(cursor: str) -> InvalidInputError:
    return InvalidInputError(
        f"{cursor!r} is no cursor of this list. Start at the first page.", cursor=cursor
    )
