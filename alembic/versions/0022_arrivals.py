"""What traces of files are known by, parts of them that wait, and what is taken out of traces."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from rft_app.storage.tables.columns import Big

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "trace_key",
        sa.Column("key", Big, nullable=False),
        sa.Column("seq", Big, nullable=False),
        sa.Column("digest", Big, nullable=False),
        sa.Column("given", Big, nullable=False),
        sa.Column("import_id", TEXT(), nullable=False),
        sa.Column("num_stored", sa.Integer(), nullable=False),
        sa.Column("num_seen", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_trace_key_seq", "trace_key", ["seq"])
    op.create_table(
        "import_part",
        sa.Column("import_id", TEXT(), nullable=False),
        sa.Column("key", TEXT(), nullable=False),
        sa.Column("line_number", Big, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("role", TEXT(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("import_id", "key", "line_number", "place"),
    )
    op.create_table(
        "scrub_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "scrub_count",
        sa.Column("day", Big, nullable=False),
        sa.Column("kind", TEXT(), nullable=False),
        sa.Column("number", Big, nullable=False),
        sa.PrimaryKeyConstraint("day", "kind"),
    )


def downgrade() -> None:
    """Downgrade schema."""
    for table in ("scrub_count", "scrub_rules", "import_part"):
        op.drop_table(table)
    op.drop_index("ix_trace_key_seq", "trace_key")
    op.drop_table("trace_key")
