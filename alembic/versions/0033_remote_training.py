"""Trainings at a service."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column("training_run", sa.Column("remote", sa.JSON(), nullable=True))
    op.add_column(
        "training_checkpoint", sa.Column("model", TEXT(), nullable=False, server_default="")
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("training_checkpoint", "model")
    op.drop_column("training_run", "remote")
