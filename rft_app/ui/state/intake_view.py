"""What arrives by itself, laid out: a chart of an hour, what was skipped, how to send."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rft_app.domain.intake import IntakeCount, Outcome
from rft_app.domain.intake_overview import IntakeMinute, IntakeOverview
from rft_app.services.intake_overview import NUM_MINUTES
from rft_app.ui.words import count

NUM_COLORS = 5
"""Sources with a colour of their own; the rarer ones share the last."""
_MINUTE_S = 60
_KEPT = frozenset({Outcome.CALL, Outcome.FEEDBACK})
"""Outcomes of what became a trace or a part of one."""


@dataclass(frozen=True)
class Part:
    """One source's part of a bar."""

    height: str
    """In per cent of the chart."""
    color: int


@dataclass(frozen=True)
class Bar:
    """One minute."""

    words: str
    parts: list[Part] = field(default_factory=list)


@dataclass(frozen=True)
class Source:
    """A line of the chart's legend."""

    name: str
    color: int
    number: str


@dataclass(frozen=True)
class Skip:
    """One reason why something did not become a trace."""

    number: str
    outcome: str
    source: str
    meaning: str


@dataclass(frozen=True)
class IntakeView:
    """Everything the panel shows of what arrived."""

    bars: list[Bar] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    summary: str = ""
    """The chart in words."""
    most: str = ""
    """Traces of the highest bar."""
    skips: list[Skip] = field(default_factory=list)
    has_arrived: bool = False
    """Whether anything came within the day."""


def view_intake(found: IntakeOverview) -> IntakeView:
    """Lay it out."""
    colors, sources = _color(found.minutes)
    total = sum(each.number for each in found.minutes)
    by_minute: dict[int, list[IntakeMinute]] = {}
    for each in found.minutes:
        by_minute.setdefault(each.minute, []).append(each)
    most = max((_sum(each) for each in by_minute.values()), default=0)
    first = found.this_minute - NUM_MINUTES + 1
    return IntakeView(
        bars=[
            _draw(minute, by_minute.get(minute, []), most, colors)
            for minute in range(first, found.this_minute + 1)
        ],
        sources=sources,
        summary=f"{count(total, 'trace')} in the last hour",
        most=f"{most:,}" if most else "",
        skips=[_describe(each) for each in found.counts if each.outcome not in _KEPT],
        has_arrived=bool(found.counts),
    )


def _sum(minutes: Sequence[IntakeMinute]) -> int:
    return sum(each.number for each in minutes)


def _color(minutes: Sequence[IntakeMinute]) -> tuple[dict[str, int], list[Source]]:
    """A colour for each source, the commonest first, and the legend."""
    totals: dict[str, int] = {}
    for each in minutes:
        totals[each.source] = totals.get(each.source, 0) + each.number
    ordered = sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))
    sources = [
        Source(name, min(place, NUM_COLORS - 1), f"{number:,}")
        for place, (name, number) in enumerate(ordered)
    ]
    return {each.name: each.color for each in sources}, sources


def _draw(
    minute: int, arrived: Sequence[IntakeMinute], most: int, colors: Mapping[str, int]
) -> Bar:
    moment = datetime.fromtimestamp(minute * _MINUTE_S, UTC)
    told = ", ".join(f"{each.number:,} {each.source}" for each in arrived) or "nothing"
    parts = [Part(f"{100 * each.number / most:.1f}%", colors[each.source]) for each in arrived]
    return Bar(f"{moment:%H:%M} UTC: {told}", parts)


def _describe(counted: IntakeCount) -> Skip:
    words = counted.outcome.value.replace("_", " ")
    return Skip(f"{counted.number:,}", words, counted.source, counted.outcome.meaning)
