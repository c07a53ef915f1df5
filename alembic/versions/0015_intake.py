"""Traces that arrive by themselves: of no dataset, with source, status, tokens and latency."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from rft_app.storage.tables.columns import Big

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
NEW = ("latency_ms", "output_tokens", "input_tokens", "status", "source")


def upgrade() -> None:
    """Upgrade schema."""
    with op.batch_alter_table("trace") as trace:
        trace.alter_column("dataset_id", existing_type=TEXT(), nullable=True)
        trace.add_column(sa.Column("source", TEXT(), server_default="file", nullable=False))
        trace.add_column(sa.Column("status", TEXT(), server_default="ok", nullable=False))
        trace.add_column(sa.Column("input_tokens", Big, nullable=True))
        trace.add_column(sa.Column("output_tokens", Big, nullable=True))
        trace.add_column(sa.Column("latency_ms", sa.Float(), nullable=True))
    op.create_table(
        "intake_batch",
        sa.Column("seq", Big, nullable=False),
        sa.Column("signal", TEXT(), nullable=False),
        sa.Column("encoding", TEXT(), nullable=False),
        sa.Column("size_bytes", Big, nullable=False),
        sa.Column("received_at", Big, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_table(
        "span",
        sa.Column("trace_id", TEXT(), nullable=False),
        sa.Column("span_id", TEXT(), nullable=False),
        sa.Column("outcome", TEXT(), nullable=False),
        sa.Column("trace_seq", Big, nullable=True),
        sa.Column("session", TEXT(), nullable=True),
        sa.Column("stored_at", Big, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("trace_id", "span_id"),
    )
    op.create_index("ix_span_stored", "span", ["stored_at"])
    op.create_table(
        "span_log",
        sa.Column("trace_id", TEXT(), nullable=False),
        sa.Column("span_id", TEXT(), nullable=False),
        sa.Column("digest", Big, nullable=False),
        sa.Column("seq", Big, nullable=False),
        sa.Column("stored_at", Big, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("trace_id", "span_id", "digest"),
    )
    op.create_table(
        "intake_count",
        sa.Column("minute", Big, nullable=False),
        sa.Column("source", TEXT(), nullable=False),
        sa.Column("outcome", TEXT(), nullable=False),
        sa.Column("number", Big, nullable=False),
        sa.PrimaryKeyConstraint("minute", "source", "outcome"),
    )


def downgrade() -> None:
    """Downgrade schema."""
    for name in ("intake_count", "span_log", "span", "intake_batch"):
        op.drop_table(name)
    op.execute("DELETE FROM trace_body WHERE seq IN (SELECT seq FROM trace WHERE dataset_id IS NULL)")
    op.execute("DELETE FROM trace WHERE dataset_id IS NULL")
    with op.batch_alter_table("trace") as trace:
        for name in NEW:
            trace.drop_column(name)
        trace.alter_column("dataset_id", existing_type=TEXT(), nullable=False)
