"""What freezing reads of a dataset: narrow columns of the records that can be trained on."""

from array import array
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, func, or_, select
from sqlmodel import Session, col

from rft_app.domain.facet import ARCHIVED, DUPLICATE, Facet, unpack
from rft_app.domain.record import Selection, SourceType
from rft_app.domain.validity import Reason
from rft_app.storage.record_counts import select_selection
from rft_app.storage.session import read_blocks
from rft_app.storage.splits import Bools, Ints, SplitColumns
from rft_app.storage.tables import RecordRow

ROWS_PER_READ: Final = 5_000
_FIRST_INVALID: Final = Facet(reason=Reason.NO_MESSAGES).pack()
"""Facets below this are valid and not archived."""


class _Table(NamedTuple):
    """Narrow columns of records, ordered by key: 30 bytes a record."""

    seqs: Ints
    content_hashes: Ints
    groups: Ints
    topics: NDArray[np.int32]
    facets: NDArray[np.int16]


_KINDS: Final = ("q", "q", "q", "i", "h")
"""Of the columns, as `array` names them."""


@dataclass(frozen=True, slots=True)
class SnapshotColumns:
    """What freezing reads of each record, ordered by key."""

    seqs: Ints
    content_hashes: Ints
    split: SplitColumns

    def pick(self, is_kept: Bools) -> "SnapshotColumns":
        """The same of some of the records."""
        return SnapshotColumns(
            self.seqs[is_kept], self.content_hashes[is_kept], self.split.pick(is_kept)
        )


def read_columns(session: Session, dataset_id: str, selection: Selection) -> SnapshotColumns:
    """Read the selected records among those that can be trained on, ordered by key."""
    table = _read_table(
        session,
        dataset_id,
        col(RecordRow.facet) < _FIRST_INVALID,
        col(RecordRow.facet).bitwise_and(DUPLICATE) == 0,
    )
    columns = _to_columns(table)
    if selection == Selection():
        return columns
    return columns.pick(_is_selected(session, dataset_id, columns.seqs, selection))


def read_whole(session: Session, dataset_id: str) -> tuple[SnapshotColumns, Bools]:
    """Read every current record, ordered by key, and which of them can be trained on."""
    table = _read_table(session, dataset_id, col(RecordRow.facet) < ARCHIVED)
    return _to_columns(table), _is_usable(table.facets)


def find_usable(session: Session, dataset_id: str, seqs: Ints) -> Bools:
    """Which of a dataset's records can be trained on; archived ones as well."""
    table = _read_table(session, dataset_id)
    return np.isin(seqs, table.seqs[_is_usable(table.facets & ~np.int16(ARCHIVED))])


def read_current(session: Session, dataset_id: str) -> Ints:
    """Keys of every current record, ascending."""
    return _read_table(session, dataset_id, col(RecordRow.facet) < ARCHIVED).seqs


def _read_table(session: Session, dataset_id: str, *conditions: ColumnElement[bool]) -> _Table:
    query = (
        select(
            col(RecordRow.seq),
            col(RecordRow.content_hash),
            col(RecordRow.group_key),
            func.coalesce(col(RecordRow.topic_id), 0),
            col(RecordRow.facet),
        )
        .where(col(RecordRow.dataset_id) == dataset_id)
        .where(*conditions)
    )
    grown: list[array[int]] = [array(kind) for kind in _KINDS]  # they grow where they lie
    for block in read_blocks(session, query, ROWS_PER_READ):
        values = np.fromiter(chain.from_iterable(block), np.int64, len(_KINDS) * len(block))
        for column, part in zip(grown, values.reshape(-1, len(_KINDS)).T, strict=True):
            column.frombytes(part.astype(column.typecode).tobytes())
    order = np.argsort(np.asarray(grown[0])).astype(np.uint32)
    columns: list[NDArray[Any]] = []
    while grown:  # one at a time: the unordered column goes at once
        columns.append(np.asarray(grown.pop(0))[order])
    return _Table(*columns)


def _to_columns(table: _Table) -> SnapshotColumns:
    split = SplitColumns(table.groups, table.topics, _is_generated(table.facets))
    return SnapshotColumns(table.seqs, table.content_hashes, split)


def _is_usable(facets: NDArray[np.int16]) -> Bools:
    return (facets < _FIRST_INVALID) & (facets & DUPLICATE == 0)


def count_left_out(session: Session, dataset_id: str, selection: Selection) -> dict[str, int]:
    """How many selected, current records cannot be trained on, by reason."""
    unusable = col(RecordRow.facet).bitwise_and(DUPLICATE) != 0
    query = (
        select(col(RecordRow.seq), col(RecordRow.facet))
        .where(col(RecordRow.dataset_id) == dataset_id)
        .where(col(RecordRow.facet) < ARCHIVED)
        .where(or_(unusable, col(RecordRow.facet) >= _FIRST_INVALID))
        .order_by(col(RecordRow.seq))
    )
    rows = [(seq, facet) for seq, facet in session.connection().execute(query)]
    seqs, facets = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    if selection != Selection():
        facets = facets[_is_selected(session, dataset_id, seqs, selection)]
    num_invalid = int((facets >= _FIRST_INVALID).sum())
    return {"duplicate": len(facets) - num_invalid, "invalid": num_invalid}


def _is_generated(facets: NDArray[np.int16]) -> Bools:
    known = np.unique(facets)
    generated = [unpack(int(f)).source_type is SourceType.GENERATED for f in known]
    return np.isin(facets, known[np.array(generated, dtype=np.bool_)])


def _is_selected(session: Session, dataset_id: str, seqs: Ints, selection: Selection) -> Bools:
    return np.isin(seqs, select_selection(session, dataset_id, selection))
