"""Full-text search over stored traces; a job fills the index when it is first wanted."""

from alembic import op

from rft_app.storage.trace_search import TRACES

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    TRACES.create(op.get_bind())


def downgrade() -> None:
    """Downgrade schema."""
    TRACES.drop(op.get_bind())
    op.execute("DELETE FROM sequence WHERE name = 'trace_search'")
