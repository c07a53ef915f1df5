"""What attacks on graders found."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "grader_attack",
        sa.Column("dataset_id", TEXT(), nullable=False),
        sa.Column("spec_hash", TEXT(), nullable=False),
        sa.Column("num_records", sa.Integer(), nullable=False),
        sa.Column("num_attacks", sa.Integer(), nullable=False),
        sa.Column("suspicious", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("dataset_id", "spec_hash"),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("grader_attack")
