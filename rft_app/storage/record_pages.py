"""Pages of records by key.

A page takes one index seek per matching (topic, facet) pair, each stopping after one page, merged.
Under a search the full-text index drives and the filter is checked per match.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import text
from sqlmodel import Session

from rft_app.domain.facet import unpack
from rft_app.domain.record import RecordFilter, record_id
from rft_app.domain.record_page import RecordPage, RecordSummary
from rft_app.errors import InvalidInputError
from rft_app.storage import search
from rft_app.storage.record_plan import BY_KEY, make_plan, read_topic_keys
from rft_app.storage.record_seeks import Window, search_page, seek_page
from rft_app.storage.tags import map_tags


def list_page(
    session: Session,
    dataset_id: str,
    record_filter: RecordFilter,
    *,
    cursor: str | None = None,
    limit: int = 50,
    is_newest_first: bool = True,
) -> RecordPage:
    """One page of the current records that match, by key, newest or oldest first.

    Raises:
        InvalidInputError: The cursor is not one that a page in this order gave.
    """
    plan = make_plan(session, dataset_id, record_filter)
    query = search.make_query(session, dataset_id, record_filter.search)
    window = Window(_parse_cursor(cursor, is_newest_first), limit + 1, is_newest_first)
    if query is None:
        seqs, total, is_exact = seek_page(session, plan, window)
    else:
        seqs, total, is_exact = search_page(session, plan, query, window)
    return RecordPage(
        rows=tuple(list_summaries(session, dataset_id, seqs[:limit])),
        next_cursor=_make_cursor(seqs[limit - 1], is_newest_first) if len(seqs) > limit else None,
        total=total,
        is_total_exact=is_exact,
    )


def list_summaries(
    session: Session, dataset_id: str, seqs: Sequence[int]
) -> Iterator[RecordSummary]:
    """Summaries of some records of the dataset, in the order asked for."""
    if not seqs:
        return
    topics, tags = read_topic_keys(session, dataset_id), map_tags(session, seqs)
    statement = text(
        "SELECT seq, title, topic_id, topic_confidence, facet, num_messages, num_tokens, reward, "
        f"created_at FROM record r WHERE seq IN ({', '.join(str(int(seq)) for seq in seqs)}) "
        f"AND {BY_KEY}"
    )
    rows = session.connection().execute(statement, {"dataset_id": dataset_id})
    found = {row.seq: row for row in rows}
    for row in (found[seq] for seq in seqs if seq in found):
        facet = unpack(row.facet)
        yield RecordSummary(
            id=record_id(row.seq),
            title=row.title,
            topic=topics.get(row.topic_id),
            topic_confidence=row.topic_confidence,
            source_type=facet.source_type,
            reason=facet.reason,
            num_messages=row.num_messages,
            num_tokens=row.num_tokens,
            reward=row.reward,
            has_tools=facet.has_tools,
            is_duplicate=facet.is_duplicate,
            tags=tags.get(row.seq, ()),
            created_at=row.created_at,
        )


def _make_cursor(seq: int, is_newest_first: bool) -> str:
    return f"{'n' if is_newest_first else 'o'}{seq:x}"


def _parse_cursor(cursor: str | None, is_newest_first: bool) -> int | None:
    if cursor is None:
        return None
    digits = cursor[1:]
    is_known = cursor[:1] == ("n" if is_newest_first else "o") and 0 < len(digits) < 16
    if not is_known or digits.strip("0123456789abcdef"):
        raise InvalidInputError(f"{cursor!r} is no cursor of this list. Start at the first page.")
    return int(digits, 16)
