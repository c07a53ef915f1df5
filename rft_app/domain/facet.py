"""Facets: everything low-cardinality that a filter asks of a record, packed into one integer.

A dataset of a million records has a few dozen facets.  A filter is answered by looking at those
few: each one matches wholly, not at all, or, at the edge of a reward range, in part.

    bit   13        12..9    8..6          5             4          3..0
          archived  reason   source type   is duplicate  has tools  reward bin

Members of `Reason` and `SourceType` are numbered by position: append, never reorder.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cache

from rft_app.domain.record import RecordFilter, SourceType
from rft_app.domain.validity import Reason

HAS_TOOLS = 1 << 4
DUPLICATE = 1 << 5
ARCHIVED = 1 << 13
"""Facets from here on belong to archived records."""

_SOURCE_SHIFT, _REASON_SHIFT = 6, 9
_SOURCES = tuple(SourceType)
_SOURCE_NUMBERS = {source: number for number, source in enumerate(_SOURCES)}
_REASONS: tuple[Reason | None, ...] = (None, *Reason)
_REASON_NUMBERS = {reason: number for number, reason in enumerate(_REASONS)}

_BOUNDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_EDGES = (0.0, *_BOUNDS, 1.0)
_NO_REWARD, _ZERO, _FIRST_INNER, _ONE = 0, 1, 2, 12


@dataclass(frozen=True, slots=True)
class Facet:
    """The unpacked form."""

    reason: Reason | None = None
    source_type: SourceType = SourceType.TRACE
    is_duplicate: bool = False
    has_tools: bool = False
    is_archived: bool = False
    reward_bin: int = _NO_REWARD

    def pack(self) -> int:
        """The integer stored with a record.

        Example:
            >>> Facet().pack(), Facet(has_tools=True, reward_bin=reward_bin(1.0)).pack()
            (0, 28)
        """
        return (
            self.reward_bin
            | (HAS_TOOLS if self.has_tools else 0)
            | (DUPLICATE if self.is_duplicate else 0)
            | _SOURCE_NUMBERS[self.source_type] << _SOURCE_SHIFT
            | _REASON_NUMBERS[self.reason] << _REASON_SHIFT
            | (ARCHIVED if self.is_archived else 0)
        )


@cache
def unpack(facet: int) -> Facet:
    """The opposite of `Facet.pack`.

    Example:
        >>> unpack(Facet(reason=Reason.TOO_LONG).pack()).reason
        <Reason.TOO_LONG: 'too_long'>
    """
    return Facet(
        reason=_REASONS[facet >> _REASON_SHIFT & 15],
        source_type=_SOURCES[facet >> _SOURCE_SHIFT & 7],
        is_duplicate=bool(facet & DUPLICATE),
        has_tools=bool(facet & HAS_TOOLS),
        is_archived=bool(facet & ARCHIVED),
        reward_bin=facet & 15,
    )


def reward_bin(reward: float | None) -> int:
    """Number of the bin: none, 0, (0, .1], (.1, .2] … (.9, 1), 1.

    Example:
        >>> [reward_bin(reward) for reward in (None, 0.0, 0.1, 0.11, 0.95, 1.0)]
        [0, 1, 2, 3, 11, 12]
    """
    if reward is None:
        return _NO_REWARD
    if reward <= 0.0:
        return _ZERO
    return _ONE if reward >= 1.0 else _FIRST_INNER + bisect_left(_BOUNDS, reward)


class Match(Enum):
    """How the records of one facet stand to a filter."""

    NONE = 0
    SOME = 1
    """The reward range ends inside the facet's bin: each record's reward must be compared."""
    ALL = 2


@dataclass(frozen=True, slots=True)
class FacetMatch:
    """A facet with records that pass a filter."""

    facet: int
    is_partial: bool
    """Whether each record's reward must be compared with the filter's range."""


def match_facets(present: Iterable[int], record_filter: RecordFilter) -> tuple[FacetMatch, ...]:
    """Those of a dataset's facets that the filter lets through; topic and search aside.

    Archived records match only a filter for deleted ones.

    Example:
        >>> facets = [Facet(reward_bin=reward_bin(reward)).pack() for reward in (0.15, 0.95)]
        >>> match_facets(facets, RecordFilter(min_reward=0.2))
        (FacetMatch(facet=3, is_partial=True), FacetMatch(facet=11, is_partial=False))
    """
    return tuple(
        FacetMatch(facet, is_partial=match is Match.SOME)
        for facet in sorted(set(present))
        if (match := match_facet(facet, record_filter)) is not Match.NONE
    )


def match_facet(facet: int, record_filter: RecordFilter) -> Match:
    """Whether the records of `facet` pass; topic and search aside."""
    known = unpack(facet)
    if known.is_archived is not record_filter.is_deleted:
        return Match.NONE
    if not _passes_flags(known, record_filter):
        return Match.NONE
    if record_filter.reasons and known.reason not in record_filter.reasons:
        return Match.NONE
    if record_filter.source_types and known.source_type not in record_filter.source_types:
        return Match.NONE
    return _match_reward(known.reward_bin, record_filter.min_reward, record_filter.max_reward)


def _passes_flags(known: Facet, record_filter: RecordFilter) -> bool:
    return (
        record_filter.is_valid in {None, known.reason is None}
        and record_filter.is_duplicate in {None, known.is_duplicate}
        and record_filter.has_tools in {None, known.has_tools}
    )


def _match_reward(number: int, low: float | None, high: float | None) -> Match:
    if low is None and high is None:
        return Match.ALL
    if number == _NO_REWARD:
        return Match.NONE
    low = 0.0 if low is None else low
    high = 1.0 if high is None else high
    if number in {_ZERO, _ONE}:
        value = 0.0 if number == _ZERO else 1.0
        return Match.ALL if low <= value <= high else Match.NONE
    above, upto = _EDGES[number - _FIRST_INNER : number - _FIRST_INNER + 2]
    if low > upto or high <= above or low > high:
        return Match.NONE
    return Match.ALL if low <= above and high >= upto else Match.SOME
