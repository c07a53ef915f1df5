"""Numbers and times in words, everywhere the same."""

from collections.abc import Mapping
from datetime import UTC, datetime

from rft_app.domain.record import SourceType
from rft_app.domain.words import HOUR, MINUTE
from rft_app.domain.words import count as count
from rft_app.domain.words import duration as duration
from rft_app.domain.words import share as share

DAY = 86_400


_SOURCES = {
    SourceType.TRACE: "traces",
    SourceType.UPLOAD: "uploads",
    SourceType.GENERATED: "generated",
    SourceType.CORRECTION: "corrections",
    SourceType.PREFERENCE: "preferences",
}


def sources(numbers: Mapping[SourceType, int]) -> str:
    """Where records come from, most frequent first.

    Example:
        >>> sources({SourceType.CORRECTION: 1, SourceType.TRACE: 3, SourceType.UPLOAD: 0})
        '75% traces · 25% corrections'
    """
    known = sorted(filter(numbers.get, numbers), key=lambda source: -numbers[source])
    total = sum(numbers.values())
    return " · ".join(f"{share(numbers[source] / total)} {_SOURCES[source]}" for source in known)


def reward(value: float | None) -> str:
    """A reward in two digits; none is a dash, never a zero.

    Example:
        >>> reward(0.417), reward(None)
        ('0.42', '–')
    """
    return "–" if value is None else f"{value:.2f}"


def dollars(value: float | None) -> str:
    """An amount of money; one that is not known is never a zero.

    Example:
        >>> dollars(1234.5), dollars(0.004), dollars(0.0), dollars(None)
        ('$1,234.50', '<$0.01', '$0', 'unknown')
    """
    if value is None:
        return "unknown"
    if 0 < value < 0.01:
        return "<$0.01"
    return f"${value:,.2f}" if value else "$0"


def dollar_range(low: float | None, high: float | None) -> str:
    """What something will cost, from the lowest to the highest estimate.

    Example:
        >>> dollar_range(0.38, 0.52), dollar_range(0.001, 0.02), dollar_range(None, None)
        ('$0.38–0.52', 'up to $0.02', 'unknown')
        >>> dollar_range(0.0, 0.0)
        'free'
    """
    if high == 0:
        return "free"
    first, last = dollars(low), dollars(high)
    if low is None or high is None or first == last:
        return first if low is None else last
    return f"up to {last}" if low < 0.01 else f"{first}–{last[1:]}"


def size(num_bytes: int) -> str:
    """Bytes in the unit people read; decimal, as in the limits: 1 GB is 1,000,000,000 bytes.

    Example:
        >>> size(900), size(24_300), size(2_400_000), size(5_000_000_000)
        ('900 B', '24 kB', '2.4 MB', '5 GB')
    """
    value, units = float(num_bytes), ["B", "kB", "MB", "GB", "TB"]
    while value >= 1000 and len(units) > 1:
        value /= 1000
        units.pop(0)
    text = f"{value:.1f}".removesuffix(".0") if units[0] not in {"B", "kB"} else f"{value:.0f}"
    return f"{text} {units[0]}"


def latency(milliseconds: float) -> str:
    """How long a call took.

    Example:
        >>> latency(0.4), latency(63.2), latency(1_840), latency(75_000)
        ('< 1 ms', '63 ms', '1.8 s', '1 min 15 s')
    """
    if milliseconds < 1:
        return "< 1 ms"
    return f"{milliseconds:.0f} ms" if milliseconds < 999.5 else duration(milliseconds / 1000)


def rough_duration(seconds: float) -> str:
    """An estimate, no finer than it deserves.

    Example:
        >>> rough_duration(3), rough_duration(48), rough_duration(154), rough_duration(9_000)
        ('5 s', '50 s', '3 min', '2 h 30 min')
    """
    if seconds < 55:
        return f"{max(5, 5 * round(seconds / 5))} s"
    if seconds < HOUR:
        return f"{max(1, round(seconds / MINUTE))} min"
    return duration(round(seconds / (10 * MINUTE)) * 10 * MINUTE)


def ago(moment: datetime, now: datetime | None = None) -> str:
    """How long ago something was.

    Example:
        >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
        >>> ago(datetime(2026, 1, 1, 11, 48, tzinfo=UTC), noon), ago(noon, noon)
        ('12 min ago', 'just now')
    """
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    seconds = ((now or datetime.now(UTC)) - aware).total_seconds()
    if seconds < 10:
        return "just now"
    if seconds < MINUTE:
        return f"{seconds:.0f} s ago"
    if seconds < HOUR:
        return f"{seconds / MINUTE:.0f} min ago"
    if seconds < DAY:
        return f"{seconds / HOUR:.0f} h ago"
    return f"{seconds / DAY:.0f} d ago"
