"""Which key a trace came with."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from rft_app.storage.tables.columns import Big

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column(
        "intake_batch", sa.Column("key_id", TEXT(), nullable=False, server_default="")
    )
    op.create_table(
        "trace_sender",
        sa.Column("trace_seq", Big, nullable=False),
        sa.Column("key_id", TEXT(), nullable=False),
        sa.ForeignKeyConstraint(["trace_seq"], ["trace.seq"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("trace_seq"),
    )
    op.create_index("ix_trace_sender_key", "trace_sender", ["key_id", "trace_seq"])


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_index("ix_trace_sender_key", "trace_sender")
    op.drop_table("trace_sender")
    op.drop_column("intake_batch", "key_id")
