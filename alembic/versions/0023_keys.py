"""Keys of those who may send."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from rft_app.storage.tables.columns import Utc

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "intake_key",
        sa.Column("id", TEXT(), nullable=False),
        sa.Column("name", TEXT(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("beginning", TEXT(), nullable=False),
        sa.Column("created_at", Utc, nullable=False),
        sa.Column("last_used_at", Utc, nullable=True),
        sa.Column("revoked_at", Utc, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("intake_key")
