"""Group unit vectors: k-means, the number of groups, and how sure each text is of its group."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportMissingTypeStubs=false, reportArgumentType=false
# scikit-learn ships no types, and guessed from its defaults they are wrong.

from dataclasses import dataclass
from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import AgglomerativeClustering, KMeans, MiniBatchKMeans
from sklearn.metrics import silhouette_score
from threadpoolctl import threadpool_limits

MAX_FOUND = 20
"""Most groups that are found by themselves; more must be asked for."""
SEARCH_TEXTS = 2000
MINI_BATCH_FROM = 20_000
START_TEXTS = 8000
"""The fewer the texts the more starting points are tried: few texts end more often in a poor place,
and the number of groups would then be found by luck."""
SHARPNESS = 3.0

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Groups:
    """Where each text belongs."""

    labels: NDArray[np.int32]
    """Shape `[texts]`, group number."""
    confidences: NDArray[np.float32]
    """Shape `[texts]`, in [0, 1]."""


@dataclass(frozen=True)
class Clusters:
    """The centres of the groups, largest group first."""

    centres: Vectors
    """Shape `[groups, dimensions]`, rows of length 1."""

    @property
    def num_groups(self) -> int:
        """How many groups there are, at least one."""
        return len(self.centres)

    def assign(self, vectors: Vectors) -> Groups:
        """Give each text its nearest centre.

        The confidence compares the cosine distances to the nearest and the second nearest centre,
        `d1 <= d2`: `1 / (1 + (d1 / d2) ** 3)`. It is the membership of fuzzy c-means with two
        centres: 0.5 half-way between them, 1.0 on its own centre, 0.7 where `d1` is three quarters
        of `d2`. The exponent makes the mean confidence match the share of right assignments where
        the truth is known. With one group every text is sure of it. A text that says nothing (a
        row of zeros) goes to the largest group with confidence 0.
        """
        distances = np.clip(1.0 - vectors @ self.centres.T, 0.0, 2.0)
        says_something = np.any(vectors, axis=1)
        labels = np.where(says_something, distances.argmin(axis=1), 0).astype(np.int32)
        confidences = np.where(says_something, _memberships(distances), 0.0).astype(np.float32)
        return Groups(labels=labels, confidences=confidences)

    def rank(self, vectors: Vectors, number: int = 3) -> Groups:
        """The nearest centres of each text, best first, and how likely each is.

        The first confidence is that of `assign`; the others compare their centre with the best.

        Returns:
            Labels and confidences of shape `[texts, min(number, groups)]`.
        """
        number = min(number, self.num_groups)
        distances = np.clip(1.0 - vectors @ self.centres.T, 0.0, 2.0)
        order = np.argsort(distances, axis=1, kind="stable")
        nearest = np.take_along_axis(distances, order[:, : max(2, number)], axis=1)
        if self.num_groups == 1:
            certain = np.any(vectors, axis=1, keepdims=True)
            return Groups(order.astype(np.int32), certain.astype(np.float32))
        rivals = np.repeat(nearest[:, :1], number, axis=1)
        rivals[:, 0] = nearest[:, 1]
        ratio = nearest[:, :number] / np.maximum(rivals, 1e-9)
        confidences = np.where(
            np.any(vectors, axis=1, keepdims=True), 1 / (1 + ratio**SHARPNESS), 0
        )
        return Groups(order[:, :number].astype(np.int32), confidences.astype(np.float32))

    def nest(self, depth: int) -> list[NDArray[np.int32]]:
        """Put groups under groups: for each level above the leaves, the branch of each group.

        Levels are cuts of one hierarchy (average linkage, cosine), so they nest. Each has about the
        same number of branches per branch above; levels that would not differ are left out.

        Args:
            depth: Levels wanted, the leaves included.
        """
        levels: list[NDArray[np.int32]] = []
        num_above = 1
        for level in range(1, depth):
            number = round(self.num_groups ** (level / depth))
            if number <= num_above or number * 2 > self.num_groups:
                continue
            fitted = AgglomerativeClustering(number, metric="cosine", linkage="average").fit(
                self.centres
            )
            levels.append(np.asarray(fitted.labels_, dtype=np.int32))
            num_above = number
        return levels


def _memberships(distances: NDArray[np.float32]) -> NDArray[np.float32]:
    if distances.shape[1] == 1:
        return np.ones(len(distances), dtype=np.float32)
    nearest = np.partition(distances, 1, axis=1)[:, :2]
    ratio = nearest[:, 0] / np.maximum(nearest[:, 1], 1e-9)
    return (1.0 / (1.0 + ratio**SHARPNESS)).astype(np.float32)


def find_clusters(vectors: Vectors, *, num_groups: int | None, seed: int) -> Clusters:
    """Find the centres; the same vectors and seed give the same ones.

    Args:
        vectors: Shape `[texts, dimensions]`, unit rows; rows of zeros take no part.
        num_groups: How many groups; `None` finds a number between 1 and `MAX_FOUND`. Never more
            than there are different texts.
        seed: Of the starting points.
    """
    said = vectors[np.any(vectors, axis=1)]
    different = np.unique(said.round(5), axis=0)
    if len(different) <= 1:
        return Clusters(centres=_unit(different if len(different) else vectors[:1]))
    with threadpool_limits(limits=1, user_api="openmp"):
        if num_groups is None:
            num_groups = _find_number(said, len(different), seed)
        num_groups = min(num_groups, len(different))
        centres = _unit(said.mean(axis=0, keepdims=True))
        if num_groups > 1:
            centres = _unit(_fit(said, num_groups, seed).cluster_centers_)
    return _largest_first(centres, said)


def _find_number(vectors: Vectors, num_different: int, seed: int) -> int:
    """The number of groups with the clearest borders by their silhouette.

    At most the root of half the texts: phrases that repeat would otherwise each be a group.
    """
    highest = min(MAX_FOUND, num_different - 1, isqrt(len(vectors) // 2))
    if highest < 2:
        return 1
    chance = np.random.default_rng(seed)
    if len(vectors) > SEARCH_TEXTS:
        vectors = vectors[np.sort(chance.choice(len(vectors), SEARCH_TEXTS, replace=False))]
    scores: dict[int, float] = {}
    for number in range(2, highest + 1):
        labels = _fit(vectors, number, seed).labels_
        if len(np.unique(labels)) == number:
            scores[number] = float(silhouette_score(vectors, labels, metric="cosine"))
    if not scores:
        return 1
    return max(scores, key=lambda number: (scores[number], -number))


def _fit(vectors: Vectors, num_groups: int, seed: int) -> Any:  # noqa: ANN401  # untyped library
    if len(vectors) >= MINI_BATCH_FROM:
        return MiniBatchKMeans(num_groups, n_init=3, batch_size=4096, random_state=seed).fit(
            vectors
        )
    num_starts = min(max(4, START_TEXTS // len(vectors)), 20)
    return KMeans(num_groups, n_init=num_starts, random_state=seed).fit(vectors)


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)


def _largest_first(centres: Vectors, vectors: Vectors) -> Clusters:
    sizes = np.bincount((vectors @ centres.T).argmax(axis=1), minlength=len(centres))
    order = np.lexsort((np.arange(len(centres)), -sizes))
    return Clusters(centres=centres[order[sizes[order] > 0]])
