"""From "so many records for this topic" to the calls that ask for them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from rft_app.domain.generation import MAX_PER_CALL, GenerationSettings, Unit
from rft_app.domain.record import Record, record_id
from rft_app.domain.topic import TopicTree
from rft_app.storage.records import get_record
from rft_app.strategies import Brief, Strategy

MAX_PART = 1000


@dataclass(frozen=True)
class TopicOrder:
    """What to make for one topic, and from what."""

    topic_id: int | None
    key: str
    count: int
    sources: NDArray[np.int64]


def make_units(
    strategy: Strategy[Any], settings: GenerationSettings, orders: Sequence[TopicOrder]
) -> list[Unit]:
    """The calls of a run; the same arguments give the same calls."""
    chance = np.random.default_rng(settings.seed)
    anywhere = np.concatenate([order.sources for order in orders] or [np.zeros(0, dtype=np.int64)])
    make = _from_sources if strategy.needs_source else _from_topic
    units: list[Unit] = []
    for order in orders:
        examples = order.sources if len(order.sources) else anywhere
        units.extend(make(strategy, settings, order, examples, chance))
    return units


def _from_sources(
    strategy: Strategy[Any],
    settings: GenerationSettings,
    order: TopicOrder,
    examples: NDArray[np.int64],
    chance: np.random.Generator,
) -> Iterator[Unit]:
    left = order.count
    for seq in chance.permutation(order.sources).tolist():
        wanted = min(left, settings.variations_per_record)
        for part, count in enumerate(_portions(wanted)):
            yield Unit(
                topic_id=order.topic_id,
                topic_key=order.key,
                source_seq=seq,
                count=count,
                part=part,
            )
        left -= wanted
        if not left:
            return


def _from_topic(
    strategy: Strategy[Any],
    settings: GenerationSettings,
    order: TopicOrder,
    examples: NDArray[np.int64],
    chance: np.random.Generator,
) -> Iterator[Unit]:
    per_call = min(settings.variations_per_record, MAX_PER_CALL)
    num_shown = min(strategy.num_examples, len(examples))
    for part, start in enumerate(range(0, order.count, per_call)):
        shown: list[int] = chance.permutation(examples)[:num_shown].tolist()
        yield Unit(
            topic_id=order.topic_id,
            topic_key=order.key,
            example_seqs=tuple(shown),
            count=min(per_call, order.count - start),
            part=part % MAX_PART,
        )


def _portions(count: int) -> list[int]:
    """A source's records in calls of at most `MAX_PER_CALL`, as even as possible.

    Example:
        >>> _portions(3), _portions(6), _portions(0)
        ([3], [3, 3], [])
    """
    num_calls = -(-count // MAX_PER_CALL)
    return [count // num_calls + (n < count % num_calls) for n in range(num_calls)]


def make_brief(
    session: Session,
    dataset_id: str,
    unit: Unit,
    *,
    objective: str,
    tree: TopicTree,
    preserve_intent: bool,
) -> Brief:
    """Everything that a call's prompt is made of."""
    topic = tree.find(unit.topic_key) if unit.topic_key else None

    def load(seq: int) -> Record:
        return get_record(session, dataset_id, record_id(seq))

    return Brief(
        objective=objective,
        topic=unit.topic_key,
        topic_description=topic.description if topic else "",
        keywords=topic.keywords if topic else (),
        source=None if unit.source_seq is None else load(unit.source_seq),
        examples=tuple(map(load, unit.example_seqs)),
        count=unit.count,
        preserve_intent=preserve_intent,
        part=unit.part,
    )
