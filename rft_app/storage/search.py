"""Full-text search over records."""

from sqlalchemy import Connection


def create_index(connection: Connection) -> None:
    """Create the search index of an empty database; does nothing where it exists."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "CREATE VIRTUAL TABLE IF NOT EXISTS record_fts "
            "USING fts5(body, content='', detail='none', tokenize='unicode61')"
        )
        return
    connection.exec_driver_sql(
        "CREATE TABLE IF NOT EXISTS record_search (seq BIGINT PRIMARY KEY, words TSVECTOR)"
    )
    connection.exec_driver_sql(
        "CREATE INDEX IF NOT EXISTS ix_record_search ON record_search USING gin (words)"
    )
