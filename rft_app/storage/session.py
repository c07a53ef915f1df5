"""Units of work: one transaction each, opened by edges only."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Executable, event
from sqlalchemy.engine import make_url
from sqlmodel import Session, create_engine

from rft_app.settings import get_settings, make_folder

_BEGIN = "rft_begin"
_FLUSH = "rft_flush"
BUSY_TIMEOUT_MS = 15_000
NUM_KEPT = 24
"""Connections to Postgres that a process keeps once it needed them, and how many more it opens for
a moment: calls in flight each look into the ledger."""


@cache
def get_engine() -> Engine:
    """The app's database of this process; tests call `get_engine.cache_clear()`."""
    return make_engine(get_settings().resolved_database_url)


def make_engine(url: str) -> Engine:
    """Open a database by URL; a SQLite file's folder is created.

    Raises:
        InvalidInputError: That folder cannot be written to.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True, pool_size=NUM_KEPT, max_overflow=NUM_KEPT)
    if parsed.database:
        make_folder(Path(parsed.database).parent)
    engine = create_engine(parsed, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401  # DB-API connection
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "cache_size=-32000",
    ):
        connection.execute(f"PRAGMA {pragma}")
    connection.create_function("casefold", 1, str.casefold, deterministic=True)


def spare_memory() -> None:
    """Keep fewer pages of SQLite in connections that this process opens from now on.

    For processes that write from one end to the other and hardly come back to a page.
    """
    engine = get_engine()
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _shrink_cache)


def _shrink_cache(connection: Any, _record: object) -> None:  # noqa: ANN401  # DB-API connection
    connection.execute("PRAGMA cache_size=-12000")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    _set_flushing(connection, must_flush=bool(options.get(_FLUSH)))
    connection.exec_driver_sql(f"BEGIN {options.get(_BEGIN, 'IMMEDIATE')}")


def _set_flushing(connection: Connection, *, must_flush: bool) -> None:
    """Whether commits wait for the disk; connections are used again, for other purposes."""
    if connection.info.get(_FLUSH, False) is not must_flush:
        connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if must_flush else 'NORMAL'}")
        connection.info[_FLUSH] = must_flush


@contextmanager
def unit_of_work() -> Generator[Session]:
    """A read-write transaction: commits when the block ends, rolls back when it raises.

    On SQLite the write lock is taken at the start, so a block never fails half-way because
    another process wrote in between; keep blocks short.
    """
    with Session(get_engine(), expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def durable_unit_of_work() -> Generator[Session]:
    """As `unit_of_work`, and what it commits outlives a power cut at the next moment.

    Postgres waits for its disk anyway.
    """
    engine = get_engine().execution_options(**{_FLUSH: True})
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def reading() -> Generator[Session]:
    """A read-only transaction with one consistent view; never waits for writers on SQLite."""
    engine = get_engine()
    view = (
        {_BEGIN: "DEFERRED"}
        if engine.dialect.name == "sqlite"
        else {"isolation_level": "REPEATABLE READ"}
    )
    with (
        Session(engine.execution_options(**view), expire_on_commit=False) as session,
        session.begin(),
    ):
        yield session


def after_commit(session: Session, action: Callable[[], None]) -> None:
    """Do something outside the database once the session's transaction has committed."""

    def act(_session: Session) -> None:
        action()

    event.listen(session, "after_commit", act, once=True)


def is_sqlite(session: Session) -> bool:
    """Whether the session talks to SQLite, for the few statements that differ."""
    return session.get_bind().dialect.name == "sqlite"


def ordered_join(session: Session) -> str:
    """The join whose left side is read first; Postgres finds that out by itself."""
    return "CROSS JOIN" if is_sqlite(session) else "JOIN"


def read_blocks(
    session: Session,
    query: Executable,
    block_size: int,
    parameters: Mapping[str, object] | None = None,
) -> Iterator[Sequence[Sequence[Any]]]:
    """Read many rows in flat memory, in blocks.

    On SQLite they are the driver's own tuples: SQLAlchemy's rows take half as long again.

    Args:
        session: It must stay open while the iterator is used.
        query: Its columns need no conversion.
        block_size: Rows in memory at a time.
        parameters: Of the query.
    """
    if not is_sqlite(session):
        query = query.execution_options(stream_results=True, max_row_buffer=block_size)
    with session.connection().execute(query, parameters) as result:
        if not is_sqlite(session):
            yield from result.partitions(block_size)
            return
        cursor: Any = result.cursor
        while block := cursor.fetchmany(block_size):
            yield block


def forgo_mapping(session: Session) -> None:
    """Read SQLite's file in small pieces rather than map it into memory.

    Mapped pages count as memory of the process, up to 256 MB when it reads everything once.
    """
    if is_sqlite(session):
        session.connection().exec_driver_sql("PRAGMA mmap_size=0")
        session.connection().exec_driver_sql("PRAGMA cache_size=-2000")
