"""Full-text indexes of stored texts by key.

SQLite has an FTS5 index without content, Postgres a stored `tsvector`.

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
from rft_app.storage.session import is_sqlite

MAX_WORDS = 32
"""Further words of a query are ignored."""

_INDEXED_BEGINNING = 3
"""Beginnings of this length are words of the index of their own."""
_MAX_ENDINGS = 64
_MAX_WORD_LENGTH = 64
_MAX_WORDS_STORED = 20_000
_WORD = re.compile(r"[^\W_]+")
_TOKENIZER = "unicode61"


class TextIndex:
    """The texts of one kind of row, named by the row's table."""

    def __init__(self, table: str) -> None:
        self._sqlite, self._postgres = f"{table}_fts", f"{table}_search"

    def create(self, connection: Connection) -> None:
        """Create it in an empty database; does nothing where it exists."""
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(
                f"CREATE VIRTUAL TABLE IF NOT EXISTS {self._sqlite} "
                "USING fts5(body, content='', detail='none', "
                f"prefix='{_INDEXED_BEGINNING}', tokenize='{_TOKENIZER}')"
            )
            connection.exec_driver_sql(
                f"CREATE VIRTUAL TABLE IF NOT EXISTS {self._sqlite}_words "
                f"USING fts5vocab({self._sqlite}, instance)"
            )
            return
        connection.exec_driver_sql(
            f"CREATE TABLE IF NOT EXISTS {self._postgres} (seq BIGINT PRIMARY KEY, words TSVECTOR)"
        )
        connection.exec_driver_sql(
            f"CREATE INDEX IF NOT EXISTS ix_{self._postgres} ON {self._postgres} USING gin (words)"
        )

    def drop(self, connection: Connection) -> None:
        """Remove it with all that it holds."""
        for table in (f"{self._sqlite}_words", self._sqlite, self._postgres):
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")

    def add(self, session: Session, texts: Sequence[tuple[int, str]]) -> None:
        """Index texts whose keys are not in the index yet, ascending.

        On SQLite it is one statement, so that Python's lock is free while SQLite works.
        """
        if is_sqlite(session):
            values = orjson.dumps({str(seq): body.replace("\0", " ") for seq, body in texts})
            session.connection().exec_driver_sql(
                f"INSERT INTO {self._sqlite} (rowid, body) "
                "SELECT CAST(key AS INTEGER), value FROM json_each(?)",
                (values.decode(),),
            )
            return
        rows = [(seq, _to_tsvector(body)) for seq, body in texts]
        insert_rows(session, self._postgres, ("seq", "words"), rows)

    def replace(
        self,
        session: Session,
        before: Sequence[tuple[int, str]],
        after: Sequence[tuple[int, str]],
    ) -> None:
        """Index other texts with the same keys.

        SQLite's index holds no texts: it takes one out by the very text that was put in.
        """
        if is_sqlite(session):
            values = [(seq, body.replace("\0", " ")) for seq, body in before]
            if values:
                session.connection().exec_driver_sql(
                    f"INSERT INTO {self._sqlite} ({self._sqlite}, rowid, body) "
                    "VALUES ('delete', ?, ?)",
                    values,
                )
        else:
            self.forget(session, ", ".join(str(seq) for seq, _ in before) or "NULL", {})
        self.add(session, after)

    def forget(self, session: Session, keys: str, values: dict[str, object]) -> None:
        """Forget the entries with some keys, given by SQL.

        SQLite's index cannot let go of single entries; who reads it joins with what is there.
        """
        if not is_sqlite(session):
            statement = text(f"DELETE FROM {self._postgres} WHERE seq IN ({keys})")
            session.connection().execute(statement, values)

    def has(self, session: Session, key: str) -> str:
        """SQL: whether the index holds the entry with a key, given by SQL."""
        if is_sqlite(session):
            return f"EXISTS (SELECT 1 FROM {self._sqlite}_docsize s WHERE s.id = {key})"
        return f"EXISTS (SELECT 1 FROM {self._postgres} s WHERE s.seq = {key})"

    def matches(self, session: Session) -> str:
        """The query that yields matches as `seq`; it takes the parameter `query`."""
        if is_sqlite(session):
            table = self._sqlite
            return f"SELECT rowid AS seq FROM {table} WHERE {table} MATCH :query"
        return f"SELECT seq FROM {self._postgres} WHERE words @@ CAST(:query AS tsquery)"

    def make_query(self, session: Session, search: str) -> str | None:
        """The search text in the database's own query language; `None` when it holds no word.

        Whatever the text is, the query is valid.
        """
        sqlite = is_sqlite(session)
        words = (_split_like_sqlite(search) if sqlite else _split(search))[:MAX_WORDS]
        if not words:
            return None
        *whole, last = words
        if sqlite:
            ends = self._last_for_sqlite(session, last)
            return " AND ".join([*(f'"{word}"' for word in whole), ends])
        ending = ":*" if _is_beginning(last) else ""
        return " & ".join(f"'{word}'" for word in words) + ending

    def _last_for_sqlite(self, session: Session, word: str) -> str:
        """The last word, with the words it may be the beginning of.

        They are listed where they are few: SQLite reads words it is given as far as a page needs,
        but gathers every match of a beginning first.
        """
        if not _is_beginning(word):
            return f'"{word}"'
        if len(word) == _INDEXED_BEGINNING:
            return f'"{word}" *'
        endings = list(islice(self._iterate_words_from(session, word), _MAX_ENDINGS))
        if len(endings) == _MAX_ENDINGS:
            return f'"{word}" *'
        return "(" + " OR ".join(f'"{ending}"' for ending in endings or [word]) + ")"

    def _iterate_words_from(self, session: Session, beginning: str) -> Iterator[str]:
        """The index's words with this beginning, in order, one seek each."""
        statement = text(f"SELECT term FROM {self._sqlite}_words WHERE term >= :least LIMIT 1")
        least = beginning
        while True:
            word = session.connection().execute(statement, {"least": least}).scalar()
            if word is None or not word.startswith(beginning):
                return
            yield word
            least = word + "\0"


def _is_beginning(word: str) -> bool:
    """Whether a query's last word also stands for the words that start with it."""
    return len(word) >= _INDEXED_BEGINNING or not word.isascii()


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
