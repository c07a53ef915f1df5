"""Calls whose reply never came whole."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "llm_lost",
        sa.Column("id", BIG, nullable=False),
        sa.Column("scope", TEXT(), nullable=False),
        sa.Column("dataset_id", TEXT(), nullable=True),
        sa.Column("model", TEXT(), nullable=False),
        sa.Column("message", TEXT(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_llm_lost_scope", "llm_lost", ["scope"])
    op.create_index("ix_llm_lost_dataset_id", "llm_lost", ["dataset_id"])


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("llm_lost")
