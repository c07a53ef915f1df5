"""Trainings."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "training_run",
        sa.Column("id", TEXT(), nullable=False),
        sa.Column("dataset_id", TEXT(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("job_id", TEXT(), nullable=False),
        sa.Column("trainer", TEXT(), nullable=False),
        sa.Column("base_model", TEXT(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("num_epochs", sa.Integer(), nullable=False),
        sa.Column("total_steps", sa.Integer(), nullable=False),
        sa.Column("snapshot_id", TEXT(), nullable=False),
        sa.Column("grader_version_id", TEXT(), nullable=False),
        sa.Column("dry_run_id", TEXT(), nullable=True),
        sa.Column("verdict", TEXT(), nullable=True),
        sa.Column("reason", TEXT(), nullable=False),
        sa.Column("estimate", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.JSON(), nullable=True),
        sa.Column("created_at", UTC, nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_training_run_dataset_id", "training_run", ["dataset_id"])
    op.create_index("ix_training_run_job_id", "training_run", ["job_id"])
    op.create_table(
        "training_metric",
        sa.Column("run_id", TEXT(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["training_run.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "step"),
    )
    op.create_table(
        "training_checkpoint",
        sa.Column("run_id", TEXT(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("validation_reward", sa.Float(), nullable=True),
        sa.Column("num_graded", sa.Integer(), nullable=False),
        sa.Column("is_best", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["training_run.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "step"),
    )
    op.create_table(
        "training_rollout",
        sa.Column("run_id", TEXT(), nullable=False),
        sa.Column("phase", TEXT(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("record_seq", BIG, nullable=False),
        sa.Column("text", TEXT(), nullable=False),
        sa.Column("reward", sa.Float(), nullable=True),
        sa.Column("reason", TEXT(), nullable=True),
        sa.Column("failure_kind", TEXT(), nullable=True),
        sa.Column("failure_message", TEXT(), nullable=True),
        sa.Column("is_abstention", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.ForeignKeyConstraint(["run_id"], ["training_run.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "phase", "step", "position"),
    )


def downgrade() -> None:
    """Downgrade schema."""
    for table in ("training_rollout", "training_checkpoint", "training_metric", "training_run"):
        op.drop_table(table)
