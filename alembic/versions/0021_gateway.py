"""Which trace holds an answer that went through the gateway."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from rft_app.storage.tables.columns import Big

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "gateway_response",
        sa.Column("id", TEXT(), nullable=False),
        sa.Column("trace_seq", Big, nullable=False),
        sa.ForeignKeyConstraint(["trace_seq"], ["trace.seq"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_gateway_response_trace_seq", "gateway_response", ["trace_seq"])


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_index("ix_gateway_response_trace_seq", "gateway_response")
    op.drop_table("gateway_response")
