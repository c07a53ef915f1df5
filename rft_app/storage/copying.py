"""Many rows into one table as fast as the driver goes."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from rft_app.storage.session import is_sqlite


def insert_rows(
    session: Session, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Add rows with prepared inserts (SQLite) or `COPY` (Postgres).

    Args:
        session: A unit of work.
        table: A trusted name.
        columns: Trusted names, in the order of each row's values.
        rows: Values the driver takes as they are.
    """
    if not rows:
        return
    names = ", ".join(columns)
    connection = session.connection()
    if is_sqlite(session):
        marks = ", ".join("?" * len(columns))
        connection.exec_driver_sql(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(rows))
        return
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
