"""What lists of traces go by: copies are marked, tags have a table, filters have indexes."""

import msgspec
import sqlalchemy as sa
import sqlmodel
from alembic import op

from rft_app.storage.tables.columns import Big
from rft_app.traces.tags import find_tags

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
READ = (
    *("num_turns", "num_user_turns", "num_messages", "continued_by", "num_earlier"),
    *("status", "reward", "source", "model", "is_copy"),
)
INDEXES = {
    "ix_trace_listed": ((), ""),
    "ix_trace_model": (("model",), ""),
    "ix_trace_source": (("source",), ""),
    "ix_trace_failed": (("status",), " AND status = 'error'"),
    "ix_trace_rated": (("reward",), " AND reward IS NOT NULL"),
}
"""First columns, and which traces."""
IS_COPY = (
    "origin_seq IS NOT NULL AND (EXISTS (SELECT 1 FROM trace o WHERE o.seq = trace.origin_seq) "
    "OR EXISTS (SELECT 1 FROM trace o WHERE o.origin_seq = trace.origin_seq "
    "AND o.seq < trace.seq))"
)


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column(
        "trace", sa.Column("is_copy", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.execute(f"UPDATE trace SET is_copy = TRUE WHERE {IS_COPY}")
    op.drop_index("ix_trace_recorded", "trace")
    for name, (first, only) in INDEXES.items():
        columns = dict.fromkeys((*first, "recorded_at", "seq", *READ))
        where = sa.text(f"NOT is_copy{only}")
        op.create_index(name, "trace", [*columns], sqlite_where=where, postgresql_where=where)
    op.create_table(
        "trace_tag",
        sa.Column("tag", TEXT(), nullable=False),
        sa.Column("seq", Big, nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["trace.seq"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tag", "seq"),
    )
    op.create_index("ix_trace_tag_seq", "trace_tag", ["seq"])
    _fill(op.get_bind())


def _fill(connection: sa.Connection) -> None:
    """Read the tags from the stored bodies, a batch at a time."""
    page = sa.text("SELECT seq, body FROM trace_body WHERE seq > :after ORDER BY seq LIMIT 1000")
    add = sa.text("INSERT INTO trace_tag (tag, seq) VALUES (:tag, :seq)")
    decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
    after = -1
    while rows := connection.execute(page, {"after": after}).all():
        tags = [{"tag": tag, "seq": seq} for seq, body in rows for tag in find_tags(decode(body))]
        if tags:
            connection.execute(add, tags)
        after = rows[-1][0]


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("trace_tag")
    for name in INDEXES:
        op.drop_index(name, "trace")
    op.drop_column("trace", "is_copy")
    columns = ["recorded_at", "seq", "model", "num_user_turns", "num_turns"]
    op.create_index("ix_trace_recorded", "trace", columns)
