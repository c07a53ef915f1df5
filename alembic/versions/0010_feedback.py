"""Feedback: what people said of records."""

import sqlalchemy as sa
from alembic import op

from rft_app.storage.tables.columns import Big

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

CORRECTED = sa.text("correction_seq IS NOT NULL")


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "feedback",
        sa.Column("seq", Big, nullable=False),
        sa.Column("dataset_id", sa.String(), nullable=False),
        sa.Column("record_seq", Big, nullable=False),
        sa.Column("reviewer", sa.String(), nullable=False),
        sa.Column("thumb", sa.Integer(), nullable=True),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("chosen_seq", Big, nullable=True),
        sa.Column("rejected_seq", Big, nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("correction_seq", Big, nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("created_at", Big, nullable=False),
        sa.Column("updated_at", Big, nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("dataset_id", "reviewer", "record_seq", name="uq_feedback_reviewer"),
    )
    op.create_index("ix_feedback_record", "feedback", ["dataset_id", "record_seq"])
    op.create_index("ix_feedback_newest", "feedback", ["dataset_id", "seq"])
    op.create_index(
        "ix_feedback_correction",
        "feedback",
        ["dataset_id", "correction_seq", "reviewer"],
        sqlite_where=CORRECTED,
        postgresql_where=CORRECTED,
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("feedback")
