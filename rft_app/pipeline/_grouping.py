"""Group records by what their users want, in memory that does not grow with their number.

Up to `SAMPLED` records are embedded and clustered; all others get the nearest centre, chunk by
chunk.  Kept per record are a label and a confidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rft_app.domain.topic import SURE
from rft_app.jobs.context import JobContext
from rft_app.storage.session import reading
from rft_app.storage.topics import RecordKeys, read_user_texts
from rft_app.text.clusters import Clusters, find_clusters
from rft_app.text.features import TextFeatures
from rft_app.text.intent import extract_intent
from rft_app.text.naming import TopicName, name_topics

SAMPLED = 50_000
EMBEDDED_AT_ONCE = 256
READ_AT_ONCE = 2048
MIN_NAMING_TEXTS = 5


@dataclass(frozen=True)
class Grouping:
    """Where every record belongs."""

    names: tuple[TopicName, ...]
    labels: NDArray[np.int32]
    """Shape `[records]`: index into `names`."""
    confidences: NDArray[np.float32]


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

    def run(self, *, num_groups: int | None, seed: int) -> Grouping:
        """Find groups, name them, and give every record one.

        Raises:
            JobCancelledError: Somebody asked to stop; nothing was written.
        """
        sampled = self._sample(seed)
        texts = self._read_intents(sampled)
        self._features.fit(texts)
        vectors = self._embed(texts)
        self._report("Finding topics")
        clusters = find_clusters(vectors, num_groups=num_groups, seed=seed)
        groups = clusters.assign(vectors)
        names = name_topics(_pick_naming_texts(texts, groups.labels, groups.confidences, clusters))
        labels = np.zeros(len(self._keys.seqs), dtype=np.int32)
        confidences = np.zeros(len(labels), dtype=np.float32)
        labels[sampled], confidences[sampled] = groups.labels, groups.confidences
        self._assign_rest(sampled, clusters, labels, confidences)
        originals = self._keys.originals
        return Grouping(names, labels[originals], confidences[originals])

    def _sample(self, seed: int) -> NDArray[np.int64]:
        if len(self._distinct) <= SAMPLED:
            return self._distinct
        chance = np.random.default_rng(seed)
        return np.sort(chance.choice(self._distinct, SAMPLED, replace=False))

    def _assign_rest(
        self,
        sampled: NDArray[np.int64],
        clusters: Clusters,
        labels: NDArray[np.int32],
        confidences: NDArray[np.float32],
    ) -> None:
        rest = np.setdiff1d(self._distinct, sampled, assume_unique=True)
        for start in range(0, len(rest), READ_AT_ONCE):
            places = rest[start : start + READ_AT_ONCE]
            groups = clusters.assign(self._embed(self._read_intents(places)))
            labels[places], confidences[places] = groups.labels, groups.confidences

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
