"""Near-duplicates in the database: what is compared, and the groups that were found."""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, func, text
from sqlmodel import Session, col, select

from rft_app.domain.facet import DUPLICATE
from rft_app.domain.near_duplicate import NearState
from rft_app.errors import NotFoundError
from rft_app.storage.extraction import FIRST_INVALID
from rft_app.storage.records import stream_cuts
from rft_app.storage.tables import NearGroupRow, NearSearchRow
from rft_app.storage.turns import decode_all_turns, question_text

TEXTS_PER_BATCH = 1000


class Compared(NamedTuple):
    """The records that are compared, the ones to keep rather than others first."""

    seqs: NDArray[np.int64]
    origins: NDArray[np.int64]
    """Trace of each; records without one have a number of their own."""


class MemberRow(NamedTuple):
    """What a list shows of a record in a group."""

    seq: int
    title: str
    reward: float | None
    num_messages: int
    is_archived: bool


def list_compared(session: Session, dataset_id: str) -> Compared:
    """Valid, current records that repeat no other exactly; by reward, then by age."""
    statement = text(
        "SELECT seq, COALESCE(trace_seq, -seq) FROM record WHERE dataset_id = :dataset_id "
        f"AND facet < {FIRST_INVALID} AND facet & {DUPLICATE} = 0 "
        "ORDER BY reward IS NULL, reward DESC, seq"
    )
    found = session.connection().execute(statement, {"dataset_id": dataset_id}).all()
    pairs = np.array([tuple(row) for row in found], np.int64).reshape(-1, 2)
    return Compared(pairs[:, 0].copy(), pairs[:, 1].copy())


def iterate_questions(session: Session, dataset_id: str, seqs: Sequence[int]) -> Iterator[str]:
    """What the user said in each record, in the order of `seqs`; empty for one that is gone."""
    for start in range(0, len(seqs), TEXTS_PER_BATCH):
        part = seqs[start : start + TEXTS_PER_BATCH]
        cuts = stream_cuts(session, dataset_id, sorted(set(part)))
        texts = {
            seq: question_text(decode_all_turns(body)[:turn]) for seq, turn, _, body, _ in cuts
        }
        yield from (texts.get(seq, "") for seq in part)


def save_search(
    session: Session,
    dataset_id: str,
    search: NearSearchRow,
    groups: Sequence[Sequence[tuple[int, float]]],
) -> None:
    """Replace the last search; a group that a person dismissed stays dismissed."""
    dismissed = {
        frozenset(int(seq) for seq, _ in row.members)
        for row in session.exec(
            select(NearGroupRow).where(
                NearGroupRow.dataset_id == dataset_id, NearGroupRow.state == NearState.DISMISSED
            )
        )
    }
    connection = session.connection()
    for table in (NearGroupRow, NearSearchRow):
        connection.execute(delete(table).where(col(table.dataset_id) == dataset_id))
    session.add(search)
    for position, members in enumerate(groups, 1):
        known = frozenset(seq for seq, _ in members) in dismissed
        session.add(
            NearGroupRow(
                dataset_id=dataset_id,
                position=position,
                members=[[seq, round(how_near, 4)] for seq, how_near in members],
                state=NearState.DISMISSED if known else NearState.OPEN,
            )
        )
    session.flush()


def new_search(
    dataset_id: str, threshold: float, num_compared: int, records_hash: str
) -> NearSearchRow:
    """A search that ends now."""
    return NearSearchRow(
        dataset_id=dataset_id,
        threshold=threshold,
        num_compared=num_compared,
        records_hash=records_hash,
        finished_at=datetime.now(UTC),
    )


def find_search(session: Session, dataset_id: str) -> NearSearchRow | None:
    """The last search, if there was one."""
    return session.get(NearSearchRow, dataset_id)


def delete_search(session: Session, dataset_id: str) -> None:
    """Forget the last search."""
    for table in (NearGroupRow, NearSearchRow):
        session.connection().execute(delete(table).where(col(table.dataset_id) == dataset_id))


def list_groups(
    session: Session, dataset_id: str, state: NearState | None, after: int, limit: int
) -> list[NearGroupRow]:
    """Groups behind a place, in their order."""
    query = select(NearGroupRow).where(
        NearGroupRow.dataset_id == dataset_id, NearGroupRow.position > after
    )
    if state is not None:
        query = query.where(NearGroupRow.state == state)
    return list(session.exec(query.order_by(col(NearGroupRow.position)).limit(limit)))


def iterate_open(session: Session, dataset_id: str) -> Iterator[NearGroupRow]:
    """Every open group, in their order."""
    after = 0
    while rows := list_groups(session, dataset_id, NearState.OPEN, after, 500):
        yield from rows
        after = rows[-1].position


def get_group(session: Session, dataset_id: str, position: int) -> NearGroupRow:
    """One group.

    Raises:
        NotFoundError: There is none; a new search may have replaced it.
    """
    row = session.get(NearGroupRow, (dataset_id, position))
    if row is None:
        raise NotFoundError(
            f"There is no group {position} of near-duplicates. A newer search may have replaced it."
        )
    return row


def count_groups(session: Session, dataset_id: str) -> dict[NearState, int]:
    """How many groups are in which state."""
    query = (
        select(NearGroupRow.state, func.count())
        .where(NearGroupRow.dataset_id == dataset_id)
        .group_by(NearGroupRow.state)
    )
    return {NearState(state): number for state, number in session.exec(query)}


def read_members(session: Session, dataset_id: str, seqs: Collection[int]) -> dict[int, MemberRow]:
    """What lists show of some records; those that are gone are left out."""
    if not seqs:
        return {}
    statement = text(
        "SELECT seq, title, reward, num_messages, is_archived FROM record "
        f"WHERE seq IN ({', '.join(map(str, seqs))}) AND dataset_id = :dataset_id"
    )
    rows = session.connection().execute(statement, {"dataset_id": dataset_id})
    return {row[0]: MemberRow(*row) for row in rows}


def list_of_change(session: Session, dataset_id: str, change_id: str) -> list[NearGroupRow]:
    """Groups that were settled by one change."""
    query = select(NearGroupRow).where(
        NearGroupRow.dataset_id == dataset_id, NearGroupRow.change_id == change_id
    )
    return list(session.exec(query))
