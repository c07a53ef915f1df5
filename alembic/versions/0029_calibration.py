"""Grades that compare a grader with people."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "calibration_grade",
        sa.Column("grader_version_id", TEXT(), nullable=False),
        sa.Column("record_seq", BIG, nullable=False),
        sa.Column("reward", sa.Float(), nullable=True),
        sa.Column("reason", TEXT(), nullable=True),
        sa.Column("failure_kind", TEXT(), nullable=True),
        sa.Column("failure_message", TEXT(), nullable=True),
        sa.Column("is_abstention", sa.Boolean(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["grader_version_id"], ["grader_version.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("grader_version_id", "record_seq"),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("calibration_grade")
