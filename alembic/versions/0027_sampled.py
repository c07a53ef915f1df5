"""Rollouts that a dry run samples, and the tool calls of replies that were paid."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_index("ix_rollout_source", "rollout", ["dataset_id", "source", "seq"])
    op.add_column(
        "llm_call", sa.Column("tool_calls", sqlmodel.sql.sqltypes.AutoString(), nullable=True)
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("llm_call", "tool_calls")
    op.drop_index("ix_rollout_source", "rollout")
