"""Paid calls, generation runs and candidates."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from rft_app.storage.tables.columns import Big, Utc

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "llm_call",
        sa.Column("scope", TEXT(), nullable=False),
        sa.Column("key", TEXT(), nullable=False),
        sa.Column("dataset_id", TEXT(), nullable=True),
        sa.Column("model", TEXT(), nullable=False),
        sa.Column("text", TEXT(), nullable=False),
        sa.Column("finish_reason", TEXT(), nullable=True),
        sa.Column("refusal", TEXT(), nullable=True),
        sa.Column("num_prompt_tokens", Big, nullable=True),
        sa.Column("num_completion_tokens", Big, nullable=True),
        sa.Column("cost_usd", sa.Float(), nullable=True),
        sa.Column("created_at", Utc, nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("scope", "key"),
    )
    op.create_index(op.f("ix_llm_call_dataset_id"), "llm_call", ["dataset_id"])
    op.create_table(
        "generation_run",
        sa.Column("id", TEXT(), nullable=False),
        sa.Column("dataset_id", TEXT(), nullable=False),
        sa.Column("job_id", TEXT(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("units", sa.LargeBinary(), nullable=False),
        sa.Column("num_planned", sa.Integer(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=True),
        sa.Column("created_at", Utc, nullable=False),
        sa.Column("finished_at", Utc, nullable=True),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_generation_run_dataset_id"), "generation_run", ["dataset_id"])
    op.create_index(op.f("ix_generation_run_job_id"), "generation_run", ["job_id"])
    op.create_table(
        "candidate",
        sa.Column("seq", Big, nullable=False),
        sa.Column("dataset_id", TEXT(), nullable=False),
        sa.Column("run_id", TEXT(), nullable=False),
        sa.Column("unit", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("state", TEXT(), nullable=False),
        sa.Column("strategy", TEXT(), nullable=False),
        sa.Column("model", TEXT(), nullable=False),
        sa.Column("topic_id", Big, nullable=True),
        sa.Column("topic_key", TEXT(), nullable=False),
        sa.Column("source_seq", Big, nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("title", TEXT(), nullable=False),
        sa.Column("num_tokens", sa.Integer(), nullable=False),
        sa.Column("reason", TEXT(), nullable=True),
        sa.Column("near_seq", Big, nullable=True),
        sa.Column("near_candidate_seq", Big, nullable=True),
        sa.Column("similarity", sa.Float(), nullable=True),
        sa.Column("nearest_topic", TEXT(), nullable=True),
        sa.Column("is_topic_kept", sa.Boolean(), nullable=True),
        sa.Column("passes", sa.Boolean(), nullable=False),
        sa.Column("is_edited", sa.Boolean(), nullable=False),
        sa.Column("record_seq", Big, nullable=True),
        sa.Column("created_at", Big, nullable=False),
        sa.Column("settled_at", Big, nullable=True),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("seq"),
    )
    columns = ["dataset_id", "state", "passes", "seq"]
    op.create_index("ix_candidate_review", "candidate", columns)
    columns = ["run_id", "unit", "place"]
    op.create_index("uq_candidate_place", "candidate", columns, unique=True)


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("candidate")
    op.drop_table("generation_run")
    op.drop_table("llm_call")
