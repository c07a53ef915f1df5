"""Divide the records of one topic among parts of it: named ones, or those that show themselves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from rft_app.domain.topic import TopicNode
from rft_app.errors import InvalidInputError
from rft_app.jobs.context import JobContext
from rft_app.pipeline._intents import read_intents
from rft_app.pipeline._placing import NUM_CHOICES, Leaf, Place, Placer
from rft_app.text.clusters import Clusters, find_clusters
from rft_app.text.features import TextFeatures
from rft_app.text.naming import name_topics

SAMPLED = 20_000
CHUNK = 1024


@dataclass(frozen=True)
class Division:
    """Parts, and the part of each record; `topic_id` of a place is the part's position."""

    children: tuple[TopicNode, ...]
    places: tuple[Place, ...]


def divide_by_names(
    context: JobContext,
    dataset_id: str,
    seqs: Sequence[int],
    children: Sequence[TopicNode],
    features: TextFeatures,
) -> Division:
    """Give each record to the named part that its words or its meaning are nearest to.

    Raises:
        JobCancelledError: Somebody asked to stop.
    """
    portraits = [Leaf(place, node, ()) for place, node in enumerate(children)]
    if features.name == "tfidf":
        texts = read_intents(context, dataset_id, _sample(seqs))
        features.fit([*texts, *(leaf.portrait for leaf in portraits)])
    placer = Placer(portraits, features)
    places: list[Place] = []
    for texts in _chunks(context, dataset_id, seqs):
        places += placer.place(texts)
        context.progress(len(places), len(seqs), f"{len(places):,} of {len(seqs):,} records placed")
    return Division(tuple(children), tuple(places))


def divide_by_wishes(
    context: JobContext,
    dataset_id: str,
    seqs: Sequence[int],
    features: TextFeatures,
    *,
    num_children: int | None,
    seed: int,
) -> Division:
    """Find and name the parts in what the records want.

    Raises:
        InvalidInputError: The records are too alike to be divided.
        JobCancelledError: Somebody asked to stop.
    """
    texts = read_intents(context, dataset_id, _sample(seqs))
    features.fit(texts)
    vectors = np.concatenate(
        [features.transform(texts[start : start + CHUNK]) for start in range(0, len(texts), CHUNK)]
    )
    clusters = find_clusters(vectors, num_groups=num_children, seed=seed)
    if clusters.num_groups == 1 and num_children is None:
        clusters = find_clusters(vectors, num_groups=2, seed=seed)
    if clusters.num_groups == 1:
        raise InvalidInputError(
            "These records all want the same, so nothing divides them. Name the parts yourself."
        )
    groups = clusters.assign(vectors)
    named = [
        [texts[place] for place in np.flatnonzero(groups.labels == number).tolist()]
        for number in range(clusters.num_groups)
    ]
    children = tuple(
        TopicNode(key=name.name, keywords=name.keywords) for name in name_topics(named)
    )
    places: list[Place] = []
    for part in _chunks(context, dataset_id, seqs):
        places += _rank(clusters, features, part)
        context.progress(len(places), len(seqs), f"{len(places):,} of {len(seqs):,} records placed")
    return Division(children, tuple(places))


def _rank(clusters: Clusters, features: TextFeatures, texts: Sequence[str]) -> list[Place]:
    ranked = clusters.rank(features.transform(texts), NUM_CHOICES)
    labels: list[list[int]] = ranked.labels.tolist()
    chances: list[list[float]] = ranked.confidences.astype(float).round(4).tolist()
    return [
        Place(label[0], chance[0], features.name, tuple(zip(label, chance, strict=True)))
        for label, chance in zip(labels, chances, strict=True)
    ]


def _sample(seqs: Sequence[int]) -> list[int]:
    if len(seqs) <= SAMPLED:
        return list(seqs)
    places = np.linspace(0, len(seqs) - 1, SAMPLED).astype(np.int64)
    return [seqs[place] for place in places.tolist()]


def _chunks(context: JobContext, dataset_id: str, seqs: Sequence[int]) -> Iterable[list[str]]:
    for start in range(0, len(seqs), CHUNK):
        yield read_intents(context, dataset_id, seqs[start : start + CHUNK])
