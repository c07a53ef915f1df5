"""When a row says that it happened."""

from datetime import UTC, datetime
from typing import Final

import msgspec

from rft_app.traces.line import Row, as_text

FIELDS: Final = ("timestamp", "start_time", "started_at", "created_at", "created")
_EARLIEST_MS: Final = 946_684_800_000
"""2000-01-01; an earlier moment is a counter or a mistake."""
_LATEST_MS: Final = 4_102_444_800_000
"""2100-01-01."""
_UNITS_MS: Final = (1000.0, 1.0, 1e-3, 1e-6)
"""A number counts seconds, milliseconds, microseconds or nanoseconds: one alone is in range."""
_decode_number: Final = msgspec.json.Decoder(float).decode


def find_moment(row: Row) -> int | None:
    """Milliseconds since 1970, UTC, of the first field that holds a moment; else nothing.

    Example:
        >>> find_moment({"created": msgspec.Raw(b"1763776800")})
        1763776800000
        >>> find_moment({"timestamp": msgspec.Raw(b'"2025-11-22T02:00:00Z"')})
        1763776800000
        >>> find_moment({"timestamp": msgspec.Raw(b"7")}) is None
        True
    """
    for name in FIELDS:
        raw = row.get(name)
        if raw is not None and (found := read_moment(raw)) is not None:
            return found
    return None


def read_moment(raw: msgspec.Raw) -> int | None:
    """Milliseconds since 1970, UTC, of a date or a number; else nothing."""
    first = memoryview(raw)[0]
    if first == ord('"'):
        return _read_text(as_text(raw) or "")
    if first not in b"0123456789":
        return None
    try:
        number = _decode_number(raw)
    except msgspec.DecodeError:
        return None
    for unit in _UNITS_MS:
        if _EARLIEST_MS <= number * unit <= _LATEST_MS:
            return round(number * unit)
    return None


def _read_text(text: str) -> int | None:
    """An ISO 8601 date; one without a zone is taken as UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    ms = round(aware.timestamp() * 1000)
    return ms if _EARLIEST_MS <= ms <= _LATEST_MS else None
