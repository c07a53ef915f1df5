"""Traces in the database."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import text, update
from sqlmodel import Session, col

from rft_app.domain.hashing import text_hash
from rft_app.domain.trace import Growth, ParsedTrace
from rft_app.storage.conversations import UNLINKED, Link, link_answered, link_calls
from rft_app.storage.copying import insert_rows
from rft_app.storage.fingerprints import hash_conversation
from rft_app.storage.sequences import reserve
from rft_app.storage.tables import DatasetRow
from rft_app.storage.trace_search import changing_traces

_OWN_COLUMNS = (
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
    "source",
    "status",
    "input_tokens",
    "output_tokens",
    "latency_ms",
    "recorded_at",
)
_COLUMNS = ("seq", "dataset_id", "import_id", "line_number", "created_at", *_OWN_COLUMNS)
NOT_REPLACED = (
    "import_id NOT IN (SELECT id FROM import_run WHERE dataset_id = :dataset_id AND is_replaced)"
)
"""SQL condition on traces: their import was not replaced by a later one."""


class StorableTrace(NamedTuple):
    """A trace as its tables hold it, but for its key and what it came with."""

    values: tuple[object, ...]
    """In the order of `_OWN_COLUMNS`."""
    body: bytes
    growth: Growth | None
    num_turns: int
    tags: tuple[str, ...]


def to_storable(trace: ParsedTrace, stored_at: int) -> StorableTrace:
    """Make the row of a trace; it takes no database, so that any process can."""
    values = _own_values(trace, stored_at)
    return StorableTrace(values, trace.body, trace.growth, trace.num_turns, trace.tags)


def add_traces(
    session: Session,
    dataset_id: str | None,
    import_id: str,
    traces: Sequence[tuple[int, StorableTrace]],
    created_at: int,
) -> int:
    """Add traces of one import, each with the number of its line; counts them at the dataset.

    Returns:
        The key of the first; the others follow it.
    """
    if not traces:
        return 0
    first = reserve(session, "trace", len(traces))
    numbered = enumerate((trace for _, trace in traces), first)
    links = link_calls(session, import_id, numbered)
    columns = (*_COLUMNS, *Link._fields) if links else _COLUMNS
    rows = [
        (seq, dataset_id, import_id, number, created_at, *trace.values)
        + (links.get(seq, UNLINKED) if links else ())
        for seq, (number, trace) in enumerate(traces, first)
    ]
    insert_rows(session, "trace", columns, rows)
    bodies = [(seq, trace.body) for seq, (_, trace) in enumerate(traces, first)]
    insert_rows(session, "trace_body", ("seq", "body"), bodies)
    _add_tags(session, ((seq, trace.tags) for seq, (_, trace) in enumerate(traces, first)))
    if dataset_id is not None:
        session.connection().execute(
            update(DatasetRow)
            .where(col(DatasetRow.id) == dataset_id)
            .values(num_traces=col(DatasetRow.num_traces) + len(traces))
        )
    return first


def replace_traces(
    session: Session, traces: Sequence[tuple[int, ParsedTrace]], now_ms: int
) -> None:
    """Change traces, each with its key, of which more became known since they were stored."""
    if not traces:
        return
    names = ", ".join(f"{name} = :{name}" for name in _OWN_COLUMNS)
    values = [
        {"seq": seq, **dict(zip(_OWN_COLUMNS, _own_values(trace, now_ms), strict=True))}
        for seq, trace in traces
    ]
    connection = session.connection()
    bodies = [{"seq": seq, "body": trace.body} for seq, trace in traces]
    with changing_traces(session, (seq for seq, _ in traces)):
        connection.execute(text(f"UPDATE trace SET {names} WHERE seq = :seq"), values)
        connection.execute(text("UPDATE trace_body SET body = :body WHERE seq = :seq"), bodies)
    keys = [{"seq": seq} for seq, _ in traces]
    connection.execute(text("DELETE FROM trace_tag WHERE seq = :seq"), keys)
    _add_tags(session, ((seq, trace.tags) for seq, trace in traces))
    link_answered(session, traces)


def _add_tags(session: Session, tags: Iterable[tuple[int, tuple[str, ...]]]) -> None:
    rows = [(tag, seq) for seq, names in tags for tag in names]
    insert_rows(session, "trace_tag", ("tag", "seq"), rows)


def _own_values(trace: ParsedTrace, stored_at: int) -> tuple[object, ...]:
    """What a trace says of itself, in the order of `_OWN_COLUMNS`."""
    return (
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
        trace.source,
        trace.status.value,
        trace.input_tokens,
        trace.output_tokens,
        trace.latency_ms,
        stored_at if trace.recorded_at is None else trace.recorded_at,
    )


def count_traces(session: Session, dataset_id: str, after_seq: int = 0) -> int:
    """How many traces after `after_seq` records are made of."""
    statement = text(
        "SELECT COUNT(*) FROM trace WHERE dataset_id = :dataset_id AND seq > :after "
        f"AND {NOT_REPLACED}"
    )
    values = {"dataset_id": dataset_id, "after": after_seq}
    return session.connection().execute(statement, values).scalar_one()


def count_conversations(session: Session, dataset_id: str) -> int:
    """How many of the traces that records are made of no other call continues."""
    statement = text(
        "SELECT COUNT(*) FROM trace WHERE dataset_id = :dataset_id AND continued_by IS NULL "
        f"AND {NOT_REPLACED}"
    )
    return session.connection().execute(statement, {"dataset_id": dataset_id}).scalar_one()


def count_arrived(session: Session) -> int:
    """Traces that arrived by themselves."""
    statement = text("SELECT COUNT(*) FROM trace WHERE dataset_id IS NULL")
    return session.connection().execute(statement).scalar_one()


def group_key(trace: ParsedTrace) -> int:
    """Fingerprint of the trace's group; without one, of its id, else of its conversation.

    Equal rows therefore share a group and never straddle a split.
    """
    name = trace.group or trace.external_id
    return text_hash(name) if name else hash_conversation(trace.body)
