"""Copies of stored traces for a new dataset, a range of keys at a time, inside the database.

With a call come those that it continues, so that each of their answers can become a record.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import bindparam, text
from sqlmodel import Session

from rft_app.domain.imports import ImportTally
from rft_app.storage.keys import split_keys
from rft_app.storage.sequences import reserve
from rft_app.storage.trace_pages import Where

_COPIED: Final = (
    "external_id, group_key, model, title, system_prompt, num_messages, num_turns, "
    "num_user_turns, num_tools, reward, reason, created_at, recorded_at, source, status, "
    "input_tokens, output_tokens, latency_ms, num_earlier"
)


def copy_traces(
    session: Session, where: Where, target_id: str, import_id: str, keys: tuple[int, int, int]
) -> tuple[int, int]:
    """Copy the next traces that pass, with their bodies.

    Args:
        session: A unit of work.
        where: Which traces.
        target_id: The dataset that gets them.
        import_id: What they came with; a copy's line number is the key of its source.
        keys: Behind the first of these keys, up to the second, at most so many as the third.

    Returns:
        The last key that was copied and how many traces were; 0 traces at the end.
    """
    after, last, size = keys
    chosen = text(
        f"SELECT t.seq FROM trace t WHERE {where.sql} AND t.seq > :after AND t.seq <= :last "
        "ORDER BY t.seq LIMIT :size"
    )
    values = {**where.parameters, "after": after, "last": last, "size": size}
    heads = list(session.connection().execute(chosen, values).scalars())
    if not heads:
        return after, 0
    earlier = _find_earlier(session, heads, last)
    seqs = sorted({*heads, *earlier})
    first = reserve(session, "trace", len(seqs))
    own = f"IN ({', '.join(map(str, seqs))})"
    statement = text(
        "INSERT INTO trace (seq, dataset_id, import_id, line_number, origin_seq, is_copy, "
        f"{_COPIED}) SELECT {first - 1} + ROW_NUMBER() OVER (ORDER BY seq), "
        "CAST(:target AS VARCHAR), CAST(:import AS VARCHAR), seq, COALESCE(origin_seq, seq), "
        f"TRUE, {_COPIED} "
        f"FROM trace WHERE seq {own}"
    )
    session.connection().execute(statement, {"target": target_id, "import": import_id})
    for table, column in (("trace_body", "body"), ("trace_tag", "tag")):
        beside = text(
            f"INSERT INTO {table} (seq, {column}) SELECT t.seq, b.{column} FROM trace t "
            f"JOIN {table} b ON b.seq = t.line_number "
            f"WHERE t.seq BETWEEN {first} AND {first + len(seqs) - 1}"
        )
        session.connection().execute(beside)
    if earlier:
        places = {seq: first + place for place, seq in enumerate(seqs)}
        links = [{"seq": places[seq], "last": places[head]} for seq, head in earlier.items()]
        linked = text("UPDATE trace SET continued_by = :last WHERE seq = :seq")
        session.connection().execute(linked, links)
    counted = text("UPDATE dataset SET num_traces = num_traces + :number WHERE id = :target")
    session.connection().execute(counted, {"number": len(seqs), "target": target_id})
    return heads[-1], len(heads)


def _find_earlier(session: Session, heads: Sequence[int], last: int) -> dict[int, int]:
    """Calls up to a key that the chosen ones continue, by key with the chosen one.

    A chosen call may be continued itself by now, as they are, by one that arrived since.
    """
    statement = text(
        "SELECT e.seq, h.seq FROM trace h JOIN trace e "
        "ON e.continued_by = COALESCE(h.continued_by, h.seq) "
        "WHERE h.seq IN :heads AND e.seq <= :last AND e.num_messages < h.num_messages"
    ).bindparams(bindparam("heads", expanding=True))
    found = {
        seq: head
        for part in split_keys(heads)
        for seq, head in session.connection().execute(statement, {"heads": part, "last": last})
    }
    for seq in heads:
        found.pop(seq, None)
    return found


def list_copies_instead(session: Session, gone: str, values: Mapping[str, object]) -> None:
    """Let lists show copies of traces that are about to be deleted: the earliest of each.

    Args:
        session: A unit of work.
        gone: SQL on a trace `{0}`: it will be deleted.
        values: Its parameters.
    """
    statement = text(
        "UPDATE trace SET is_copy = FALSE WHERE seq IN (SELECT MIN(c.seq) FROM trace t "
        "JOIN trace c ON c.origin_seq = COALESCE(t.origin_seq, t.seq) "
        f"WHERE {gone.format('t')} AND NOT t.is_copy AND NOT ({gone.format('c')}) "
        "GROUP BY c.origin_seq)"
    )
    session.connection().execute(statement, values)


def read_progress(session: Session, import_id: str) -> tuple[int, int]:
    """The last source that was chosen and copied, and how many were."""
    statement = text(
        "SELECT COALESCE(MAX(line_number), 0), COUNT(*) FROM trace "
        "WHERE import_id = :id AND dataset_id = (SELECT dataset_id FROM import_run WHERE id = :id) "
        "AND continued_by IS NULL"
    )
    row = session.connection().execute(statement, {"id": import_id}).one()
    return row[0], row[1]


def tally_copies(session: Session, import_id: str) -> ImportTally:
    """What an import of copies brought, in the words of every other import."""
    statement = text(
        "SELECT reason, COUNT(*), SUM(CASE WHEN num_turns > 0 THEN 1 ELSE 0 END) FROM trace "
        "WHERE import_id = :id AND dataset_id = (SELECT dataset_id FROM import_run WHERE id = :id) "
        "GROUP BY reason"
    )
    rows = session.connection().execute(statement, {"id": import_id}).all()
    counts = {row[0]: row[1] for row in rows}
    total = sum(counts.values())
    num_valid = counts.pop(None, 0)
    return ImportTally(
        num_lines=total,
        num_parsed=total,
        num_valid=num_valid,
        num_invalid=total - num_valid,
        num_answered=sum(int(row[2]) for row in rows),
        reasons=counts,
    )
