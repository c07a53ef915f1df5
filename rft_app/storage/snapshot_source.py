"""What freezing reads of a dataset: narrow columns of the records that can be trained on."""

from dataclasses import dataclass
from itertools import chain
from typing import Final

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

ROWS_PER_READ: Final = 20_000
_FIRST_INVALID: Final = Facet(reason=Reason.NO_MESSAGES).pack()
"""Facets below this are valid and not archived."""


@dataclass(frozen=True, slots=True)
class SnapshotColumns:
    """What freezing reads of each record, ordered by key."""

    seqs: Ints
    content_hashes: Ints
    split: SplitColumns

    def pick(self, is_kept: Bools) -> "SnapshotColumns":
        """The same of some of the records."""
        split = self.split
        return SnapshotColumns(
            self.seqs[is_kept],
            self.content_hashes[is_kept],
            SplitColumns(split.groups[is_kept], split.topics[is_kept], split.is_generated[is_kept]),
        )


def read_columns(session: Session, dataset_id: str, selection: Selection) -> SnapshotColumns:
    """Read the selected records among those that can be trained on, ordered by key."""
    table = _read_table(
        session,
        dataset_id,
        col(RecordRow.facet) < _FIRST_INVALID,
        col(RecordRow.facet).bitwise_and(DUPLICATE) == 0,
    )
    return _to_columns(table[_is_selected(session, dataset_id, table[:, 0], selection)])


def read_whole(session: Session, dataset_id: str) -> tuple[SnapshotColumns, Bools]:
    """Read every current record, ordered by key, and which of them can be trained on."""
    table = _read_table(session, dataset_id, col(RecordRow.facet) < ARCHIVED)
    facets = table[:, 4]
    return _to_columns(table), (facets < _FIRST_INVALID) & (facets & DUPLICATE == 0)


def find_usable(session: Session, dataset_id: str, seqs: Ints) -> Bools:
    """Which of a dataset's records can be trained on; archived ones as well."""
    table = _read_table(session, dataset_id)
    facets = table[:, 4] & ~np.int64(ARCHIVED)
    is_usable = (facets < _FIRST_INVALID) & (facets & DUPLICATE == 0)
    return np.isin(seqs, table[is_usable, 0])


def read_current(session: Session, dataset_id: str) -> Ints:
    """Keys of every current record, ascending."""
    return _read_table(session, dataset_id, col(RecordRow.facet) < ARCHIVED)[:, 0]


def _read_table(
    session: Session, dataset_id: str, *conditions: ColumnElement[bool]
) -> NDArray[np.int64]:
    """Key, content hash, group, topic and facet of records, ordered by key."""
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
    rows = chain.from_iterable(read_blocks(session, query, ROWS_PER_READ))
    table = np.fromiter(chain.from_iterable(rows), dtype=np.int64).reshape(-1, 5)
    return table[np.argsort(table[:, 0])]


def _to_columns(table: NDArray[np.int64]) -> SnapshotColumns:
    seqs, content_hashes, groups, topics, facets = table.T
    return SnapshotColumns(
        seqs, content_hashes, SplitColumns(groups, topics, _is_generated(facets))
    )


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
    facets = facets[_is_selected(session, dataset_id, seqs, selection)]
    num_invalid = int((facets >= _FIRST_INVALID).sum())
    return {"duplicate": len(facets) - num_invalid, "invalid": num_invalid}


def _is_generated(facets: Ints) -> Bools:
    known = np.unique(facets)
    generated = [unpack(int(f)).source_type is SourceType.GENERATED for f in known]
    return np.isin(facets, known[np.array(generated, dtype=np.bool_)])


def _is_selected(session: Session, dataset_id: str, seqs: Ints, selection: Selection) -> Bools:
    if selection == Selection():
        return np.ones(len(seqs), dtype=np.bool_)
    return np.isin(seqs, select_selection(session, dataset_id, selection))
