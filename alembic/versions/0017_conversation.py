"""Calls that are the beginning of a longer one's conversation."""

import sqlalchemy as sa
from alembic import op

from rft_app.storage.tables.columns import Big

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

INDEXES = {"ix_trace_conversation": "conversation", "ix_trace_continued": "continued_by"}


def upgrade() -> None:
    """Upgrade schema; calls that were stored before stay calls of their own."""
    op.add_column("trace", sa.Column("conversation", Big, nullable=True))
    op.add_column("trace", sa.Column("continued_by", Big, nullable=True))
    op.add_column(
        "trace", sa.Column("num_earlier", sa.Integer(), server_default="0", nullable=False)
    )
    for name, column in INDEXES.items():
        known = sa.text(f"{column} IS NOT NULL")
        op.create_index(name, "trace", [column], sqlite_where=known, postgresql_where=known)
    op.create_table(
        "trace_prefix",
        sa.Column("conversation", Big, nullable=False),
        sa.Column("seq", Big, nullable=False),
        sa.PrimaryKeyConstraint("conversation", "seq"),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("trace_prefix")
    for name in INDEXES:
        op.drop_index(name, "trace")
    for column in ("num_earlier", "continued_by", "conversation"):
        op.drop_column("trace", column)
