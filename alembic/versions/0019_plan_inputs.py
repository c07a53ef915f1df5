"""What a dry run's plan was made from."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema; runs that were planned before do not know."""
    op.add_column("dry_run", sa.Column("input_hash", sa.String(), nullable=True))


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("dry_run", "input_hash")
