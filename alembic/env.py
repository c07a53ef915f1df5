"""Run migrations of `rft_app.storage.tables`."""

from alembic import context
from sqlmodel import SQLModel

from rft_app.storage import tables  # noqa: F401  # fills the metadata
from rft_app.storage.session import get_engine

with get_engine().connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        include_object=lambda _object, name, kind, _reflected, _compare: (
            not (kind == "table" and name is not None and name.startswith(("record_fts", "trace_fts")))
        ),
    )
    with context.begin_transaction():
        context.run_migrations()
    if connection.in_transaction():
        connection.commit()
