"""Many rows into one table as fast as the driver goes."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from rft_app.storage.session import is_sqlite

_ROWS_PER_STATEMENT = 500


def insert_rows(
    session: Session, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Add rows with prepared inserts (SQLite) or `COPY` (Postgres).

    Args:
        session: A unit of work.
        table: A trusted name.
        columns: Trusted names, in the order of each row's values.
        rows: Values the driver takes as they are.

    Raises:
        DBAPIError: As of any other statement, also where Postgres refuses a `COPY`.
    """
    if not rows:
        return
    target = f"{table} ({', '.join(columns)})"
    connection = session.connection()
    if is_sqlite(session):
        _insert(connection, target, len(columns), rows)
        return
    _copy(connection, f"COPY {target} FROM STDIN", rows)


def _copy(connection: Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    driver: Any = connection.connection.driver_connection
    faults: Any = connection.dialect.loaded_dbapi.Error
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except faults as error:
        raise DBAPIError.instance(
            statement, None, error, faults, dialect=connection.dialect
        ) from error


def _insert(
    connection: Connection, target: str, num_columns: int, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Hundreds of rows a statement: SQLite runs it without Python's lock, so others go on."""
    insert = f"INSERT INTO {target} VALUES "
    marks = f"({', '.join('?' * num_columns)})"
    wide = insert + ", ".join([marks] * _ROWS_PER_STATEMENT)
    num_wide = len(rows) - len(rows) % _ROWS_PER_STATEMENT
    for start in range(0, num_wide, _ROWS_PER_STATEMENT):
        values = chain.from_iterable(rows[start : start + _ROWS_PER_STATEMENT])
        connection.exec_driver_sql(wide, tuple(values))
    if rest := list(rows[num_wide:]):
        connection.exec_driver_sql(insert + marks, rest)
