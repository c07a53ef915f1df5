"""Group records by what their users want, in memory that does not grow with their number.

Up to `SAMPLED` records are embedded and clustered; all others get the nearest centre, chunk by
chunk.  Kept per record are a label and a confidence.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rft_app.domain.topic import SEPARATOR, SURE, TopicNode, ancestors
from rft_app.jobs.context import JobContext
from rft_app.storage.session import reading
from rft_app.storage.topics import RecordKeys, read_user_texts
from rft_app.text.clusters import Clusters, Groups, find_clusters
from rft_app.text.features import TextFeatures
from rft_app.text.intent import extract_intent
from rft_app.text.naming import name_topics

SAMPLED = 50_000
NUM_CHOICES = 3
EMBEDDED_AT_ONCE = 256
READ_AT_ONCE = 2048
MIN_NAMING_TEXTS = 5
OUTLINED = 12
"""Records that stand for each leaf of an outline, at most."""


@dataclass(frozen=True)
class Grouping:
    """Where every record belongs."""

    nodes: tuple[TopicNode, ...]
    """The whole tree, parents first."""
    leaves: tuple[str, ...]
    """Paths of the leaves by label."""
    choices: NDArray[np.int16]
    """Shape `[records, 1 to 3]`: labels of the best leaves, best first."""
    chances: NDArray[np.float32]
    """Same shape: their confidences."""

    @property
    def labels(self) -> NDArray[np.int16]:
        """Shape `[records]`: where each belongs."""
        return self.choices[:, 0]

    @property
    def confidences(self) -> NDArray[np.float32]:
        """Shape `[records]`: how sure that is."""
        return self.chances[:, 0]


@dataclass(frozen=True)
class Outline:
    """A tree that was found, without putting every record into it."""

    nodes: tuple[TopicNode, ...]
    examples: dict[str, tuple[tuple[int, float], ...]]
    """By leaf: keys of records that are surely in it, with their confidence, surest first."""
    shares: dict[str, float]
    """By leaf: its part of the records looked at."""


class Grouper:
    """One run over the records of a dataset."""

    def __init__(
        self, context: JobContext, dataset_id: str, keys: RecordKeys, features: TextFeatures
    ) -> None:
        self._context = context
        self._dataset_id = dataset_id
        self._keys = keys
        self._features = features
        own = np.arange(len(keys.seqs))
        self._distinct = own[keys.originals == own]
        self._num_embedded = 0

    def run(self, *, num_groups: int | None, seed: int, max_depth: int = 1) -> Grouping:
        """Find groups, name them, and give every record one.

        Raises:
            JobCancelledError: Somebody asked to stop; nothing was written.
        """
        sampled, texts, vectors, clusters = self._find(num_groups, seed)
        groups = clusters.assign(vectors)
        nodes, leaves = _name(texts, groups, clusters, max_depth)
        shape = (len(self._keys.seqs), min(NUM_CHOICES, clusters.num_groups))
        choices, chances = np.zeros(shape, dtype=np.int16), np.zeros(shape, dtype=np.float32)
        ranked = clusters.rank(vectors, NUM_CHOICES)
        choices[sampled], chances[sampled] = ranked.labels, ranked.confidences
        self._assign_rest(sampled, clusters, choices, chances)
        originals = self._keys.originals
        return Grouping(nodes, leaves, choices[originals], chances[originals])

    def outline(self, *, num_groups: int | None, seed: int, max_depth: int = 1) -> Outline:
        """Find and name groups, and which records stand for each; the others are not looked at.

        Raises:
            JobCancelledError: Somebody asked to stop.
        """
        sampled, texts, vectors, clusters = self._find(num_groups, seed)
        groups = clusters.assign(vectors)
        nodes, leaves = _name(texts, groups, clusters, max_depth)
        examples: dict[str, tuple[tuple[int, float], ...]] = {}
        for label, key in enumerate(leaves):
            members = np.flatnonzero((groups.labels == label) & (groups.confidences >= SURE))
            best = members[np.argsort(-groups.confidences[members], kind="stable")]
            examples[key] = tuple(
                (int(self._keys.seqs[sampled[place]]), round(float(groups.confidences[place]), 4))
                for place in best[:OUTLINED].tolist()
            )
        sizes = np.bincount(groups.labels, minlength=len(leaves)) / max(1, len(texts))
        shares = {key: float(sizes[label]) for label, key in enumerate(leaves)}
        return Outline(nodes, examples, shares)

    def _find(
        self, num_groups: int | None, seed: int
    ) -> tuple[NDArray[np.int64], list[str], NDArray[np.float32], Clusters]:
        sampled = self._sample(seed)
        texts = self._read_intents(sampled)
        self._features.fit(texts)
        vectors = self._embed(texts)
        self._report("Finding topics")
        return sampled, texts, vectors, find_clusters(vectors, num_groups=num_groups, seed=seed)

    def _sample(self, seed: int) -> NDArray[np.int64]:
        if len(self._distinct) <= SAMPLED:
            return self._distinct
        chance = np.random.default_rng(seed)
        return np.sort(chance.choice(self._distinct, SAMPLED, replace=False))

    def _assign_rest(
        self,
        sampled: NDArray[np.int64],
        clusters: Clusters,
        choices: NDArray[np.int16],
        chances: NDArray[np.float32],
    ) -> None:
        rest = np.setdiff1d(self._distinct, sampled, assume_unique=True)
        for start in range(0, len(rest), READ_AT_ONCE):
            places = rest[start : start + READ_AT_ONCE]
            ranked = clusters.rank(self._embed(self._read_intents(places)), NUM_CHOICES)
            choices[places], chances[places] = ranked.labels, ranked.confidences

    def _read_intents(self, places: NDArray[np.int64]) -> list[str]:
        texts: list[str] = []
        for start in range(0, len(places), READ_AT_ONCE):
            seqs: list[int] = self._keys.seqs[places[start : start + READ_AT_ONCE]].tolist()
            with reading() as session:
                messages = read_user_texts(session, self._dataset_id, seqs)
            texts.extend(map(extract_intent, messages))
            self._context.check_cancelled()
        return texts

    def _embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        parts: list[NDArray[np.float32]] = []
        for start in range(0, len(texts), EMBEDDED_AT_ONCE):
            part = texts[start : start + EMBEDDED_AT_ONCE]
            parts.append(self._features.transform(part))
            self._num_embedded += len(part)
            self._report(f"{self._num_embedded:,} of {len(self._distinct):,} records embedded")
        return np.concatenate(parts)

    def _report(self, label: str) -> None:
        self._context.progress(self._num_embedded, len(self._distinct), label)


def _name(
    texts: Sequence[str], groups: Groups, clusters: Clusters, max_depth: int
) -> tuple[tuple[TopicNode, ...], tuple[str, ...]]:
    """Name leaves and the branches above them; returns the tree and the leaves by label."""
    picked = _pick_naming_texts(texts, groups.labels, groups.confidences, clusters)
    names = name_topics(picked)
    levels = clusters.nest(max_depth)
    avoided = [name.name for name in names]
    paths = [""] * clusters.num_groups
    branches: dict[str, TopicNode] = {}
    above: list[int] = [0] * clusters.num_groups
    for level in levels:
        numbers: list[int] = level.tolist()
        sizes = Counter(numbers)
        wider = Counter(above)
        branch_names = name_topics(_join(picked, numbers), avoided)
        avoided += [name.name for name in branch_names]
        for label, number in enumerate(numbers):
            if sizes[number] in {1, wider[above[label]]}:
                continue  # a branch with one leaf, or with all of the one above, says nothing
            name = branch_names[number]
            paths[label] += name.name + SEPARATOR
            key = paths[label].removesuffix(SEPARATOR)
            branches[key] = TopicNode(key=key, keywords=name.keywords)
        above = numbers
    leaves = tuple(path + name.name for path, name in zip(paths, names, strict=True))
    keywords = {key: name.keywords for key, name in zip(leaves, names, strict=True)}
    return _order(leaves, keywords, branches), leaves


def _order(
    leaves: Sequence[str],
    keywords: Mapping[str, tuple[str, ...]],
    branches: Mapping[str, TopicNode],
) -> tuple[TopicNode, ...]:
    """All nodes, parents first; leaves come by label, the largest first, with their siblings."""
    children: dict[str, list[str]] = {}
    for leaf in leaves:
        for key in ancestors(leaf):
            siblings = children.setdefault(key.rpartition(SEPARATOR)[0], [])
            if key not in siblings:
                siblings.append(key)

    def walk(parent: str) -> Iterator[TopicNode]:
        for key in children.get(parent, ()):
            yield branches.get(key) or TopicNode(key=key, keywords=keywords[key])
            yield from walk(key)

    return tuple(walk(""))


def _join(texts_by_group: Sequence[list[str]], branches: Sequence[int]) -> list[list[str]]:
    """The texts of each branch."""
    joined: list[list[str]] = [[] for _ in range(max(branches) + 1)]
    for texts, branch in zip(texts_by_group, branches, strict=True):
        joined[branch].extend(texts)
    return joined


def _pick_naming_texts(
    texts: Sequence[str],
    labels: NDArray[np.int32],
    confidences: NDArray[np.float32],
    clusters: Clusters,
) -> list[list[str]]:
    """The texts of each group that are sure of it; all where those are few."""
    picked: list[list[str]] = []
    for group in range(clusters.num_groups):
        members = np.flatnonzero(labels == group)
        sure = members[confidences[members] >= SURE]
        chosen = sure if len(sure) >= MIN_NAMING_TEXTS else members
        places: list[int] = chosen.tolist()
        picked.append([texts[place] for place in places])
    return picked
