"""Imports that replace, records that Extract superseded, names of snapshots."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    for table, column in (("import_run", "is_replaced"), ("record", "is_superseded")):
        op.add_column(
            table, sa.Column(column, sa.Boolean(), server_default=sa.text("false"), nullable=False)
        )
    op.add_column(
        "snapshot", sa.Column("label", sa.String(), server_default=sa.text("''"), nullable=False)
    )
    # Until now nothing but Extract archived records.
    op.execute("UPDATE record SET is_superseded = true WHERE is_archived")


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("snapshot", "label")
    op.drop_column("record", "is_superseded")
    op.drop_column("import_run", "is_replaced")
