"""Work that asks models, so that a killed worker's calls are told."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "llm_work",
        sa.Column("id", BIG, nullable=False),
        sa.Column("scope", TEXT(), nullable=False),
        sa.Column("dataset_id", TEXT(), nullable=True),
        sa.Column("most_under_way", sa.Integer(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_llm_work_scope", "llm_work", ["scope"])
    op.create_index("ix_llm_work_dataset_id", "llm_work", ["dataset_id"])


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("llm_work")
