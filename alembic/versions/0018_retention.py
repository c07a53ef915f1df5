"""How long traces that arrive are kept; log records by their age."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "trace_retention",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_span_log_stored", "span_log", ["stored_at"])
    op.create_index("ix_intake_batch_size", "intake_batch", ["size_bytes"])


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_index("ix_intake_batch_size", "intake_batch")
    op.drop_index("ix_span_log_stored", "span_log")
    op.drop_table("trace_retention")
