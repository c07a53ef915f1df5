"""Review groups of near-duplicates: look, keep some, keep all, take it back.

Nothing is removed before a person says so; what goes is archived by `record_changes` and comes
back with `reopen_group`.
"""

from collections.abc import Collection, Generator, Sequence
from contextlib import contextmanager

from sqlmodel import Session

from rft_app.domain.near_duplicate import NearGroup, NearMember, NearReport, NearState
from rft_app.domain.record import RecordId, parse_record_id, record_id
from rft_app.domain.record_change import Change, ChangeState
from rft_app.errors import ConflictError, InvalidInputError
from rft_app.services.record_changes import (
    archive_records,
    get_change,
    select_only,
    undo_change,
)
from rft_app.storage import near_duplicates as stored
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.tables import NearGroupRow

MEMBERS_SHOWN = 12
MAX_PAGE = 100


def find_report(session: Session, dataset_id: str) -> NearReport | None:
    """What the last search found and how far its review is; `None` before the first.

    Raises:
        NotFoundError: There is no such dataset.
    """
    dataset = get_dataset_row(session, dataset_id)
    search = stored.find_search(session, dataset_id)
    if search is None:
        return None
    counts = stored.count_groups(session, dataset_id)
    open_rows = stored.iterate_open(session, dataset_id)
    return NearReport(
        threshold=search.threshold,
        num_compared=search.num_compared,
        num_groups=sum(counts.values()),
        num_open=counts.get(NearState.OPEN, 0),
        num_removable=sum(len(row.members) - 1 for row in open_rows),
        finished_at=search.finished_at,
        is_outdated=search.records_hash != dataset.records_hash,
    )


def list_groups(
    session: Session,
    dataset_id: str,
    *,
    state: NearState | None = None,
    after: int = 0,
    limit: int = 20,
    members: int = MEMBERS_SHOWN,
) -> list[NearGroup]:
    """Groups behind a place, the largest first, with the texts of their first members.

    Raises:
        NotFoundError: There is no such dataset.
    """
    get_dataset_row(session, dataset_id)
    rows = stored.list_groups(session, dataset_id, state, after, min(max(limit, 1), MAX_PAGE))
    return [_to_group(session, row, members) for row in rows]


def get_group(
    session: Session, dataset_id: str, position: int, *, members: int = MEMBERS_SHOWN
) -> NearGroup:
    """One group.

    Raises:
        NotFoundError: There is none.
    """
    return _to_group(session, stored.get_group(session, dataset_id, position), members)


def keep_records(
    session: Session, dataset_id: str, position: int, keep: Sequence[RecordId]
) -> NearGroup:
    """Keep these records of a group and archive its others.

    Raises:
        NotFoundError: There is no such group.
        InvalidInputError: None is kept, or one does not belong to the group.
        ConflictError: The group is settled already, or a job works on the dataset.
    """
    row = _require_open(session, dataset_id, position)
    own = _seqs(row)
    kept = {parse_record_id(id_) for id_ in keep}
    if not kept or not kept <= set(own):
        raise InvalidInputError(
            f"Keep at least one record of group {position}, and only records of it.",
            keep=list(keep),
        )
    _settle(session, row, [seq for seq in own if seq not in kept])
    return _to_group(session, row, MEMBERS_SHOWN)


def keep_all(session: Session, dataset_id: str, position: int) -> NearGroup:
    """Let every record of a group stay; a later search that finds the same group leaves it aside.

    Raises:
        NotFoundError: There is no such group.
        ConflictError: The group is settled already.
    """
    row = _require_open(session, dataset_id, position)
    _settle(session, row, [])
    return _to_group(session, row, MEMBERS_SHOWN)


def keep_suggested(session: Session, dataset_id: str) -> Change:
    """Keep the suggested record of every open group; returns what that archives.

    Raises:
        NotFoundError: There is no such dataset.
        ConflictError: No group is open, or a job works on the dataset.
    """
    get_dataset_row(session, dataset_id)
    rows = list(stored.iterate_open(session, dataset_id))
    if not rows:
        raise ConflictError("Every group of near-duplicates is decided already.")
    others = _list_current(session, dataset_id, [seq for row in rows for seq in _seqs(row)[1:]])
    with _staying_current(session, dataset_id):
        change = archive_records(session, dataset_id, select_only(others))
        for row in rows:
            row.state, row.change_id = NearState.SETTLED, change.id
            session.add(row)
    return change


def reopen_group(session: Session, dataset_id: str, position: int) -> NearGroup:
    """Take a decision back; records that went with others in one go come back together.

    Raises:
        NotFoundError: There is no such group.
        ConflictError: It is open.
    """
    row = stored.get_group(session, dataset_id, position)
    if row.state == NearState.OPEN:
        raise ConflictError(f"Group {position} is open; there is nothing to take back.")
    rows = [row]
    with _staying_current(session, dataset_id):
        if row.change_id is not None:
            if get_change(session, row.change_id).state is not ChangeState.UNDONE:
                undo_change(session, row.change_id)
            rows = stored.list_of_change(session, dataset_id, row.change_id)
        for one in rows:
            one.state, one.change_id = NearState.OPEN, None
            session.add(one)
    return _to_group(session, row, MEMBERS_SHOWN)


def _settle(session: Session, row: NearGroupRow, gone: Collection[int]) -> None:
    current = _list_current(session, row.dataset_id, gone)
    with _staying_current(session, row.dataset_id):
        if current:
            row.change_id = archive_records(session, row.dataset_id, select_only(current)).id
        row.state = NearState.SETTLED if gone else NearState.DISMISSED
        session.add(row)


def _list_current(session: Session, dataset_id: str, seqs: Collection[int]) -> list[RecordId]:
    """Those that are still in the dataset's lists; others went by another way."""
    known = stored.read_members(session, dataset_id, seqs)
    return [record_id(seq) for seq in seqs if seq in known and not known[seq].is_archived]


@contextmanager
def _staying_current(session: Session, dataset_id: str) -> Generator[None]:
    """What this review changes does not make its own groups out of date."""
    search = stored.find_search(session, dataset_id)
    was = get_dataset_row(session, dataset_id).records_hash
    yield
    session.flush()
    if search is not None and search.records_hash == was:
        session.refresh(dataset := get_dataset_row(session, dataset_id))
        search.records_hash = dataset.records_hash
        session.add(search)
        session.flush()


def _require_open(session: Session, dataset_id: str, position: int) -> NearGroupRow:
    row = stored.get_group(session, dataset_id, position)
    if row.state != NearState.OPEN:
        raise ConflictError(
            f"Group {position} is decided already. Take that back to decide again.", state=row.state
        )
    return row


def _seqs(row: NearGroupRow) -> list[int]:
    return [int(seq) for seq, _ in row.members]


def _to_group(session: Session, row: NearGroupRow, num_shown: int) -> NearGroup:
    shown = row.members[:num_shown]
    seqs = [int(seq) for seq, _ in shown]
    known = stored.read_members(session, row.dataset_id, seqs)
    texts = dict(zip(seqs, stored.iterate_questions(session, row.dataset_id, seqs), strict=True))
    members = [
        NearMember(
            record_id=record_id(seq),
            title=known[seq].title,
            text=texts[seq],
            similarity=how_near,
            reward=known[seq].reward,
            num_messages=known[seq].num_messages,
            is_suggested=place == 0,
            is_current=not known[seq].is_archived,
        )
        for place, (seq, (_, how_near)) in enumerate(zip(seqs, shown, strict=True))
        if seq in known
    ]
    return NearGroup(
        position=row.position,
        members=tuple(members),
        num_members=len(row.members),
        state=NearState(row.state),
        change_id=row.change_id,
    )
