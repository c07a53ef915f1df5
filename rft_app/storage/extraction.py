"""What the extract step reads and writes, a batch of traces at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy import TextClause, text
from sqlmodel import Session, col, func, select

from rft_app.domain.facet import ARCHIVED, DUPLICATE, Facet
from rft_app.domain.validity import Reason
from rft_app.storage import bodies
from rft_app.storage.record_plan import BY_KEY
from rft_app.storage.records import stream_cuts
from rft_app.storage.search import find_unindexed
from rft_app.storage.tables import ImportRow, RecordRow
from rft_app.storage.traces import NOT_REPLACED
from rft_app.storage.turns import decode_all_turns, searchable_text

FIRST_INVALID = Facet(reason=Reason.NO_MESSAGES).pack()
"""Facets below this belong to valid, current records."""

_UNTOUCHED = (
    "source_type IN ('trace', 'upload', 'preference') AND NOT EXISTS (SELECT 1 FROM feedback f "
    "WHERE f.dataset_id = r.dataset_id AND f.record_seq = r.seq)"
)
"""SQL on records `r`: extraction made it, and nobody said anything of it."""
_BUFFERED = 100
_HASHES = 1 << 64
_RECORDS_PER_PASS = 500_000
"""Duplicates are looked for among about so many records at a time, to keep the sort small."""


class StoredTrace(NamedTuple):
    """What a record takes from its trace."""

    seq: int
    import_id: str
    external_id: str | None
    group_key: int
    title: str
    reward: float | None
    reason: str | None
    is_continued: bool
    """Whether another call holds all that it says."""
    body: bytes


@dataclass(frozen=True, slots=True)
class StoredCut:
    """A record of a trace: a current one, or one that a person removed."""

    seq: int
    trace_seq: int
    turn: int
    reason: str | None
    is_extracted: bool
    """Whether it is as extraction made it; others are a person's work and stay."""
    is_removed: bool
    content_hash: int


def read_traces(
    session: Session, dataset_id: str, after_seq: int, *, max_traces: int, max_bytes: int
) -> list[StoredTrace]:
    """The next traces after `after_seq`: at most so many, and not many more bytes than allowed."""
    statement = text(
        "SELECT t.seq, t.import_id, t.external_id, t.group_key, t.title, t.reward, t.reason, "
        "t.continued_by IS NOT NULL, b.body FROM trace t JOIN trace_body b ON b.seq = t.seq "
        f"WHERE t.dataset_id = :dataset_id AND t.seq > :after AND t.{NOT_REPLACED} "
        "ORDER BY t.seq LIMIT :limit"
    )
    values = {"dataset_id": dataset_id, "after": after_seq, "limit": max_traces}
    options = {"stream_results": True, "max_row_buffer": _BUFFERED}
    traces: list[StoredTrace] = []
    num_bytes = 0
    with session.connection().execute(statement, values, execution_options=options) as rows:
        for block in rows.partitions(_BUFFERED):
            traces.extend(StoredTrace(*row) for row in block)
            num_bytes += sum(len(row.body) for row in block)
            if num_bytes >= max_bytes:
                break
    return traces


def count_records(session: Session, dataset_id: str) -> int:
    """How many records the dataset has, archived ones included."""
    statement = select(func.count()).select_from(RecordRow)
    return session.exec(statement.where(col(RecordRow.dataset_id) == dataset_id)).one()


def read_imports(session: Session, dataset_id: str) -> dict[str, tuple[str | None, dict[str, str]]]:
    """Row shape and mapping of each import into the dataset."""
    rows = session.exec(select(ImportRow).where(col(ImportRow.dataset_id) == dataset_id))
    return {row.id: (row.shape, row.mapping) for row in rows}


def read_cuts(session: Session, first: int, last: int) -> list[StoredCut]:
    """Records of the traces `first` to `last`, those that a person removed before current ones.

    The sum keeps SQLite from preferring the index over facets, which would read every record.
    """
    statement = text(
        f"SELECT seq, trace_seq, turn, reason, {_UNTOUCHED} AS is_extracted, "
        "is_archived AS is_removed, content_hash FROM record r "
        "WHERE trace_seq BETWEEN :first AND :last "
        f"AND (facet + 0 < {ARCHIVED} OR NOT is_superseded) ORDER BY is_archived DESC, seq"
    )
    values = {"first": first, "last": last}
    return [StoredCut(*row) for row in session.connection().execute(statement, values)]


def supersede_records(session: Session, seqs: Sequence[int], now_ms: int) -> None:
    """Archive records that the settings do not ask for any more; others may make them again."""
    if not seqs:
        return
    statement = text(
        f"UPDATE record SET is_archived = :yes, is_superseded = :yes, facet = facet + {ARCHIVED}, "
        "updated_at = :now "
        f"WHERE seq IN ({', '.join(map(str, seqs))}) AND facet < {ARCHIVED}"
    )
    session.connection().execute(statement, {"yes": True, "now": now_ms})


def renew_hashes(session: Session, hashes: Mapping[int, int]) -> None:
    """Set the content hashes of records, by their keys."""
    values = [{"seq": seq, "hash": content_hash} for seq, content_hash in hashes.items()]
    if values:
        statement = text("UPDATE record SET content_hash = :hash WHERE seq = :seq")
        session.connection().execute(statement, values)


def plan_duplicate_passes(num_records: int) -> list[tuple[int, int]]:
    """Ranges of content hashes, both ends included, that together hold every record."""
    num_passes = max(1, -(-num_records // _RECORDS_PER_PASS))
    edges = [-_HASHES // 2 + _HASHES * number // num_passes for number in range(num_passes + 1)]
    return [(low, high - 1) for low, high in pairwise(edges)]


def mark_duplicates(session: Session, dataset_id: str, low: int, high: int) -> None:
    """Point every valid, current record to the first one with the same content.

    Those that are the first are unmarked.  Only rows that change are written.

    Args:
        session: A unit of work.
        dataset_id: Duplicates are looked for within a dataset.
        low: Smallest content hash of this pass.
        high: Largest content hash of this pass.
    """
    values = {"dataset_id": dataset_id, "low": low, "high": high}
    session.connection().execute(_mark("content_hash BETWEEN :low AND :high"), values)


def find_alike(session: Session, dataset_id: str, those: str) -> list[int]:
    """Keys of valid, current records with the same content as some records of the dataset.

    Args:
        session: Any.
        dataset_id: Whose.
        those: Trusted SQL on records `o` that names them, archived ones included.
    """
    statement = text(
        "SELECT r.seq FROM record r WHERE r.content_hash IN "
        f"(SELECT o.content_hash FROM record o WHERE {those}) AND {BY_KEY} "
        f"AND r.facet + 0 < {FIRST_INVALID} ORDER BY r.seq"
    )
    return list(session.connection().execute(statement, {"dataset_id": dataset_id}).scalars())


def mark_duplicates_among(session: Session, dataset_id: str, seqs: Sequence[int]) -> None:
    """As `mark_duplicates`, for the records that `find_alike` gave."""
    if seqs:
        of_dataset = "dataset_id || '' = :dataset_id AND facet + 0"
        marked = _mark(f"seq IN ({', '.join(map(str, seqs))})", of_dataset)
        session.connection().execute(marked, {"dataset_id": dataset_id})


def _mark(condition: str, of_dataset: str = "dataset_id = :dataset_id AND facet") -> TextClause:
    return text(
        "UPDATE record SET duplicate_of = d.original, facet = (facet & ~:flag) | "
        "CASE WHEN d.original IS NULL THEN 0 ELSE :flag END FROM ("
        "SELECT seq, CASE WHEN first < seq THEN first END AS original FROM ("
        "SELECT seq, duplicate_of, MIN(seq) OVER (PARTITION BY content_hash) AS first FROM record "
        f"WHERE {of_dataset} < {FIRST_INVALID} AND {condition}) w "
        "WHERE duplicate_of IS DISTINCT FROM CASE WHEN first < seq THEN first END"
        ") d WHERE record.seq = d.seq".replace(":flag", str(DUPLICATE))
    )


def read_unindexed_texts(
    session: Session, dataset_id: str, after_seq: int, *, max_records: int, max_characters: int
) -> list[tuple[int, str]]:
    """Text of the next records that search cannot find yet; empty when there are none."""
    seqs = find_unindexed(session, dataset_id, after_seq, max_records)
    texts: list[tuple[int, str]] = []
    num_characters = 0
    for seq, turn, _, body, external_id in stream_cuts(session, dataset_id, seqs):
        turns = decode_all_turns(body)[: turn + 1]
        reference = bodies.split_body(body).reference
        texts.append((seq, searchable_text(turns, reference, external_id)))
        num_characters += len(texts[-1][1])
        if num_characters >= max_characters:
            break
    return texts
