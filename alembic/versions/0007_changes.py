"""Tags of records, the log of changes to records, and what an edited record was made from."""

import sqlalchemy as sa
from alembic import op

from rft_app.storage.tables.columns import Big, Utc

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column("record", sa.Column("parent_seq", Big, nullable=True))
    op.create_table(
        "tag",
        sa.Column("id", Big, nullable=False),
        sa.Column("dataset_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("num_records", Big, nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("dataset_id", "name", name="uq_tag_name"),
    )
    op.create_table(
        "record_tag",
        sa.Column("tag_id", Big, nullable=False),
        sa.Column("seq", Big, nullable=False),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tag_id", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_record_tag_seq", "record_tag", ["seq"])
    op.create_table(
        "record_change",
        sa.Column("id", Big, nullable=False),
        sa.Column("dataset_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("selection", sa.JSON(), nullable=False),
        sa.Column("num_records", Big, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("job_id", sa.String(), nullable=True),
        sa.Column("created_at", Utc, nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_record_change_dataset_id", "record_change", ["dataset_id"])
    op.create_table(
        "record_change_item",
        sa.Column("change_id", Big, nullable=False),
        sa.Column("seq", Big, nullable=False),
        sa.Column("topic_id", Big, nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("method", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["change_id"], ["record_change.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("change_id", "seq"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("record_change_item")
    op.drop_index("ix_record_change_dataset_id", "record_change")
    op.drop_table("record_change")
    op.drop_index("ix_record_tag_seq", "record_tag")
    op.drop_table("record_tag")
    op.drop_table("tag")
    op.drop_column("record", "parent_seq")
