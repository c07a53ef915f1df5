"""Tags repeat what filters ask of a record."""

import sqlalchemy as sa
from alembic import op

from rft_app.storage.tables.columns import Big

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

COLUMNS = ("facet", "topic_id", "reward")


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column(
        "record_tag", sa.Column("facet", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("record_tag", sa.Column("topic_id", Big, nullable=True))
    op.add_column("record_tag", sa.Column("reward", sa.Float(), nullable=True))
    op.execute(
        "UPDATE record_tag SET facet = r.facet, topic_id = r.topic_id, reward = r.reward "
        "FROM record r WHERE r.seq = record_tag.seq"
    )


def downgrade() -> None:
    """Downgrade schema."""
    for column in COLUMNS:
        op.drop_column("record_tag", column)
