"""Tell which topic of a tree a text belongs to: by the topics' words, then by meaning.

Each way says how sure it is; a text goes on to the next way until one is sure, and else gets the
answer of the last.  A way that asks a model comes after these two.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rft_app.domain.topic import KEYWORD, SURE, TopicNode
from rft_app.text.clusters import Clusters
from rft_app.text.features import TextFeatures
from rft_app.text.keywords import KeywordMatcher

NUM_CHOICES = 3
ENOUGH_EXAMPLES = 8
"""From so many examples on a topic's own words say nothing more about where it lies."""


@dataclass(frozen=True)
class Leaf:
    """A topic that can take records, and what is known to belong there."""

    topic_id: int
    node: TopicNode
    examples: tuple[str, ...]
    """Texts of records in it."""

    @property
    def portrait(self) -> str:
        """Everything said of the topic, as one text."""
        path = self.node.key.replace("/", ", ")
        return ". ".join(filter(None, (path, self.node.description, ", ".join(self.node.keywords))))


@dataclass(frozen=True)
class Place:
    """Where a text belongs."""

    topic_id: int
    confidence: float
    method: str
    choices: tuple[tuple[int, float], ...]
    """The best topics with confidences, this one first."""


class Placer:
    """Places texts into the leaves of one tree; the same leaves and texts give the same places."""

    def __init__(self, leaves: Sequence[Leaf], features: TextFeatures) -> None:
        """Learn the leaves; `features` must be fitted."""
        self._leaves = leaves
        self._features = features
        self._matcher = KeywordMatcher(
            [leaf.node.keywords for leaf in leaves], [leaf.node.name for leaf in leaves]
        )
        self._clusters = Clusters(np.stack([self._find_centre(leaf) for leaf in leaves]))

    def place(self, texts: Sequence[str]) -> list[Place]:
        """One place per text, in order."""
        places = [self._by_words(text) for text in texts]
        unsure = [index for index, place in enumerate(places) if place is None]
        by_meaning = self._by_meaning([texts[index] for index in unsure])
        found = dict(zip(unsure, by_meaning, strict=True))
        return [place or found[index] for index, place in enumerate(places)]

    def _by_words(self, text: str) -> Place | None:
        """The place, where words alone are sure of it."""
        ranked = self._matcher.rank(text)[:NUM_CHOICES]
        if not ranked or ranked[0][1] < SURE:
            return None
        return self._to_place([(index, sure) for index, sure in ranked], KEYWORD)

    def _by_meaning(self, texts: Sequence[str]) -> list[Place]:
        if not texts:
            return []
        ranked = self._clusters.rank(self._features.transform(texts), NUM_CHOICES)
        labels: list[list[int]] = ranked.labels.tolist()
        confidences: list[list[float]] = ranked.confidences.astype(float).round(4).tolist()
        return [
            self._to_place(list(zip(label, sure, strict=True)), self._features.name)
            for label, sure in zip(labels, confidences, strict=True)
        ]

    def _to_place(self, ranked: Sequence[tuple[int, float]], method: str) -> Place:
        choices = tuple((self._leaves[index].topic_id, sure) for index, sure in ranked)
        return Place(choices[0][0], choices[0][1], method, choices)

    def _find_centre(self, leaf: Leaf) -> NDArray[np.float32]:
        """The mean direction of its examples; of few, together with what is said of the topic."""
        texts = list(leaf.examples)
        if len(texts) < ENOUGH_EXAMPLES:
            texts.append(leaf.portrait)
        total = self._features.transform(texts).sum(axis=0)
        length = float(np.linalg.norm(total))
        return (total / max(length, 1e-12)).astype(np.float32)
