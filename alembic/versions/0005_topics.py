"""Topic trees with versions and an undo log; choices of unsure records; indexes for both."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_PLACED = sa.text("topic_id IS NOT NULL")
_UNSURE = sa.text("topic_confidence < 0.7")


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "topic_tree",
        sa.Column("dataset_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("is_edited", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("dataset_id"),
    )
    op.create_table(
        "topic_change",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("dataset_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("tree", sa.JSON(), nullable=False),
        sa.Column("side", sa.Integer(), nullable=False),
        sa.Column("is_undone", sa.Boolean(), nullable=False),
        sa.Column("num_records", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.String(), nullable=True),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_topic_change_dataset_id", "topic_change", ["dataset_id"])
    op.create_table(
        "topic_change_record",
        sa.Column("change_id", _BIG, nullable=False),
        sa.Column("side", sa.Integer(), nullable=False),
        sa.Column("seq", _BIG, nullable=False),
        sa.Column("topic_id", _BIG, nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("method", sa.String(), nullable=True),
        sa.Column("placed_topic_id", _BIG, nullable=True),
        sa.ForeignKeyConstraint(["change_id"], ["topic_change.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("change_id", "side", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "topic_choice",
        sa.Column("seq", _BIG, nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["record.seq"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.drop_index("ix_record_topic", "record")
    _index_topics("dataset_id", "topic_id", "facet", "seq", "topic_confidence")
    op.create_index(
        "ix_record_unsure",
        "record",
        ["dataset_id", "seq", "facet", "topic_id"],
        sqlite_where=_UNSURE,
        postgresql_where=_UNSURE,
    )


def _index_topics(*columns: str) -> None:
    op.create_index(
        "ix_record_topic",
        "record",
        list(columns),
        sqlite_where=_PLACED,
        postgresql_where=_PLACED,
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_index("ix_record_unsure", "record")
    op.drop_index("ix_record_topic", "record")
    _index_topics("dataset_id", "topic_id", "facet", "seq")
    for table in ("topic_choice", "topic_change_record", "topic_change", "topic_tree"):
        op.drop_table(table)
