"""Full-text search over records.

SQLite has an FTS5 index without content, Postgres a stored `tsvector`.  The index holds a record's
conversation, answer, tool calls, reference and id; system prompts are left out, since they are the
same in most records of a dataset and would match every search.

A text that is the id of a record of the dataset finds that record and nothing else
(`rft_app.storage.record_narrowing`); it is no query of the index.

All words must occur.  The last one may be the beginning of a word once it has three letters (in
scripts that do not set words apart, from its first sign).  A query is cut into words by the
tokenizer that filled the index, so that no text can be read as an operator.
"""

import re
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from itertools import islice

import orjson
from sqlalchemy import Connection, text
from sqlmodel import Session

from rft_app.storage.copying import insert_rows
from rft_app.storage.record_narrowing import find_named
from rft_app.storage.record_plan import BY_KEY
from rft_app.storage.session import is_sqlite, ordered_join

MAX_COUNT = 1000
"""Matches are counted up to here; a larger total is shown as "1,000+"."""
MAX_WORDS = 32
"""Further words of a query are ignored."""

_INDEXED_BEGINNING = 3
"""Beginnings of this length are words of the index of their own."""
_MAX_ENDINGS = 64
_MAX_WORD_LENGTH = 64
_MAX_WORDS_STORED = 20_000
_FILL_SQLITE = (
    "INSERT INTO record_fts (rowid, body) SELECT CAST(key AS INTEGER), value FROM json_each(?)"
)
"""One statement for a whole batch, so that Python's lock is free while SQLite works."""
_WORD = re.compile(r"[^\W_]+")
_TOKENIZER = "unicode61"


def create_index(connection: Connection) -> None:
    """Create the search index of an empty database; does nothing where it exists."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "CREATE VIRTUAL TABLE IF NOT EXISTS record_fts "
            "USING fts5(body, content='', detail='none', "
            f"prefix='{_INDEXED_BEGINNING}', tokenize='{_TOKENIZER}')"
        )
        connection.exec_driver_sql(
            "CREATE VIRTUAL TABLE IF NOT EXISTS record_fts_words "
            "USING fts5vocab(record_fts, instance)"
        )
        return
    connection.exec_driver_sql(
        "CREATE TABLE IF NOT EXISTS record_search (seq BIGINT PRIMARY KEY, words TSVECTOR)"
    )
    connection.exec_driver_sql(
        "CREATE INDEX IF NOT EXISTS ix_record_search ON record_search USING gin (words)"
    )


def add_texts(session: Session, texts: Sequence[tuple[int, str]]) -> None:
    """Index the text of records that are not in the index yet.

    Args:
        session: A unit of work.
        texts: Record keys, ascending, with their text.
    """
    if is_sqlite(session):
        values = orjson.dumps({str(seq): body.replace("\0", " ") for seq, body in texts}).decode()
        session.connection().exec_driver_sql(_FILL_SQLITE, (values,))
        return
    rows = [(seq, _to_tsvector(body)) for seq, body in texts]
    insert_rows(session, "record_search", ("seq", "words"), rows)


def delete_texts(session: Session, dataset_id: str) -> None:
    """Forget the records of a dataset that is about to be deleted.

    SQLite's index cannot let go of single entries; they match no record afterwards.
    """
    if is_sqlite(session):
        return
    statement = text(
        "DELETE FROM record_search WHERE seq IN "
        "(SELECT seq FROM record WHERE dataset_id = :dataset_id)"
    )
    session.connection().execute(statement, {"dataset_id": dataset_id})


def find_unindexed(session: Session, dataset_id: str, after_seq: int, limit: int) -> list[int]:
    """Current records of the dataset after `after_seq` that the index does not hold, in order."""
    indexed = (
        "SELECT 1 FROM record_fts_docsize s WHERE s.id = r.seq"
        if is_sqlite(session)
        else "SELECT 1 FROM record_search s WHERE s.seq = r.seq"
    )
    statement = text(
        f"SELECT r.seq FROM record r WHERE {BY_KEY} AND r.seq > :after "
        f"AND NOT r.is_archived AND NOT EXISTS ({indexed}) ORDER BY r.seq LIMIT :limit"
    )
    values = {"dataset_id": dataset_id, "after": after_seq, "limit": limit}
    return list(session.connection().execute(statement, values).scalars())


def make_query(session: Session, dataset_id: str, search: str) -> str | None:
    """The search text in the database's own query language; `None` when it holds no word, or is
    the id of one of the dataset's records.

    Whatever the text is, the query is valid.
    """
    if find_named(session, dataset_id, search) is not None:
        return None
    sqlite = is_sqlite(session)
    words = (_split_like_sqlite(search) if sqlite else _split(search))[:MAX_WORDS]
    if not words:
        return None
    *whole, last = words
    if sqlite:
        return " AND ".join([*(f'"{word}"' for word in whole), _last_for_sqlite(session, last)])
    ending = ":*" if _is_beginning(last) else ""
    return " & ".join(f"'{word}'" for word in words) + ending


def _is_beginning(word: str) -> bool:
    """Whether a query's last word also stands for the words that start with it."""
    return len(word) >= _INDEXED_BEGINNING or not word.isascii()


def _last_for_sqlite(session: Session, word: str) -> str:
    """The last word, with the words it may be the beginning of.

    They are listed where they are few: SQLite reads words it is given as far as a page needs, but
    gathers every match of a beginning first.
    """
    if not _is_beginning(word):
        return f'"{word}"'
    if len(word) == _INDEXED_BEGINNING:
        return f'"{word}" *'
    endings = list(islice(_iterate_words_from(session, word), _MAX_ENDINGS))
    if len(endings) == _MAX_ENDINGS:
        return f'"{word}" *'
    return "(" + " OR ".join(f'"{ending}"' for ending in endings or [word]) + ")"


def _iterate_words_from(session: Session, beginning: str) -> Iterator[str]:
    """The index's words with this beginning, in order, one seek each."""
    statement = text("SELECT term FROM record_fts_words WHERE term >= :least LIMIT 1")
    least = beginning
    while True:
        word = session.connection().execute(statement, {"least": least}).scalar()
        if word is None or not word.startswith(beginning):
            return
        yield word
        least = word + "\0"


def matching_from(session: Session) -> str:
    """The FROM clause that yields matches as `m.seq` joined with their records `r`.

    It takes the parameter `query`.
    """
    return f"{matches_from(session)} {ordered_join(session)} record r ON r.seq = m.seq"


def matches_from(session: Session) -> str:
    """The FROM clause that yields matches as `m.seq`; it takes the parameter `query`."""
    if is_sqlite(session):
        return "(SELECT rowid AS seq FROM record_fts WHERE record_fts MATCH :query) m"
    return "(SELECT seq FROM record_search WHERE words @@ CAST(:query AS tsquery)) m"


class _Tokenizer:
    """SQLite's own tokenizer, in a private database in memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(":memory:", check_same_thread=False)
        self._connection.execute(f"CREATE VIRTUAL TABLE t USING fts5(x, tokenize='{_TOKENIZER}')")
        self._connection.execute("CREATE VIRTUAL TABLE words USING fts5vocab(t, instance)")

    def split(self, text_: str) -> list[str]:
        """The words in their order."""
        with self._lock:
            self._connection.execute("INSERT INTO t (rowid, x) VALUES (1, ?)", (text_,))
            rows = self._connection.execute("SELECT term FROM words ORDER BY offset").fetchall()
            self._connection.rollback()
        return [term for (term,) in rows]


_tokenizer = _Tokenizer()


def _split_like_sqlite(search: str) -> list[str]:
    return _tokenizer.split(search.encode("utf-8", "replace").decode())


def _split(search: str) -> list[str]:
    return [word[:_MAX_WORD_LENGTH] for word in _WORD.findall(search.lower())]


def _to_tsvector(body: str) -> str:
    """A `tsvector` literal of the distinct words; word characters need no quoting inside quotes."""
    words = list(dict.fromkeys(_split(body)))[:_MAX_WORDS_STORED]
    return " ".join(f"'{word}'" for word in words)
