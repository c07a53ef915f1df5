"""Records in the database: add, read in full, stream for exports, set topics."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

import msgspec
import numpy as np
import orjson
from numpy.typing import NDArray
from sqlalchemy import Row, text
from sqlmodel import Session, col, select

from rft_app.domain.record import (
    Record,
    RecordBytes,
    RecordFilter,
    RecordId,
    SourceType,
    parse_record_id,
    record_id,
)
from rft_app.domain.validity import Reason
from rft_app.errors import NotFoundError
from rft_app.storage import bodies
from rft_app.storage.bodies import TraceParts
from rft_app.storage.copying import insert_rows
from rft_app.storage.record_counts import refresh_counts
from rft_app.storage.record_plan import BY_KEY, read_topic_keys
from rft_app.storage.record_seeks import select_seqs
from rft_app.storage.sequences import reserve
from rft_app.storage.session import is_sqlite, read_blocks
from rft_app.storage.tables import RecordRow
from rft_app.storage.tags import read_tags
from rft_app.storage.turns import decode_turns, question_text

_SOURCES = {source.value: source for source in SourceType}
_CHUNK = 5000
_BUFFERED = 100
"""Bodies in memory at a time."""

_BODY_JOIN = (
    "LEFT JOIN trace_body tb ON tb.seq = r.trace_seq LEFT JOIN record_body rb ON rb.seq = r.seq"
)
_CUT = "r.seq, r.turn, r.trace_seq, COALESCE(rb.body, tb.body) AS body"


class NewRecord(NamedTuple):
    """One row of `record` but for its key, in the order in which it is written."""

    dataset_id: str
    trace_seq: int | None
    turn: int
    facet: int
    source_type: str
    reason: str | None
    is_archived: bool
    group_key: int
    content_hash: int
    question_hash: int
    external_id: str | None
    title: str
    num_messages: int
    num_tokens: int
    reward: float | None
    created_at: int
    updated_at: int
    parent_seq: int | None = None
    message_kinds: int = 0


def insert_records(session: Session, rows: Sequence[NewRecord]) -> int:
    """Add records under consecutive keys; returns the first.

    Call `refresh_counts` after the last of several calls.
    """
    first = reserve(session, "record", len(rows))
    numbered = [(seq, *row) for seq, row in enumerate(rows, first)]
    insert_rows(session, "record", ("seq", *NewRecord._fields), numbered)
    return first


def insert_bodies(session: Session, rows: Sequence[tuple[int, bytes]]) -> None:
    """Add the bodies of records that are no cut of a trace."""
    insert_rows(session, "record_body", ("seq", "body"), rows)


def get_record(session: Session, dataset_id: str, record_id_: str) -> Record:
    """One record in full.

    Raises:
        NotFoundError: The dataset has no such record.
    """
    seq = parse_record_id(record_id_)
    statement = text(
        f"SELECT {_CUT}, r.source_type, r.reason, r.duplicate_of, r.external_id, r.reward, "
        "r.topic_id, r.topic_confidence, r.topic_method, r.is_archived, r.parent_seq, "
        f"r.created_at, r.updated_at FROM record r {_BODY_JOIN} "
        "WHERE r.seq = :seq AND r.dataset_id = :dataset_id"
    )
    values = {"seq": seq, "dataset_id": dataset_id}
    row = None if seq is None else session.connection().execute(statement, values).first()
    if row is None:
        raise NotFoundError(f"This dataset has no record {record_id_!r}.")
    return _to_record(row, read_topic_keys(session, dataset_id), read_tags(session, row.seq))


def _to_record(row: Row[Any], topics: dict[int, str], tags: tuple[str, ...]) -> Record:
    cut = bodies.render(bodies.split_body(row.body), row.turn)
    return Record(
        id=record_id(row.seq),
        input=tuple(map(bodies.parse_message, cut.input)),
        output=tuple(map(bodies.parse_message, cut.output)),
        tools=tuple(_load(cut.tools) or ()),
        tools_inferred=cut.tools_inferred,
        tool_choice=_load(cut.tool_choice),
        parallel_tool_calls=_load(cut.parallel_tool_calls),
        reference=cut.reference,
        metadata=_load(cut.metadata) or {},
        topic=topics.get(row.topic_id),
        topic_confidence=row.topic_confidence,
        topic_method=row.topic_method,
        tags=tags,
        reward=row.reward,
        reason=None if row.reason is None else Reason(row.reason),
        source_type=SourceType(row.source_type),
        trace_id=row.external_id,
        duplicate_of=None if row.duplicate_of is None else record_id(row.duplicate_of),
        parent=None if row.parent_seq is None else record_id(row.parent_seq),
        is_archived=bool(row.is_archived),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _load(raw: bytes | None) -> Any:  # noqa: ANN401  # JSON
    return None if raw is None else msgspec.json.decode(raw)


def iterate_record_bytes(
    session: Session, dataset_id: str, seqs: Iterable[int] | RecordFilter
) -> Iterator[RecordBytes]:
    """Stream records as stored bytes, in the order of their keys, in flat memory.

    Args:
        session: Any; it must stay open while the iterator is used.
        dataset_id: Records of other datasets are left out.
        seqs: Record keys in any order, or a filter over the current records.
    """
    topics = read_topic_keys(session, dataset_id)
    columns = f"{_CUT}, r.source_type, r.reward, r.topic_id, r.external_id, r.message_kinds"
    last_trace = whole = None
    view_array = bodies.view_array
    make = RecordBytes._make  # half the time of a call by name, for every record of an export
    for row in _stream(session, dataset_id, _to_keys(session, dataset_id, seqs), columns):
        seq, turn, trace_seq, body, source_type, reward, topic_id, external_id, kinds = row
        if whole is None or trace_seq is None or trace_seq != last_trace:
            last_trace, whole = trace_seq, bodies.open_body(body)
        topic, source = topics.get(topic_id), _SOURCES[source_type]
        yield make((seq, turn, topic, reward, source, external_id, view_array, *whole, kinds))


def stream_cuts(
    session: Session, dataset_id: str, seqs: Sequence[int]
) -> Iterator[tuple[int, int, int | None, bytes, str | None]]:
    """Key, turn, trace, body and external id of records, given by ascending keys."""
    keys = np.array(seqs, dtype=np.int64)
    for row in _stream(session, dataset_id, keys, f"{_CUT}, r.external_id"):
        yield row[0], row[1], row[2], row[3], row[4]


def map_num_tokens(session: Session, seqs: Collection[int]) -> dict[int, int]:
    """The estimated length of each record in tokens, by its key."""
    found: dict[int, int] = {}
    keys = sorted(seqs)
    for start in range(0, len(keys), _CHUNK):
        query = select(RecordRow.seq, RecordRow.num_tokens).where(
            col(RecordRow.seq).in_(keys[start : start + _CHUNK])
        )
        found |= dict(session.exec(query).all())
    return found


@dataclass(frozen=True, slots=True)
class RecordText:
    """What topics are found by."""

    seq: int
    title: str
    text: str
    """The user's messages, one a line."""
    duplicate_of: int | None


def iterate_texts(session: Session, dataset_id: str) -> Iterator[RecordText]:
    """The user's words of every valid, current record, duplicates included, in key order."""
    seqs = select_seqs(session, dataset_id, RecordFilter(is_valid=True))
    split = _LastSplit()
    for row in _stream(session, dataset_id, seqs, f"{_CUT}, r.title, r.duplicate_of"):
        seq, turn, trace_seq, body, title, duplicate_of = row
        turns = decode_turns(split.of(trace_seq, body).messages[:turn])
        yield RecordText(seq, title, question_text(turns), duplicate_of)


class TopicAssignment(NamedTuple):
    """Which leaf a record belongs to, how sure that is, and who said so."""

    seq: int
    topic_id: int | None
    confidence: float | None
    method: str | None


def set_topics(
    session: Session,
    dataset_id: str,
    assignments: Iterable[TopicAssignment],
    *,
    is_last: bool = True,
) -> None:
    """Put records into topics.

    Args:
        session: A unit of work.
        dataset_id: Records of other datasets are left alone.
        assignments: Any tuples of these four values.
        is_last: Recompute the dataset's counts; false for all but the last of several calls.
    """
    values = [
        {"seq": seq, "topic": topic, "confidence": confidence, "method": method, "ds": dataset_id}
        for seq, topic, confidence, method in assignments
    ]
    statement = text(
        "UPDATE record SET topic_id = :topic, topic_confidence = :confidence, "
        "topic_method = :method WHERE seq = :seq AND dataset_id = :ds"
    )
    if values:
        session.connection().execute(statement, values)
    if is_last:
        refresh_counts(session, dataset_id)


def read_groups(session: Session, dataset_id: str, seqs: Sequence[int]) -> dict[int, int]:
    """Group of each of a few records of the dataset, archived ones included."""
    if not seqs:
        return {}
    statement = text(
        f"SELECT r.seq, r.group_key FROM record r WHERE r.seq IN {_literal(seqs)} AND {BY_KEY}"
    )
    rows = session.connection().execute(statement, {"dataset_id": dataset_id})
    return {row.seq: row.group_key for row in rows}


def to_seqs(ids: Iterable[RecordId]) -> list[int]:
    """Database keys of public ids; texts that are none are left out."""
    return [seq for id_ in ids if (seq := parse_record_id(id_)) is not None]


class _LastSplit:
    """Cuts a body once for consecutive records of one trace."""

    def __init__(self) -> None:
        self._trace_seq: int | None = None
        self._parts = TraceParts()

    def of(self, trace_seq: int | None, body: bytes) -> TraceParts:
        if trace_seq is None or trace_seq != self._trace_seq:
            self._parts = bodies.split_body(body)
            self._trace_seq = trace_seq
        return self._parts


def _to_keys(
    session: Session, dataset_id: str, seqs: Iterable[int] | RecordFilter
) -> NDArray[np.int64]:
    if isinstance(seqs, RecordFilter):
        return select_seqs(session, dataset_id, seqs)
    return np.unique(np.fromiter(seqs, dtype=np.int64))


def _stream(
    session: Session, dataset_id: str, seqs: NDArray[np.int64], columns: str
) -> Iterator[Sequence[Any]]:
    return chain.from_iterable(_stream_blocks(session, dataset_id, seqs, columns))


def _stream_blocks(
    session: Session, dataset_id: str, seqs: NDArray[np.int64], columns: str
) -> Iterator[Sequence[Sequence[Any]]]:
    for start in range(0, len(seqs), _CHUNK):
        is_one, values = _among(session, seqs[start : start + _CHUNK].tolist())
        statement = text(
            f"SELECT {columns} FROM record r {_BODY_JOIN} "
            f"WHERE r.seq {is_one} AND {BY_KEY} ORDER BY r.seq"
        )
        yield from read_blocks(session, statement, _BUFFERED, {"dataset_id": dataset_id, **values})


def _among(session: Session, seqs: list[int]) -> tuple[str, dict[str, object]]:
    """SQL that says of a key that it is one of these, and its values.

    The text is the same for any keys, so that databases parse it once.
    """
    if seqs[-1] - seqs[0] + 1 == len(seqs):
        return "BETWEEN :first AND :last", {"first": seqs[0], "last": seqs[-1]}
    if is_sqlite(session):
        keys = orjson.dumps(seqs).decode()
        return "IN (SELECT value FROM json_each(:keys))", {"keys": keys}
    return "= ANY(CAST(:keys AS bigint[]))", {"keys": seqs}


def _literal(seqs: Sequence[int]) -> str:
    return f"({', '.join(map(str, seqs))})"
