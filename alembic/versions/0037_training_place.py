"""A training says what it computes on: its times tell nothing of another device."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

TABLE = "training_run"


def upgrade() -> None:
    """Upgrade schema."""
    with op.batch_alter_table(TABLE) as run:
        run.add_column(sa.Column("place", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Downgrade schema."""
    with op.batch_alter_table(TABLE) as run:
        run.drop_column("place")
