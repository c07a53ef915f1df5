"""Traces in the database."""

from collections.abc import Sequence

from sqlalchemy import text, update
from sqlmodel import Session, col

from rft_app.domain.hashing import text_hash
from rft_app.domain.trace import ParsedTrace
from rft_app.storage.copying import insert_rows
from rft_app.storage.fingerprints import hash_conversation
from rft_app.storage.sequences import reserve
from rft_app.storage.tables import DatasetRow

_COLUMNS = (
    "seq",
    "dataset_id",
    "import_id",
    "line_number",
    "external_id",
    "group_key",
    "model",
    "title",
    "system_prompt",
    "num_messages",
    "num_turns",
    "num_user_turns",
    "num_tools",
    "reward",
    "reason",
    "created_at",
    "recorded_at",
)
NOT_REPLACED = (
    "import_id NOT IN (SELECT id FROM import_run WHERE dataset_id = :dataset_id AND is_replaced)"
)
"""SQL condition on traces: their import was not replaced by a later one."""


def add_traces(
    session: Session,
    dataset_id: str,
    import_id: str,
    traces: Sequence[tuple[int, ParsedTrace]],
    created_at: int,
) -> None:
    """Add traces of one import, each with the number of its line; counts them at the dataset."""
    if not traces:
        return
    first = reserve(session, "trace", len(traces))
    rows = [
        (
            seq,
            dataset_id,
            import_id,
            number,
            trace.external_id,
            group_key(trace),
            trace.model,
            trace.title,
            trace.system_prompt,
            trace.num_messages,
            trace.num_turns,
            trace.num_user_turns,
            trace.num_tools,
            trace.reward,
            trace.reason and trace.reason.value,
            created_at,
            created_at if trace.recorded_at is None else trace.recorded_at,
        )
        for seq, (number, trace) in enumerate(traces, first)
    ]
    insert_rows(session, "trace", _COLUMNS, rows)
    bodies = [(seq, trace.body) for seq, (_, trace) in enumerate(traces, first)]
    insert_rows(session, "trace_body", ("seq", "body"), bodies)
    session.connection().execute(
        update(DatasetRow)
        .where(col(DatasetRow.id) == dataset_id)
        .values(num_traces=col(DatasetRow.num_traces) + len(traces))
    )


def count_traces(session: Session, dataset_id: str, after_seq: int = 0) -> int:
    """How many traces after `after_seq` records are made of."""
    statement = text(
        "SELECT COUNT(*) FROM trace WHERE dataset_id = :dataset_id AND seq > :after "
        f"AND {NOT_REPLACED}"
    )
    values = {"dataset_id": dataset_id, "after": after_seq}
    return session.connection().execute(statement, values).scalar_one()


def group_key(trace: ParsedTrace) -> int:
    """Fingerprint of the trace's group; without one, of its id, else of its conversation.

    Equal rows therefore share a group and never straddle a split.
    """
    name = trace.group or trace.external_id
    return text_hash(name) if name else hash_conversation(trace.body)
