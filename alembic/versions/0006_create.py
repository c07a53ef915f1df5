"""What the create page filters traces by, and groups of near-duplicates.

The new columns of the traces that are there are read from their bodies.
"""

import msgspec
import sqlalchemy as sa
import sqlmodel
from alembic import op

from rft_app.storage.tables.columns import Big, Utc
from rft_app.storage.turns import Turn, decode_all_turns

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
BATCH = 1000
COPIED = sa.text("origin_seq IS NOT NULL")


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column("trace", sa.Column("system_prompt", TEXT(), server_default="", nullable=False))
    for name, kind in (
        ("num_user_turns", sa.Integer()),
        ("num_tools", sa.Integer()),
        ("recorded_at", Big),
    ):
        op.add_column("trace", sa.Column(name, kind, server_default="0", nullable=False))
    op.add_column("trace", sa.Column("origin_seq", Big, nullable=True))
    _fill(op.get_bind())
    columns = ["recorded_at", "seq", "model", "num_user_turns", "num_turns"]
    op.create_index("ix_trace_recorded", "trace", columns)
    op.create_index(
        "ix_trace_origin",
        "trace",
        ["origin_seq", "seq"],
        sqlite_where=COPIED,
        postgresql_where=COPIED,
    )
    op.create_table(
        "near_search",
        sa.Column("dataset_id", TEXT(), nullable=False),
        sa.Column("threshold", sa.Float(), nullable=False),
        sa.Column("num_compared", sa.Integer(), nullable=False),
        sa.Column("records_hash", TEXT(), nullable=False),
        sa.Column("finished_at", Utc, nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("dataset_id"),
    )
    op.create_table(
        "near_group",
        sa.Column("dataset_id", TEXT(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("members", sa.JSON(), nullable=False),
        sa.Column("state", TEXT(), nullable=False),
        sa.Column("change_id", TEXT(), nullable=True),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("dataset_id", "position"),
    )


def _fill(connection: sa.Connection) -> None:
    """Read the columns from the stored bodies, a batch at a time."""
    connection.execute(sa.text("UPDATE trace SET recorded_at = created_at"))
    page = sa.text("SELECT seq, body FROM trace_body WHERE seq > :after ORDER BY seq LIMIT :batch")
    change = sa.text(
        "UPDATE trace SET system_prompt = :prompt, num_user_turns = :turns, num_tools = :tools "
        "WHERE seq = :seq"
    )
    after = -1
    while rows := connection.execute(page, {"after": after, "batch": BATCH}).all():
        connection.execute(change, [{"seq": seq, **_describe(body)} for seq, body in rows])
        after = rows[-1][0]


def _describe(body: bytes) -> dict[str, str | int]:
    try:
        turns = decode_all_turns(body)
    except msgspec.ValidationError:
        turns = list[Turn]()
    has_prompt = bool(turns) and turns[0].role in {"system", "developer"}
    prompt = turns[0].text if has_prompt else ""
    calls = [call for turn in turns for call in turn.tool_calls or ()]
    return {
        "prompt": " ".join(prompt[:560].split()).replace("\0", "")[:140],
        "turns": sum(turn.role == "user" for turn in turns),
        "tools": len({call.function.name for call in calls}),
    }


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("near_group")
    op.drop_table("near_search")
    op.drop_index("ix_trace_origin", "trace")
    op.drop_index("ix_trace_recorded", "trace")
    for name in ("origin_seq", "recorded_at", "num_tools", "num_user_turns", "system_prompt"):
        op.drop_column("trace", name)
