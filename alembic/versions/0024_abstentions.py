"""Grades: abstentions, and what a verdict tells of its parts."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema; no grader abstained before."""
    abstained = sa.Column("is_abstention", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("grade", abstained)
    op.add_column("grade", sa.Column("details", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Downgrade schema; abstentions would be failures without a kind, so they go."""
    op.execute(sa.text("DELETE FROM grade WHERE is_abstention"))
    op.drop_column("grade", "details")
    op.drop_column("grade", "is_abstention")
