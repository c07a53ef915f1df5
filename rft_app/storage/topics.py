"""Topics in the database: the tree, what records say, and how many are where."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlmodel import Session, col, select

from rft_app.domain.topic import TopicNode, TopicTree, ancestors
from rft_app.domain.topic_edit import TreeEdit
from rft_app.storage.bodies import split_body
from rft_app.storage.record_counts import count_facets
from rft_app.storage.record_plan import NO_TOPIC
from rft_app.storage.records import stream_cuts
from rft_app.storage.sequences import reserve
from rft_app.storage.tables import RecordRow, TopicChangeRow, TopicRow
from rft_app.storage.topic_changes import find_tree_row, save_records, write_rows
from rft_app.storage.turns import decode_turns

_BUFFERED = 10_000


@dataclass(frozen=True)
class RecordKeys:
    """The valid, current records of a dataset, ascending."""

    seqs: NDArray[np.int64]
    originals: NDArray[np.int64]
    """Positions: of the record that each one repeats, else its own."""


@dataclass(frozen=True)
class TrainableCounts:
    """How valid, current records that repeat no other spread over the leaves."""

    by_leaf: Mapping[str, int]
    """Every leaf is there, empty ones with 0."""
    num_without_topic: int


def read_record_keys(session: Session, dataset_id: str) -> RecordKeys:
    """Keys of all records that get a topic; sixteen bytes each."""
    statement = (
        select(RecordRow.seq, RecordRow.duplicate_of)
        .where(col(RecordRow.dataset_id) == dataset_id)
        .where(col(RecordRow.reason).is_(None), col(RecordRow.is_archived).is_(False))
        .order_by(col(RecordRow.seq))
        .execution_options(stream_results=True, max_row_buffer=_BUFFERED)
    )

    def read() -> Iterator[int]:
        for block in session.connection().execute(statement).partitions(_BUFFERED):
            for seq, duplicate_of in block:
                yield seq
                yield seq if duplicate_of is None else duplicate_of

    pairs = np.fromiter(read(), dtype=np.int64)
    seqs, repeated = pairs[::2].copy(), pairs[1::2]
    own = np.arange(len(seqs))
    if not len(seqs):
        return RecordKeys(seqs, own)
    places = np.searchsorted(seqs, repeated).clip(max=len(seqs) - 1)
    return RecordKeys(seqs, np.where(seqs[places] == repeated, places, own))


def read_user_texts(session: Session, dataset_id: str, seqs: Sequence[int]) -> list[list[str]]:
    """The user's messages of records given by ascending keys; those that are gone say nothing."""
    texts: dict[int, list[str]] = {}
    for seq, turn, _, body, _ in stream_cuts(session, dataset_id, seqs):
        turns = decode_turns(split_body(body).messages[:turn])
        texts[seq] = [message.text for message in turns if message.role == "user"]
    return [texts.get(seq, []) for seq in seqs]


def get_tree(session: Session, dataset_id: str) -> TopicTree:
    """All topics with the number of valid, current records in each or below it."""
    counts: dict[int, int] = {}
    for topic_id, facet, number in count_facets(session, dataset_id):
        if facet.reason is None:
            counts[topic_id] = counts.get(topic_id, 0) + number
    rows = list_rows(session, dataset_id)
    sums: dict[str, int] = {}
    for row in rows:
        for key in ancestors(row.key):
            sums[key] = sums.get(key, 0) + counts.get(row.id, 0)
    nodes = tuple(
        TopicNode(
            key=row.key,
            description=row.description,
            keywords=tuple(row.keywords),
            target_share=row.target_share,
            num_records=sums[row.key],
        )
        for row in rows
    )
    state = find_tree_row(session, dataset_id)
    return TopicTree(
        nodes=nodes,
        version=state.version,
        is_edited=state.is_edited,
        num_without_topic=counts.get(NO_TOPIC, 0),
    )


def count_trainable(session: Session, dataset_id: str) -> TrainableCounts:
    """Counts for coverage; without a scan."""
    counts: dict[int, int] = {}
    for topic_id, facet, number in count_facets(session, dataset_id):
        if facet.reason is None and not facet.is_duplicate:
            counts[topic_id] = counts.get(topic_id, 0) + number
    leaves = {leaf.key for leaf in get_tree(session, dataset_id).leaves}
    rows = list_rows(session, dataset_id)
    return TrainableCounts(
        by_leaf={row.key: counts.get(row.id, 0) for row in rows if row.key in leaves},
        num_without_topic=counts.get(NO_TOPIC, 0),
    )


def apply_edit(
    session: Session, change: TopicChangeRow, edit: TreeEdit, *, clears: bool = True
) -> dict[str, int]:
    """Make the tree what the edit says and move records along, by topic and not one by one.

    A topic keeps the id of its source with the most records, so that renaming and moving touch no
    record.  Counts are stale until `refresh_topic_counts` or `refresh_counts`.

    Args:
        session: A unit of work.
        change: Takes what was there before.
        edit: The tree to be.
        clears: Take topics that go from their records; else `clear_misplaced` has to.

    Returns:
        Ids by path.
    """
    dataset_id = change.dataset_id
    known = {row.key: row.id for row in list_rows(session, dataset_id)}
    sizes: dict[int, int] = {}
    for topic_id, _, number in count_facets(session, dataset_id):
        sizes[topic_id] = sizes.get(topic_id, 0) + number
    first_free = reserve(session, "topic", len(edit.topics))
    rows: list[dict[str, Any]] = []
    for place, topic in enumerate(edit.topics):
        sources = sorted((known[key] for key in topic.sources), key=lambda id_: -sizes.get(id_, 0))
        home = sources[0] if sources else first_free + place
        rows.append(_to_row(home, place, topic.node))
        for other in sources[1:]:
            move_topic_records(session, change, other, home)
    kept = {source for topic in edit.topics for source in topic.sources}
    gone = [topic_id for key, topic_id in known.items() if key not in kept]
    for topic_id in gone if clears else ():
        move_topic_records(session, change, topic_id, None)
    joined = [known[key] for topic in edit.topics for key in topic.sources[1:]]
    change.num_records = sum(sizes.get(topic_id, 0) for topic_id in (*joined, *gone))
    write_rows(session, dataset_id, rows)
    return {row["key"]: row["id"] for row in rows}


def move_topic_records(
    session: Session, change: TopicChangeRow, topic_id: int, to: int | None
) -> None:
    """Put all records of a topic into another one, or into none."""
    where = f"r.topic_id = {int(topic_id)}"
    if not save_records(session, change, where, to):
        return
    values = "topic_id = :to"
    if to is None:
        values += ", topic_confidence = NULL, topic_method = NULL"
    statement = text(
        f"UPDATE record SET {values} WHERE dataset_id = :dataset_id AND topic_id = :id"
    )
    session.connection().execute(
        statement, {"to": to, "dataset_id": change.dataset_id, "id": topic_id}
    )


def _to_row(topic_id: int, position: int, node: TopicNode) -> dict[str, Any]:
    return {
        "id": topic_id,
        "key": node.key,
        "description": node.description,
        "keywords": list(node.keywords),
        "target_share": node.target_share,
        "position": position,
    }


def hash_targets(session: Session, dataset_id: str) -> str:
    """Fingerprint of all targets."""
    return digest_targets([(row.key, row.target_share) for row in list_rows(session, dataset_id)])


def digest_targets(targets: Sequence[tuple[str, float | None]]) -> str:
    """The same of topics by path with their targets, in display order."""
    return blake2b(repr(list(targets)).encode(), digest_size=8).hexdigest()


def list_rows(session: Session, dataset_id: str) -> Sequence[TopicRow]:
    """The topics as stored, in display order."""
    statement = select(TopicRow).where(col(TopicRow.dataset_id) == dataset_id)
    return session.exec(statement.order_by(col(TopicRow.position), col(TopicRow.id))).all()
