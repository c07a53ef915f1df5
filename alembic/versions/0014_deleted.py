"""Deleted records by index; records by content, and keys by topic, so that few change quickly."""

import sqlalchemy as sa
from alembic import op

from rft_app.domain.facet import ARCHIVED
from rft_app.storage.tables.columns import Big

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

DELETED = sa.text("is_archived AND NOT is_superseded AND NOT is_replaced")


def upgrade() -> None:
    """Upgrade schema.

    Which records an edit replaced is known from their successors; those that were generated have
    parents, too, which are no older versions of them.
    """
    op.add_column(
        "record",
        sa.Column("is_replaced", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.execute(
        "UPDATE record SET is_replaced = true WHERE is_archived AND seq IN (SELECT parent_seq "
        "FROM record WHERE parent_seq IS NOT NULL AND source_type <> 'generated')"
    )
    op.create_index("ix_record_content", "record", ["content_hash"])
    op.create_index(
        "ix_record_deleted",
        "record",
        ["dataset_id", "facet", "topic_id", "seq"],
        sqlite_where=DELETED,
        postgresql_where=DELETED,
    )
    op.add_column(
        "facet_count", sa.Column("keys", Big, server_default=sa.text("0"), nullable=False)
    )
    op.execute(
        "UPDATE facet_count SET keys = s.keys FROM (SELECT dataset_id, topic_id, facet, SUM(seq) "
        f"AS keys FROM record WHERE topic_id IS NOT NULL AND facet < {ARCHIVED} "
        "GROUP BY dataset_id, topic_id, facet) s WHERE s.dataset_id = facet_count.dataset_id "
        "AND s.topic_id = facet_count.topic_id AND s.facet = facet_count.facet"
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("facet_count", "keys")
    op.drop_index("ix_record_deleted", "record")
    op.drop_index("ix_record_content", "record")
    op.drop_column("record", "is_replaced")
