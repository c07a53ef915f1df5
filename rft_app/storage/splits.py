"""The split of `rft_app.domain.split` over arrays: a million records in a second and 40 MB.

Arrays are dropped as soon as they are used, and positions take four bytes: this is where an export
needs the most memory.
"""

from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rft_app.domain.split import SplitRule

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Positions = NDArray[np.uint32]

_GOLDEN: Final = 0x9E3779B97F4A7C15
_MASK: Final = 0xFFFFFFFFFFFFFFFF


@dataclass(frozen=True, slots=True)
class SplitColumns:
    """What the rule reads of each record, ordered by record key."""

    groups: Ints
    topics: NDArray[np.int32]
    """0 for records without a topic; they are cut as one topic."""
    is_generated: Bools

    def pick(self, is_kept: Bools) -> "SplitColumns":
        """The same of some of the records."""
        return SplitColumns(self.groups[is_kept], self.topics[is_kept], self.is_generated[is_kept])


@dataclass(frozen=True, slots=True)
class _Groups:
    """The groups of a dataset, in any order."""

    sizes: Positions
    topics: NDArray[np.int32]
    is_pinned: Bools
    order: Positions
    """Sorts them by topic; in a topic, the pinned ones first, then by key."""


def find_test_side(columns: SplitColumns, rule: SplitRule) -> Bools:
    """Which records are on the test side.

    Whole groups and whole topics are decided together: the result depends on the set of records,
    the seed and the ratio only, never on the order of arrival within a group.
    """
    is_test = np.zeros(len(columns.groups), dtype=np.bool_)
    if len(is_test):
        order = np.argsort(columns.groups, kind="stable").astype(np.uint32)
        groups = _find_groups(columns, order, rule)
        is_test[order] = np.repeat(_cut(groups, rule.train_ratio), groups.sizes)
    return is_test


def _find_groups(columns: SplitColumns, order: Positions, rule: SplitRule) -> _Groups:
    """The groups of at least one record, given by the positions that sort it by group."""
    sorted_groups = columns.groups[order]
    begins = np.r_[True, sorted_groups[1:] != sorted_groups[:-1]]
    starts = np.flatnonzero(begins).astype(np.uint32)
    names = sorted_groups[starts]
    del sorted_groups, begins
    keys = order_keys(names, rule.seed)
    del names
    if rule.test_generated:
        is_pinned = np.zeros(len(starts), dtype=np.bool_)
    else:
        is_pinned = np.logical_or.reduceat(columns.is_generated[order], starts)
    topics = columns.topics[order[starts]]
    ranked = np.lexsort((keys, ~is_pinned, topics)).astype(np.uint32)
    del keys
    sizes = np.diff(starts, append=np.uint32(len(order)))
    return _Groups(sizes=sizes, topics=topics, is_pinned=is_pinned, order=ranked)


def order_keys(groups: Ints, seed: int) -> NDArray[np.uint64]:
    """Where each group stands in the order of its topic: SplitMix64 of group and seed.

    For one seed no two groups share a key.  Source: Steele, Lea and Flood, "Fast splittable
    pseudorandom number generators", 2014.
    """
    mixed = groups.astype(np.int64).view(np.uint64)  # a copy, mixed where it lies
    mixed += np.uint64((seed + 1) * _GOLDEN & _MASK)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed ^= mixed >> np.uint64(shift)
        mixed *= np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return mixed


def _cut(groups: _Groups, train_ratio: float) -> Bools:
    num_of_topics = np.unique(groups.topics, return_counts=True)[1].tolist()
    is_test = np.zeros(len(groups.order), dtype=np.bool_)
    for start, end in pairwise(accumulate(num_of_topics, initial=0)):
        inside = groups.order[start:end]
        num_pinned = int(groups.is_pinned[inside].sum())
        num_train = max(num_pinned, _nearest_cut(groups.sizes[inside], train_ratio))
        is_test[inside[num_train:]] = True
    return is_test


def _nearest_cut(sizes: Positions, train_ratio: float) -> int:
    """How many of the ordered groups come before the cut; of equally near cuts the latest."""
    ends = np.cumsum(sizes, dtype=np.uint32)
    wanted = train_ratio * int(ends[-1])
    num_below = int(np.searchsorted(ends, np.uint32(wanted), side="right"))
    if num_below == len(ends):
        return num_below
    below = int(ends[num_below - 1]) if num_below else 0
    return num_below + (int(ends[num_below]) - wanted <= wanted - below)
