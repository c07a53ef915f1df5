"""Which records a person has said nothing of yet, and how many of those that match are done."""

from collections.abc import Iterator, Sequence
from itertools import chain, islice

import numpy as np
from sqlalchemy import text
from sqlmodel import Session

from rft_app.domain.record import RecordFilter
from rft_app.storage import search
from rft_app.storage.record_plan import BY_KEY, make_plan
from rft_app.storage.record_seeks import Window, search_page, seek_page, select_seqs

_FIRST_WINDOW, _LARGEST_WINDOW = 100, 4000
"""Keys that are looked at in one go: few at first, more where many are done."""
_SAID = (
    "SELECT record_seq AS seq FROM feedback "
    "WHERE dataset_id = :dataset_id AND reviewer = :reviewer{of_records} "
    "UNION SELECT correction_seq FROM feedback "
    "WHERE dataset_id = :dataset_id AND reviewer = :reviewer "
    "AND correction_seq IS NOT NULL{of_corrections}"
)
"""Records that a person said something of, and those that their corrections made."""


def list_unsaid(
    session: Session,
    dataset_id: str,
    reviewer: str,
    record_filter: RecordFilter,
    *,
    after: int | None,
    limit: int,
) -> list[int]:
    """Keys of the next matching records that the person said nothing of, ascending."""
    unsaid = chain.from_iterable(
        _drop_said(session, dataset_id, reviewer, seqs)
        for seqs in _iterate_windows(session, dataset_id, record_filter, after)
    )
    return list(islice(unsaid, limit))


def _iterate_windows(
    session: Session, dataset_id: str, record_filter: RecordFilter, after: int | None
) -> Iterator[list[int]]:
    """The keys that match, in growing pieces, each not empty."""
    plan = make_plan(session, dataset_id, record_filter)
    query = search.make_query(session, dataset_id, record_filter.search)
    size = _FIRST_WINDOW
    while True:
        window = Window(after, size, is_newest_first=False)
        found = (
            seek_page(session, plan, window)
            if query is None
            else search_page(session, plan, query, window)
        )
        if seqs := found[0]:
            yield seqs
        if len(seqs) < size:
            return
        after, size = seqs[-1], min(4 * size, _LARGEST_WINDOW)


def _drop_said(session: Session, dataset_id: str, reviewer: str, seqs: Sequence[int]) -> list[int]:
    """Those of some keys, given ascending, that are not done."""
    within = f"BETWEEN {seqs[0]} AND {seqs[-1]}"
    statement = _SAID.format(
        of_records=f" AND record_seq {within}", of_corrections=f" AND correction_seq {within}"
    )
    values = {"dataset_id": dataset_id, "reviewer": reviewer}
    said = set(session.connection().execute(text(statement), values).scalars())
    return [seq for seq in seqs if seq not in said]


def count_said(
    session: Session, dataset_id: str, reviewer: str, record_filter: RecordFilter
) -> int:
    """How many of the matching records the person is done with."""
    said = _SAID.format(of_records="", of_corrections="")
    values: dict[str, object] = {"dataset_id": dataset_id, "reviewer": reviewer}
    if search.make_query(session, dataset_id, record_filter.search) is not None:
        done = session.connection().execute(text(said), values).scalars().all()
        matching = select_seqs(session, dataset_id, record_filter)
        return int(np.isin(matching, np.array(done, dtype=np.int64)).sum())
    plan = make_plan(session, dataset_id, record_filter)
    statement = text(
        f"SELECT COUNT(*) FROM record r WHERE r.seq IN ({said}) AND {BY_KEY} AND ({plan.condition})"
    )
    return int(session.connection().execute(statement, plan.parameters | values).scalar_one())
