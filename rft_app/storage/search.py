"""Full-text search over records.

The index holds a record's conversation, answer, tool calls, reference and id; system prompts are
left out, since they are the same in most records of a dataset and would match every search.

A text that is the id of a record of the dataset finds that record and nothing else
(`rft_app.storage.record_narrowing`); it is no query of the index.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, text
from sqlmodel import Session

from rft_app.storage.record_narrowing import find_named
from rft_app.storage.record_plan import BY_KEY
from rft_app.storage.session import ordered_join
from rft_app.storage.text_index import TextIndex

MAX_COUNT = 1000
"""Matches are counted up to here; a larger total is shown as "1,000+"."""
RECORDS = TextIndex("record")


def create_index(connection: Connection) -> None:
    """Create the search index of an empty database; does nothing where it exists."""
    RECORDS.create(connection)


def add_texts(session: Session, texts: Sequence[tuple[int, str]]) -> None:
    """Index the text of records that are not in the index yet.

    Args:
        session: A unit of work.
        texts: Record keys, ascending, with their text.
    """
    RECORDS.add(session, texts)


def delete_texts(session: Session, dataset_id: str) -> None:
    """Forget the records of a dataset that is about to be deleted."""
    own = "SELECT seq FROM record WHERE dataset_id = :dataset_id"
    RECORDS.forget(session, own, {"dataset_id": dataset_id})


def find_unindexed(session: Session, dataset_id: str, after_seq: int, limit: int) -> list[int]:
    """Current records of the dataset after `after_seq` that the index does not hold, in order."""
    statement = text(
        f"SELECT r.seq FROM record r WHERE {BY_KEY} AND r.seq > :after AND NOT r.is_archived "
        f"AND NOT {RECORDS.has(session, 'r.seq')} ORDER BY r.seq LIMIT :limit"
    )
    values = {"dataset_id": dataset_id, "after": after_seq, "limit": limit}
    return [*session.connection().execute(statement, values).scalars().all()]


def make_query(session: Session, dataset_id: str, search: str) -> str | None:
    """The search text in the database's own query language; `None` when it holds no word, or is
    the id of one of the dataset's records.
    """
    if find_named(session, dataset_id, search) is not None:
        return None
    return RECORDS.make_query(session, search)


def matching_from(session: Session) -> str:
    """The FROM clause that yields matches as `m.seq` joined with their records `r`.

    It takes the parameter `query`.
    """
    return f"{matches_from(session)} {ordered_join(session)} record r ON r.seq = m.seq"


def matches_from(session: Session) -> str:
    """The FROM clause that yields matches as `m.seq`; it takes the parameter `query`."""
    return f"({RECORDS.matches(session)}) m"
