"""Providers that people add."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from rft_app.storage.tables.columns import Utc

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "provider",
        sa.Column("name", TEXT(), nullable=False),
        sa.Column("base_url", TEXT(), nullable=False),
        sa.Column("key_variable", TEXT(), nullable=False),
        sa.Column("key_locked", sa.LargeBinary(), nullable=True),
        sa.Column("models", sa.JSON(), nullable=False),
        sa.Column("prices_date", sa.Date(), nullable=True),
        sa.Column("timeout_s", sa.Float(), nullable=False),
        sa.Column("concurrency", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("requests_per_minute", sa.Integer(), nullable=True),
        sa.Column("tokens_per_minute", sa.Integer(), nullable=True),
        sa.Column("created_at", Utc, nullable=False),
        sa.Column("changed_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("provider")
