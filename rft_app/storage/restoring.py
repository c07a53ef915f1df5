"""Make other records current: archive some, bring others back, by lists of keys."""

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import text
from sqlmodel import Session

from rft_app.domain.facet import ARCHIVED
from rft_app.storage import extraction
from rft_app.storage.record_plan import read_topic_keys
from rft_app.storage.splits import Ints

KEYS_PER_STATEMENT: Final = 1_000
_BY_KEY: Final = "dataset_id || '' = :dataset_id"
"""Keeps SQLite from reading every record by the index over facets (`record_plan.BY_KEY`)."""


def set_archived(
    session: Session,
    dataset_id: str,
    seqs: Ints,
    now_ms: int,
    *,
    is_archived: bool,
    is_replaced: bool = False,
) -> None:
    """Archive records, or make archived ones current again; those that are so already stay.

    Those that are `is_replaced` are no deleted ones: another version of them is there.
    """
    shift, side = (ARCHIVED, "<") if is_archived else (-ARCHIVED, ">=")
    flags = {"archived": is_archived, "replaced": is_replaced, "no": False}
    values = {"dataset_id": dataset_id, "now": now_ms, **flags}
    for keys in _chunks(seqs):
        statement = text(
            "UPDATE record SET is_archived = :archived, is_superseded = :no, "
            f"is_replaced = :replaced, updated_at = :now, facet = facet + {shift} "
            f"WHERE seq IN ({keys}) AND {_BY_KEY} AND facet + 0 {side} {ARCHIVED}"
        )
        session.connection().execute(statement, values)


def archive_older(
    session: Session, dataset_id: str, import_id: str, now_ms: int, limit: int
) -> int:
    """Archive up to `limit` records of what was there before an import; returns how many.

    Traces of an import come after those of every earlier one, so their keys tell them apart.
    """
    statement = text(
        "UPDATE record SET is_archived = :yes, is_superseded = :no, updated_at = :now, "
        f"facet = facet + {ARCHIVED} WHERE seq IN (SELECT seq FROM record "
        f"WHERE dataset_id = :dataset_id AND facet < {ARCHIVED} "
        "AND COALESCE(trace_seq, 0) < (SELECT COALESCE(MIN(seq), 0) FROM trace "
        "WHERE dataset_id = :dataset_id AND import_id = :id) LIMIT :limit) RETURNING 1"
    )
    values = {"dataset_id": dataset_id, "id": import_id, "now": now_ms, "limit": limit}
    flags = {"yes": True, "no": False}
    return len(session.connection().execute(statement, values | flags).all())


def mark_replaced(session: Session, dataset_id: str, import_id: str) -> None:
    """Let Extract pass over every import of traces but one."""
    statement = text(
        "UPDATE import_run SET is_replaced = :yes "
        "WHERE dataset_id = :dataset_id AND kind = 'traces' AND id <> :id"
    )
    values = {"yes": True, "dataset_id": dataset_id, "id": import_id}
    session.connection().execute(statement, values)


def follow_records(session: Session, dataset_id: str) -> None:
    """Let Extract read the imports that have current records, and no others."""
    statement = text(
        "UPDATE import_run SET is_replaced = id NOT IN (SELECT DISTINCT t.import_id "
        "FROM record r JOIN trace t ON t.seq = r.trace_seq "
        f"WHERE r.dataset_id = :dataset_id AND r.facet < {ARCHIVED}) "
        "WHERE dataset_id = :dataset_id AND kind = 'traces'"
    )
    session.connection().execute(statement, {"dataset_id": dataset_id})


def forget_lost_topics(session: Session, dataset_id: str) -> None:
    """Take topics that were deleted meanwhile from records that came back."""
    statement = text(
        "UPDATE record SET topic_id = NULL, topic_confidence = NULL, topic_method = NULL "
        "WHERE dataset_id = :dataset_id AND topic_id IS NOT NULL "
        "AND topic_id NOT IN (SELECT id FROM topic WHERE dataset_id = :dataset_id)"
    )
    session.connection().execute(statement, {"dataset_id": dataset_id})


def mark_all_duplicates(session: Session, dataset_id: str) -> None:
    """Point each repeated record to the first current one, all in this transaction."""
    for low, high in plan_passes(session, dataset_id):
        extraction.mark_duplicates(session, dataset_id, low, high)


def plan_passes(session: Session, dataset_id: str) -> list[tuple[int, int]]:
    """Ranges of content hashes to look for duplicates in, one after the other."""
    return extraction.plan_duplicate_passes(extraction.count_records(session, dataset_id))


def count_topics(session: Session, dataset_id: str, seqs: Ints) -> dict[str | None, int]:
    """How many of some records are in which topic today, archived ones too."""
    names, counts = read_topic_keys(session, dataset_id), dict[str | None, int]()
    for keys in _chunks(seqs):
        statement = text(
            f"SELECT topic_id, COUNT(*) FROM record WHERE seq IN ({keys}) "
            f"AND {_BY_KEY} GROUP BY topic_id"
        )
        for topic_id, number in session.connection().execute(statement, {"dataset_id": dataset_id}):
            name = names.get(topic_id)
            counts[name] = counts.get(name, 0) + number
    return counts


def _chunks(seqs: Ints) -> Iterator[str]:
    for start in range(0, len(seqs), KEYS_PER_STATEMENT):
        keys: Sequence[int] = seqs[start : start + KEYS_PER_STATEMENT].tolist()
        yield ", ".join(map(str, keys))
