"""A service does not say how many validated answers were graded: unknown, not 0."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

TABLE = "training_checkpoint"
OF_SERVICES = (
    "UPDATE training_checkpoint SET num_graded = NULL WHERE run_id IN "
    "(SELECT id FROM training_run WHERE trainer = 'openai_compatible')"
)


def upgrade() -> None:
    """Upgrade schema."""
    with op.batch_alter_table(TABLE) as checkpoint:
        checkpoint.alter_column("num_graded", existing_type=sa.Integer(), nullable=True)
    op.execute(OF_SERVICES)


def downgrade() -> None:
    """Downgrade schema."""
    op.execute("UPDATE training_checkpoint SET num_graded = 0 WHERE num_graded IS NULL")
    with op.batch_alter_table(TABLE) as checkpoint:
        checkpoint.alter_column("num_graded", existing_type=sa.Integer(), nullable=False)
