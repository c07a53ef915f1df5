"""Run migrations of `rft_app.storage.tables`."""

import re

from alembic import context
from sqlmodel import SQLModel

from rft_app.storage import tables  # noqa: F401  # fills the metadata
from rft_app.storage.session import get_engine

SEARCH_TABLE = re.compile("(record|trace)_(fts|search)")
"""Made by `rft_app.storage.text_index`, in the way of each database."""

with get_engine().connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        include_object=lambda _object, name, kind, _reflected, _compare: (
            kind != "table" or not SEARCH_TABLE.match(name or "")
        ),
    )
    with context.begin_transaction():
        context.run_migrations()
    if connection.in_transaction():
        connection.commit()
