"""Sums by facet, so that few records change without reading all; grades by record."""

import sqlalchemy as sa
from alembic import op

from rft_app.domain.facet import ARCHIVED
from rft_app.storage.tables.columns import Big

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "facet_sum",
        sa.Column("dataset_id", sa.String(), nullable=False),
        sa.Column("facet", sa.Integer(), nullable=False),
        sa.Column("num_records", Big, nullable=False),
        sa.Column("keys", Big, nullable=False),
        sa.Column("low", Big, nullable=False),
        sa.Column("high", Big, nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("dataset_id", "facet"),
    )
    op.execute(
        "INSERT INTO facet_sum (dataset_id, facet, num_records, keys, low, high) "
        "SELECT dataset_id, facet, COUNT(*), SUM(seq), SUM(content_hash & 4294967295), "
        f"SUM(content_hash >> 32) FROM record WHERE facet < {ARCHIVED} GROUP BY dataset_id, facet"
    )
    op.create_index("ix_grade_record", "grade", ["dry_run_id", "record_seq", "reward"])


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_index("ix_grade_record", "grade")
    op.drop_table("facet_sum")
