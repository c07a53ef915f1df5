"""Deployments, their history, and the calls they answered."""

import sqlalchemy as sa
from alembic import op

from rft_app.storage.tables.columns import Big, Utc

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "deployment",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("dataset_id", sa.String(), nullable=False),
        sa.Column("alias", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("base_model", sa.String(), nullable=True),
        sa.Column("tuned_model", sa.String(), nullable=False),
        sa.Column("tuned_share", sa.Float(), nullable=False),
        sa.Column("graded_share", sa.Float(), nullable=False),
        sa.Column("max_graded_per_day", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", Utc, nullable=False),
        sa.Column("changed_at", Utc, nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_deployment_dataset_id", "deployment", ["dataset_id"])
    _index("uq_deployment_active", "deployment", ["alias"], "state = 'active'", unique=True)
    op.create_table(
        "deployment_event",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("deployment_id", sa.String(), nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployment.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_deployment_event_deployment_id", "deployment_event", ["deployment_id"])
    _create_calls()


def _create_calls() -> None:
    op.create_table(
        "deployment_call",
        sa.Column("seq", Big, nullable=False),
        sa.Column("deployment_id", sa.String(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("assigned", sa.String(), nullable=False),
        sa.Column("is_shadow", sa.Boolean(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("started_ms", Big, nullable=False),
        sa.Column("took_ms", sa.Float(), nullable=False),
        sa.Column("first_token_ms", sa.Float(), nullable=True),
        sa.Column("input_tokens", sa.Integer(), nullable=True),
        sa.Column("output_tokens", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("trace_seq", Big, nullable=True),
        sa.Column("feedback", sa.Float(), nullable=True),
        sa.Column("grade_state", sa.String(), nullable=True),
        sa.Column("claimed_until_ms", Big, nullable=False),
        sa.Column("graded_seq", Big, nullable=True),
        sa.Column("graded_ms", Big, nullable=True),
        sa.Column("grader_version", sa.Integer(), nullable=True),
        sa.Column("reward", sa.Float(), nullable=True),
        sa.Column("grade_note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployment.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("seq"),
    )
    table = "deployment_call"
    op.create_index("ix_deployment_call_took", table, ["deployment_id", "variant", "took_ms"])
    op.create_index("ix_deployment_call_pair", table, ["deployment_id", "request_id"])
    _index("ix_deployment_call_trace", table, ["trace_seq"], "trace_seq IS NOT NULL")
    _index("ix_deployment_call_waiting", table, ["seq"], "grade_state = 'waiting'")
    graded = ["deployment_id", "graded_seq"]
    _index("ix_deployment_call_graded", table, graded, "graded_seq IS NOT NULL")


def _index(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    some = sa.text(where)
    op.create_index(
        name, table, columns, unique=unique, sqlite_where=some, postgresql_where=some
    )


def downgrade() -> None:
    """Downgrade schema."""
    for table in ("deployment_call", "deployment_event", "deployment"):
        op.drop_table(table)
