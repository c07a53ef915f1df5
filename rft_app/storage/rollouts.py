"""Rollouts in the database: imported answers, and answers with their records for graders."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import msgspec
from sqlalchemy import func, text, true
from sqlmodel import Session, col, select

from rft_app.domain.record import RecordBytes, record_id
from rft_app.domain.rollout import Json, Rollout, RolloutKey, make_item, make_sample
from rft_app.storage.copying import insert_rows
from rft_app.storage.records import iterate_record_bytes
from rft_app.storage.sequences import reserve
from rft_app.storage.tables import RolloutRow

RolloutSource = Literal["imported", "sampled"]

_COLUMNS = (
    *("seq", "dataset_id", "record_seq", "import_id", "source"),
    *("model", "reward", "body", "created_at"),
)
_KEYS_PER_READ = 500
_JSON_BEGINS = frozenset('{["-0123456789tfn')
"""Most answers are prose: a failed attempt to parse costs more than this look."""


class NewRollout(NamedTuple):
    """One answer to add."""

    record_seq: int
    messages: bytes
    """JSON array of the answer's messages, usually one assistant turn."""
    model: str | None = None
    reward: float | None = None
    """Reward recorded with it, in [0, 1]."""


class StoredRollout(NamedTuple):
    """What is stored of one answer."""

    messages: bytes
    model: str | None
    reward: float | None


def add_rollouts(
    session: Session,
    dataset_id: str,
    rollouts: Sequence[NewRollout],
    *,
    source: RolloutSource = "imported",
    import_id: str | None = None,
) -> None:
    """Add answers to records of one dataset, in the order given."""
    first = reserve(session, "rollout", len(rollouts))
    now_ms = time.time_ns() // 1_000_000
    rows = [
        (seq, dataset_id, new.record_seq, import_id, source, new.model, new.reward, new.messages)
        for seq, new in enumerate(rollouts, first)
    ]
    insert_rows(session, "rollout", _COLUMNS, [(*row, now_ms) for row in rows])


def has_earlier(session: Session, dataset_id: str, import_id: str) -> bool:
    """Whether another import brought rollouts before."""
    query = select(RolloutRow.seq).where(
        col(RolloutRow.dataset_id) == dataset_id, col(RolloutRow.import_id) != import_id
    )
    return session.exec(query.limit(1)).first() is not None


def find_earlier(
    session: Session, dataset_id: str, import_id: str, record_seqs: Iterable[int]
) -> set[tuple[int, str | None, bytes]]:
    """Record, model and messages of what other imports brought for some records."""
    seqs = sorted(set(record_seqs))
    found: set[tuple[int, str | None, bytes]] = set()
    for start in range(0, len(seqs), _KEYS_PER_READ):
        query = select(RolloutRow.record_seq, RolloutRow.model, RolloutRow.body).where(
            col(RolloutRow.dataset_id) == dataset_id,
            col(RolloutRow.import_id) != import_id,
            col(RolloutRow.record_seq).in_(seqs[start : start + _KEYS_PER_READ]),
        )
        found.update((seq, model, bytes(body)) for seq, model, body in session.exec(query))
    return found


def find_newest(session: Session, dataset_id: str) -> int:
    """Key of the newest rollout, 0 without any: rollouts are only ever added."""
    newest = select(func.max(RolloutRow.seq)).where(col(RolloutRow.dataset_id) == dataset_id)
    return session.exec(newest).one() or 0


def count_rollouts(session: Session, dataset_id: str) -> int:
    """How many rollouts were imported or sampled."""
    count = select(func.count()).where(col(RolloutRow.dataset_id) == dataset_id)
    return session.exec(count).one()


class Answered(NamedTuple):
    """A record that has something to grade."""

    seq: int
    topic_id: int | None
    has_output: bool
    """Whether it has a recorded answer of its own."""


_ANSWERED = (
    "WITH answered AS (SELECT DISTINCT record_seq FROM rollout WHERE dataset_id = :dataset_id "
    "AND source = 'imported') "
    "SELECT r.seq, r.topic_id, (rb.seq IS NOT NULL OR t.num_messages > r.turn) AS has_output, "
    "a.record_seq IS NOT NULL AS has_rollouts FROM record r "
    "LEFT JOIN trace t ON t.seq = r.trace_seq LEFT JOIN record_body rb ON rb.seq = r.seq "
    "LEFT JOIN answered a ON a.record_seq = r.seq WHERE r.dataset_id = :dataset_id"
)


def iterate_answered(
    session: Session, dataset_id: str, seqs: Sequence[int] | None = None
) -> Iterator[Answered]:
    """Records with a recorded answer or imported rollouts, in any order.

    Archived and invalid ones are among them.

    Args:
        session: Any.
        dataset_id: Of which dataset.
        seqs: A few record keys to look at; `None` for all.
    """
    some = "" if seqs is None else f" AND r.seq IN ({', '.join(map(str, map(int, seqs)))})"
    if some.endswith("()"):
        return
    rows = session.connection().execute(text(_ANSWERED + some), {"dataset_id": dataset_id})
    for seq, topic_id, has_output, has_rollouts in rows:
        if has_output or has_rollouts:
            yield Answered(seq, topic_id, bool(has_output))


def list_keys(
    session: Session,
    dataset_id: str,
    record_seqs: Sequence[int],
    source: RolloutSource | None = None,
) -> dict[int, list[int]]:
    """Keys of the rollouts of some records, oldest first; of one source where it is named."""
    is_wanted = true() if source is None else col(RolloutRow.source) == source
    keys: dict[int, list[int]] = {}
    for start in range(0, len(record_seqs), _KEYS_PER_READ):
        rows = session.exec(
            select(RolloutRow.record_seq, RolloutRow.seq)
            .where(col(RolloutRow.dataset_id) == dataset_id)
            .where(col(RolloutRow.record_seq).in_(record_seqs[start : start + _KEYS_PER_READ]))
            .where(is_wanted)
            .order_by(col(RolloutRow.record_seq), col(RolloutRow.seq))
        )
        for record_seq, seq in rows:
            keys.setdefault(record_seq, []).append(seq)
    return keys


def load_rollouts(session: Session, dataset_id: str, keys: Sequence[RolloutKey]) -> list[Rollout]:
    """The answers with their records, in the order of `keys`; without messages where none is."""
    seqs = {key.record_seq for key in keys}
    records = {
        record.seq: _Parsed(record) for record in iterate_record_bytes(session, dataset_id, seqs)
    }
    stored = read_rollouts(session, [key.rollout_seq for key in keys])
    return [_to_rollout(key, records.get(key.record_seq), stored) for key in keys]


def read_rollouts(session: Session, seqs: Iterable[int | None]) -> dict[int, StoredRollout]:
    """Stored answers by key."""
    wanted = [seq for seq in seqs if seq is not None]
    found: dict[int, StoredRollout] = {}
    for start in range(0, len(wanted), _KEYS_PER_READ):
        rows = session.exec(
            select(RolloutRow.seq, RolloutRow.body, RolloutRow.model, RolloutRow.reward).where(
                col(RolloutRow.seq).in_(wanted[start : start + _KEYS_PER_READ])
            )
        )
        found |= {row[0]: StoredRollout(*row[1:]) for row in rows}
    return found


class _Parsed:
    """A record as a grader sees it; parsed once for all its rollouts."""

    def __init__(self, record: RecordBytes) -> None:
        messages: list[Json] = msgspec.json.decode(record.messages)
        self.output = messages[record.turn : record.turn + 1]
        self.reward = record.reward
        self.metadata: Json = msgspec.json.decode(record.metadata) if record.metadata else {}
        self.fields: Json = {
            "id": record_id(record.seq),
            "messages": messages[: record.turn],
            "tools": msgspec.json.decode(record.tools) if record.tools else [],
            "topic": record.topic,
            "reference": record.reference,
        }


def _to_rollout(
    key: RolloutKey, record: _Parsed | None, stored: Mapping[int, StoredRollout]
) -> Rollout:
    if record is None:
        return Rollout(key, make_sample((), None), {})
    messages, model, reward = record.output, None, record.reward
    if key.rollout_seq is not None:
        kept = stored.get(key.rollout_seq) or StoredRollout(b"[]", None, None)
        messages, model, reward = msgspec.json.decode(kept.messages), kept.model, kept.reward
    sample = make_sample(messages, None)
    sample["output_json"] = parse_output(sample["output_text"])
    is_imported = key.rollout_seq is not None
    item = make_item(record.metadata, record.fields, reward, is_imported=is_imported)
    return Rollout(key, sample, item, model)


def parse_output(output_text: str) -> Any:  # noqa: ANN401  # JSON
    """An answer's text as JSON; `None` where it is not."""
    if output_text.lstrip()[:1] not in _JSON_BEGINS:
        return None
    try:
        return msgspec.json.decode(output_text)
    except (msgspec.DecodeError, RecursionError):
        return None
