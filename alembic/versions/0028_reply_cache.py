"""Replies that serve again."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "llm_reply",
        sa.Column("key", TEXT(), nullable=False),
        sa.Column("reply", TEXT(), nullable=False),
        sa.Column("num_bytes", BIG, nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_llm_reply_created_at", "llm_reply", ["created_at"])
    cached = sa.Column("is_cached", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("llm_call", cached)
    keeps = sa.Column("keeps_replies", sa.Boolean(), nullable=False, server_default=sa.true())
    op.add_column("provider", keeps)


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("provider", "keeps_replies")
    op.drop_column("llm_call", "is_cached")
    op.drop_table("llm_reply")
