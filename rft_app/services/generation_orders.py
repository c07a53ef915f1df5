"""How many records each topic gets: by its gap, or by the records that were chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from rft_app.domain.coverage import percent, resolve_targets
from rft_app.domain.generation import (
    MAX_PER_RUN,
    GenerationSettings,
    TopicPlan,
    fill_gaps,
    find_allowed,
    share_out,
)
from rft_app.domain.record import RecordId, Selection, parse_record_id
from rft_app.domain.topic import TopicTree, is_within
from rft_app.domain.words import count
from rft_app.errors import ConflictError, InvalidInputError, NotFoundError
from rft_app.services.generation_units import TopicOrder
from rft_app.storage.candidates import count_pending_by_topic
from rft_app.storage.generation_sources import (
    TrainableTotals,
    count_totals,
    group_by_topic,
    select_sources,
)
from rft_app.storage.record_counts import select_selection
from rft_app.storage.record_plan import read_topic_keys
from rft_app.storage.records import read_groups, to_seqs
from rft_app.storage.topics import count_trainable, get_tree
from rft_app.strategies import STRATEGIES

MAX_SELECTED = 50_000
NO_SOURCE = "It has no record to start from; choose Topic description."
NO_TOOLS = "None of its records has tools."


@dataclass(frozen=True)
class Orders:
    """What to make by topic, as a person sees it and as the run needs it."""

    topics: tuple[TopicPlan, ...]
    orders: tuple[TopicOrder, ...]
    num_allowed: int | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Scene:
    """What both ways of planning look at."""

    session: Session
    dataset_id: str
    settings: GenerationSettings
    topic_ids: Mapping[str, int]
    counts: Mapping[str, int]
    """Trainable records by leaf; the empty path stands for no topic."""
    pending: Mapping[str, int]
    totals: TrainableTotals

    @property
    def num_pending(self) -> int:
        return sum(self.pending.values())

    @property
    def allowed(self) -> int | None:
        """By the largest synthetic share; what waits for review counts as generated."""
        waiting = self.num_pending
        return find_allowed(
            self.totals.num_records + waiting,
            self.totals.num_generated + waiting,
            self.settings.max_synthetic_ratio,
        )

    @property
    def limit(self) -> int:
        allowed = self.allowed
        return MAX_PER_RUN if allowed is None else min(allowed, MAX_PER_RUN)


def find_orders(
    session: Session, dataset_id: str, settings: GenerationSettings, selection: Selection | None
) -> Orders:
    """Plan by gap, or by selection.

    Raises:
        ConflictError: There are no topics whose gaps could be filled.
        InvalidInputError: No topic has the path given.
        NotFoundError: The dataset has not all records that are named.
    """
    tree = get_tree(session, dataset_id)
    scene = _look(session, dataset_id, settings, tree)
    if selection is None:
        return _by_gap(scene, tree)
    return _by_selection(scene, selection)


def _look(
    session: Session, dataset_id: str, settings: GenerationSettings, tree: TopicTree
) -> _Scene:
    keys = read_topic_keys(session, dataset_id)
    trainable = count_trainable(session, dataset_id)
    pending: dict[str, int] = {}
    for topic_id, number in count_pending_by_topic(session, dataset_id).items():
        key = keys.get(topic_id or 0, "")
        pending[key] = pending.get(key, 0) + number
    return _Scene(
        session=session,
        dataset_id=dataset_id,
        settings=settings,
        topic_ids={key: topic_id for topic_id, key in keys.items()},
        counts={**trainable.by_leaf, "": trainable.num_without_topic},
        pending=pending,
        totals=count_totals(session, dataset_id),
    )


def _by_gap(scene: _Scene, tree: TopicTree) -> Orders:
    leaves = [leaf.key for leaf in tree.leaves]
    if not leaves:
        raise ConflictError(
            "There are no topics whose gaps could be filled. Run Topics & Category first, or "
            "choose records to start from."
        )
    chosen = _choose_topics(scene.settings.topics, leaves)
    shares = resolve_targets(leaves, tree.targets)
    there = {key: scene.counts.get(key, 0) + scene.pending.get(key, 0) for key in leaves}
    wanted = fill_gaps(there, shares, None, chosen)
    granted = fill_gaps(there, shares, scene.limit, chosen)
    found = [_fill_topic(scene, key, wanted[key], granted[key]) for key in chosen]
    return Orders(
        topics=tuple(topic for topic, _ in found),
        orders=tuple(order for _, order in found),
        num_allowed=scene.allowed,
        notes=_notes(scene, sum(wanted.values())),
    )


def _choose_topics(wanted: tuple[str, ...] | None, leaves: list[str]) -> list[str]:
    if wanted is None:
        return leaves
    for key in wanted:
        if not any(is_within(leaf, key) for leaf in leaves):
            raise InvalidInputError(f"There is no topic {key!r}.", topic=key)
    return [leaf for leaf in leaves if any(is_within(leaf, key) for key in wanted)]


def _fill_topic(scene: _Scene, key: str, wanted: int, granted: int) -> tuple[TopicPlan, TopicOrder]:
    strategy = STRATEGIES.get(scene.settings.strategy)
    sources = select_sources(scene.session, scene.dataset_id, key, needs_tools=strategy.needs_tools)
    order = TopicOrder(scene.topic_ids.get(key), key, granted, sources)
    note = ""
    if strategy.needs_examples:
        order, note = _limit_by_sources(scene.settings, order, strategy.needs_source)
    if wanted and not len(sources) and strategy.needs_tools:
        note = NO_TOOLS
    current, waiting = scene.counts.get(key, 0), scene.pending.get(key, 0)
    topic = TopicPlan(
        key=key,
        current_count=current,
        num_pending=waiting,
        target_count=current + waiting + wanted,
        num_to_generate=order.count,
        num_sources=len(sources),
        note=note,
    )
    return topic, order


def _limit_by_sources(
    settings: GenerationSettings, order: TopicOrder, needs_source: bool
) -> tuple[TopicOrder, str]:
    num_sources = len(order.sources)
    if not num_sources:
        return replace(order, count=0), NO_SOURCE if order.count else ""
    if not needs_source:
        return order, ""
    most = num_sources * settings.variations_per_record
    if order.count <= most:
        return order, ""
    sources = count(num_sources, "record gives", "records give")
    note = f"Its {sources} {most:,} at {settings.variations_per_record} each."
    return replace(order, count=most), note


def _by_selection(scene: _Scene, selection: Selection) -> Orders:
    _require_there(scene, selection.only or ())
    seqs = select_selection(scene.session, scene.dataset_id, selection)
    groups, notes = _read_selected(scene, seqs)
    each = scene.settings.variations_per_record
    wanted = {key: len(group) * each for key, group in groups.items()}
    granted = share_out(wanted, scene.limit)
    topics = tuple(
        TopicPlan(
            key=key,
            current_count=scene.counts.get(key, 0),
            num_pending=scene.pending.get(key, 0),
            target_count=scene.counts.get(key, 0) + scene.pending.get(key, 0) + wanted[key],
            num_to_generate=granted[key],
            num_sources=len(group),
        )
        for key, group in groups.items()
    )
    orders = tuple(
        TopicOrder(scene.topic_ids.get(key), key, granted[key], np.array(group, dtype=np.int64))
        for key, group in groups.items()
    )
    more = _notes(scene, sum(wanted.values()))
    return Orders(topics, orders, scene.allowed, (*notes, *more))


def _require_there(scene: _Scene, ids: Sequence[RecordId]) -> None:
    there = read_groups(scene.session, scene.dataset_id, to_seqs(ids))
    unknown = [id_ for id_ in ids if parse_record_id(id_) not in there]
    if unknown:
        more = f" and {len(unknown) - 3:,} more" if len(unknown) > 3 else ""
        raise NotFoundError(
            f"This dataset has no record {', '.join(unknown[:3])}{more}.", ids=unknown[:100]
        )


def _read_selected(
    scene: _Scene, seqs: NDArray[np.int64]
) -> tuple[dict[str, list[int]], tuple[str, ...]]:
    """The usable records by path, and what a person should know of the others."""
    notes: list[str] = []
    if len(seqs) > MAX_SELECTED:
        notes.append(f"Of {len(seqs):,} chosen records {MAX_SELECTED:,} are used, by chance.")
        chance = np.random.default_rng(scene.settings.seed)
        seqs = np.sort(chance.choice(seqs, MAX_SELECTED, replace=False))
    strategy = STRATEGIES.get(scene.settings.strategy)
    by_id = group_by_topic(
        scene.session, scene.dataset_id, seqs.tolist(), needs_tools=strategy.needs_tools
    )
    if num_left := len(seqs) - sum(map(len, by_id.values())):
        which = "invalid or have no tools" if strategy.needs_tools else "invalid"
        notes.append(f"{num_left:,} of the chosen records are {which} and left out.")
    keys = {topic_id: key for key, topic_id in scene.topic_ids.items()}
    groups: dict[str, list[int]] = {}
    for topic_id, group in by_id.items():
        groups.setdefault(keys.get(topic_id or 0, ""), []).extend(group)
    return dict(sorted(groups.items())), tuple(notes)


def _notes(scene: _Scene, num_wanted: int) -> tuple[str, ...]:
    notes: list[str] = []
    allowed, ratio = scene.allowed, scene.settings.max_synthetic_ratio
    if allowed is not None and num_wanted > allowed:
        notes.append(
            f"{num_wanted:,} would be needed; a synthetic share of at most {percent(ratio)} "
            f"allows {allowed:,} more."
        )
    if num_wanted > MAX_PER_RUN and (allowed is None or allowed > MAX_PER_RUN):
        notes.append(f"One run makes at most {MAX_PER_RUN:,}; start another after it.")
    if scene.num_pending:
        waiting = count(scene.num_pending, "generated record waits", "generated records wait")
        notes.append(f"{waiting} for review and count as there.")
    return tuple(notes)
