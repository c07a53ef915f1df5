"""Search by beginnings without gathering every match; reward ranges by index.

Every record of SQLite's full-text index is indexed again by a job of its dataset.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from rft_app.storage.ids import new_id
from rft_app.storage.search import create_index

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_index(
        "ix_record_reward",
        "record",
        ["dataset_id", "facet", "reward"],
        sqlite_where=sa.text("reward IS NOT NULL"),
        postgresql_where=sa.text("reward IS NOT NULL"),
    )
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    op.execute("DROP TABLE IF EXISTS record_fts_words")
    op.execute("DROP TABLE record_fts")
    create_index(connection)
    _index_again(connection)


def _index_again(connection: sa.Connection) -> None:
    """Queue a search index job for every dataset that has none waiting."""
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}"
    job = {
        "kind": "search_index",
        "args": "{}",
        "status": "queued",
        "is_dispatched": 0,
        "cancel_requested": 0,
        "progress_done": 0,
        "progress_label": "",
        "attempt": 0,
        "created_at": now,
        "updated_at": now,
    }
    table = sa.table("job", *map(sa.column, ("id", "dataset_id", *job)))
    waiting = sa.text(
        "SELECT id FROM dataset WHERE id NOT IN (SELECT dataset_id FROM job "
        "WHERE kind = 'search_index' AND status IN ('queued', 'running'))"
    )
    for dataset_id in connection.execute(waiting).scalars().all():
        values = {"id": new_id("job"), "dataset_id": dataset_id, **job}
        connection.execute(sa.insert(table).values(values))


def downgrade() -> None:
    """Downgrade schema; the search index stays, older code can use it."""
    op.execute("DROP TABLE IF EXISTS record_fts_words")
    op.drop_index("ix_record_reward", "record")
