"""Use case: draw a sample from stored traces."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from sqlmodel import Session

from rft_app.domain.record_pick import apportion
from rft_app.domain.trace import trace_id
from rft_app.domain.trace_page import SampleKind, TraceSample, TraceSelection
from rft_app.errors import InvalidInputError
from rft_app.services.traces import bound_search
from rft_app.settings import get_settings
from rft_app.storage import trace_pages, trace_samples
from rft_app.text.clusters import find_clusters
from rft_app.text.features import choose_features

MAX_REPRESENTATIVE: Final = 2_000
"""Of one sample: their texts are compared by meaning, which takes milliseconds each."""
_COMPARED: Final = 4_000
_MAX_GROUPS: Final = 64


def draw_sample(session: Session, selection: TraceSelection) -> TraceSelection:
    """Name the traces of the selection's sample; a selection without one stays as it is.

    A representative sample takes seconds: ask for it outside of a unit of work.

    Raises:
        InvalidInputError: The selection names something that is no trace, or the sample is larger
            than one of its kind can be.
    """
    sample = selection.sample
    if sample is None or sample.num_from is not None:
        return selection
    if sample.kind is SampleKind.REPRESENTATIVE and sample.size > MAX_REPRESENTATIVE:
        raise InvalidInputError(
            f"A representative sample has at most {MAX_REPRESENTATIVE:,} traces. Draw a larger "
            "one at random or stratified."
        )
    bounded = bound_search(session, selection.filter)
    where = trace_pages.select_where(session, selection.model_copy(update={"filter": bounded}))
    number = trace_pages.count_where(session, where)
    size = min(sample.size, number)
    seqs = sorted(_draw(session, where, sample.model_copy(update={"size": size})))
    return TraceSelection(
        only=tuple(map(trace_id, seqs)),
        sample=sample.model_copy(update={"size": size, "num_from": number}),
    )


def _draw(session: Session, where: trace_pages.Where, sample: TraceSample) -> Sequence[int]:
    """Draw as many as there are at least."""
    if sample.kind is SampleKind.NEWEST:
        return trace_samples.read_newest(session, where, sample.size)
    if sample.kind is SampleKind.STRATIFIED:
        return _draw_stratified(session, where, sample)
    size = sample.size
    if sample.kind is SampleKind.REPRESENTATIVE:
        size = _COMPARED
    seqs = _pick(trace_samples.read_keys(session, where).tolist(), size, sample.seed)
    if sample.kind is SampleKind.RANDOM or len(seqs) <= sample.size:
        return seqs
    return _spread(seqs, trace_samples.read_titles(session, seqs), sample)


def _pick(seqs: Sequence[int], size: int, seed: int) -> list[int]:
    if len(seqs) <= size:
        return list(seqs)
    places = np.random.default_rng(seed).choice(len(seqs), size, replace=False)
    return [seqs[place] for place in sorted(places.tolist())]


def _draw_stratified(
    session: Session, where: trace_pages.Where, sample: TraceSample
) -> Sequence[int]:
    strata = trace_samples.read_strata(session, where)
    ordered = [strata[key] for key in sorted(strata, key=lambda key: (key[0] or "", key[1]))]
    sizes = apportion(dict(enumerate(map(len, ordered))), sample.size)
    return [
        seq
        for place, size in sizes.items()
        for seq in _pick(ordered[place], size, sample.seed + place)
    ]


def _spread(seqs: Sequence[int], titles: Sequence[str], sample: TraceSample) -> Sequence[int]:
    """Take from each group of alike texts, from its centre to its rim at equal steps."""
    features = choose_features(get_settings().text_features, sample.seed)
    features.fit(titles)
    vectors = features.transform(titles)
    num_groups = min(sample.size, _MAX_GROUPS)
    clusters = find_clusters(vectors, num_groups=num_groups, seed=sample.seed)
    groups = clusters.assign(vectors)
    chosen: list[int] = []
    for label, size in _share(np.bincount(groups.labels).tolist(), sample.size).items():
        members = np.flatnonzero(groups.labels == label)
        closeness = vectors[members] @ clusters.centres[label]
        ranked = members[np.argsort(-closeness, kind="stable")]
        chosen += [seqs[place] for place in ranked[np.arange(size) * len(ranked) // size].tolist()]
    return chosen


def _share(sizes: Sequence[int], number: int) -> dict[int, int]:
    """One from each group that has any; of the rest as large a share as the group has."""
    rest = {label: size - 1 for label, size in enumerate(sizes) if size}
    left = number - len(rest)
    shares = apportion(rest, left) if left else dict.fromkeys(rest, 0)
    return {label: 1 + share for label, share in shares.items()}
