"""Topics in the database: the tree, what records say, and how many are where."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, text
from sqlmodel import Session, col, select

from rft_app.domain.coverage import resolve_targets
from rft_app.domain.topic import TopicNode, TopicTree
from rft_app.errors import InvalidInputError
from rft_app.storage.bodies import split_body
from rft_app.storage.record_counts import count_facets
from rft_app.storage.record_plan import NO_TOPIC
from rft_app.storage.records import stream_cuts
from rft_app.storage.sequences import reserve
from rft_app.storage.tables import RecordRow, TopicRow
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
    """All topics with the number of valid, current records in each."""
    counts: dict[int, int] = {}
    for topic_id, facet, number in count_facets(session, dataset_id):
        if facet.reason is None:
            counts[topic_id] = counts.get(topic_id, 0) + number
    nodes = tuple(
        TopicNode(
            key=row.key,
            description=row.description,
            keywords=tuple(row.keywords),
            target_share=row.target_share,
            num_records=counts.get(row.id, 0),
        )
        for row in _list_rows(session, dataset_id)
    )
    return TopicTree(nodes=nodes, num_without_topic=counts.get(NO_TOPIC, 0))


def count_trainable(session: Session, dataset_id: str) -> TrainableCounts:
    """Counts for coverage; without a scan."""
    counts: dict[int, int] = {}
    for topic_id, facet, number in count_facets(session, dataset_id):
        if facet.reason is None and not facet.is_duplicate:
            counts[topic_id] = counts.get(topic_id, 0) + number
    leaves = {leaf.key for leaf in get_tree(session, dataset_id).leaves}
    rows = _list_rows(session, dataset_id)
    return TrainableCounts(
        by_leaf={row.key: counts.get(row.id, 0) for row in rows if row.key in leaves},
        num_without_topic=counts.get(NO_TOPIC, 0),
    )


def replace_tree(session: Session, dataset_id: str, nodes: Sequence[TopicNode]) -> list[int]:
    """Put a flat tree in the place of the one there; returns the ids in order.

    A topic that keeps its path keeps the target somebody set, unless the targets then no longer
    add up.  Records still point to the old topics until they are set or `forget_old_topics` ran.
    """
    targets = _carry_targets(session, dataset_id, [node.key for node in nodes])
    session.exec(delete(TopicRow).where(col(TopicRow.dataset_id) == dataset_id))
    first = reserve(session, "topic", len(nodes))
    for position, node in enumerate(nodes):
        session.add(
            TopicRow(
                id=first + position,
                dataset_id=dataset_id,
                key=node.key,
                description=node.description,
                keywords=list(node.keywords),
                target_share=targets.get(node.key),
                position=position,
            )
        )
    session.flush()
    return list(range(first, first + len(nodes)))


def forget_old_topics(session: Session, dataset_id: str) -> None:
    """Take topics that are no more from the records that still point to them."""
    statement = text(
        "UPDATE record SET topic_id = NULL, topic_confidence = NULL, topic_method = NULL "
        "WHERE dataset_id = :dataset_id AND topic_id IS NOT NULL "
        "AND topic_id NOT IN (SELECT id FROM topic WHERE dataset_id = :dataset_id)"
    )
    session.connection().execute(statement, {"dataset_id": dataset_id})


def set_targets(session: Session, dataset_id: str, targets: Mapping[str, float | None]) -> None:
    """Set the share that leaves should hold; leaves that are not named keep theirs."""
    for row in _list_rows(session, dataset_id):
        if row.key in targets:
            row.target_share = targets[row.key]
            session.add(row)
    session.flush()


def hash_targets(session: Session, dataset_id: str) -> str:
    """Fingerprint of all targets."""
    targets = [(row.key, row.target_share) for row in _list_rows(session, dataset_id)]
    return blake2b(repr(targets).encode(), digest_size=8).hexdigest()


def _carry_targets(
    session: Session, dataset_id: str, keys: Sequence[str]
) -> Mapping[str, float | None]:
    kept = {row.key: row.target_share for row in _list_rows(session, dataset_id)}
    targets = {key: kept.get(key) for key in keys}
    try:
        resolve_targets(keys, targets)
    except InvalidInputError:
        return {}
    return targets


def _list_rows(session: Session, dataset_id: str) -> Sequence[TopicRow]:
    statement = select(TopicRow).where(col(TopicRow.dataset_id) == dataset_id)
    return session.exec(statement.order_by(col(TopicRow.position), col(TopicRow.id))).all()
