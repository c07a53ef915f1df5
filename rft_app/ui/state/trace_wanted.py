"""What the controls of a list of traces say."""

from collections.abc import Container, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from rft_app.domain.trace import Rating, TraceStatus
from rft_app.domain.trace_page import TraceFilter

ANY = "any"
CUSTOM = "custom"
"""The period between two days."""
_PREFIX = "with_"
"""Of filters in an address."""
RANGES = {
    "24h": (timedelta(hours=24), "last 24 hours"),
    "7d": (timedelta(days=7), "last 7 days"),
    "30d": (timedelta(days=30), "last 30 days"),
}
TURNS = ("2", "3", "5")
STATUSES: Mapping[str, str] = {TraceStatus.OK: "ok", TraceStatus.ERROR: "failed"}
RATINGS: Mapping[str, str] = {Rating.GOOD: "good", Rating.BAD: "bad", Rating.NONE: "none"}
_CHOICES: Mapping[str, Container[str]] = {
    "period": {*RANGES, CUSTOM},
    "turns": TURNS,
    "status": STATUSES,
    "rating": RATINGS,
}
"""What controls offer that do not take every text."""
_DAYS = ("first_day", "last_day")
_DAY_MS = 86_400_000


@dataclass(frozen=True)
class WantedTraces:
    """The filters of a list."""

    search: str = ""
    period: str = ANY
    model: str = ANY
    source: str = ANY
    status: str = ANY
    rating: str = ANY
    tag: str = ANY
    key: str = ANY
    turns: str = ANY
    has_response: bool = False
    first_day: str = ""
    """Of the period between two days, `2026-11-22` (UTC); empty where it has no beginning."""
    last_day: str = ""
    """Belongs to the period; empty where it has no end."""

    @property
    def num_set(self) -> int:
        """Controls beside the search that narrow the list.

        Example:
            >>> WantedTraces(search="a", model="m", has_response=True).num_set
            2
        """
        unset = WantedTraces(search=self.search)
        names = [field.name for field in fields(self) if field.name not in _DAYS]
        return sum(getattr(self, name) != getattr(unset, name) for name in names)

    @property
    def is_filtered(self) -> bool:
        """Whether any control narrows the list."""
        return self != WantedTraces()

    def with_choice(self, name: str, value: str) -> "WantedTraces":
        """The filters with one control set; days belong to their period alone.

        Example:
            >>> wanted = WantedTraces(period=CUSTOM, last_day="2026-11-22")
            >>> wanted.with_choice("period", "7d").last_day
            ''
        """
        days = dict.fromkeys(_DAYS, "") if name == "period" else {}
        return replace(self, **{**days, name: value})

    @property
    def is_between_days(self) -> bool:
        """Whether the period is the one between two days."""
        return self.period == CUSTOM

    @property
    def days_fault(self) -> str:
        """What is wrong with the days; empty where nothing is."""
        first, last = _to_day(self.first_day), _to_day(self.last_day)
        is_wrong = first is not None and last is not None and last < first
        return "The last day is before the first." if is_wrong else ""

    def to_query(self) -> str:
        """The filters that are set, for the address of another page.

        Example:
            >>> WantedTraces(search="a b", source="gateway").to_query()
            'with_search=a+b&with_source=gateway'
        """
        unset = asdict(WantedTraces())
        kept = {name: value for name, value in asdict(self).items() if value != unset[name]}
        return urlencode({f"{_PREFIX}{name}": value for name, value in kept.items()})

    @classmethod
    def of_query(cls, parameters: Mapping[str, str]) -> "WantedTraces | None":
        """The filters that an address names; `None` where it names none.

        Example:
            >>> WantedTraces.of_query({"with_model": "m", "with_turns": "x"})
            WantedTraces(search='', period='any', model='m', source='any', status='any', rating='any', tag='any', key='any', turns='any', has_response=False, first_day='', last_day='')
        """  # noqa: E501  # one line of output
        found = {
            name: parameters[f"{_PREFIX}{name}"]
            for name in (field.name for field in fields(cls))
            if f"{_PREFIX}{name}" in parameters
        }
        has_response = found.pop("has_response", None) is not None
        known = {n: v for n, v in found.items() if n not in _CHOICES or v in _CHOICES[n]}
        return cls(**known, has_response=has_response) if found or has_response else None

    def to_filter(self, now: datetime, last_key: int) -> TraceFilter:
        """The filter that services take.

        Example:
            >>> from datetime import UTC
            >>> wanted = WantedTraces(period="24h", turns="2")
            >>> found = wanted.to_filter(datetime(1970, 1, 2, tzinfo=UTC), 9)
            >>> found.since, found.min_turns, found.model, found.last_key
            (0, 2, None, 9)
        """
        since = until = None
        if self.is_between_days:
            since, until = _to_ms(_to_day(self.first_day)), _to_ms(_to_day(self.last_day))
            until = None if until is None else until + _DAY_MS
        elif self.period in RANGES:
            since = int((now - RANGES[self.period][0]).timestamp() * 1000)
        return TraceFilter(
            search=self.search.strip(),
            since=since,
            until=until,
            model=_unless_any(self.model),
            min_turns=0 if self.turns == ANY else int(self.turns),
            has_response=True if self.has_response else None,
            source=_unless_any(self.source),
            status=None if self.status == ANY else TraceStatus(self.status),
            rating=None if self.rating == ANY else Rating(self.rating),
            tags=() if self.tag == ANY else (self.tag,),
            key=_unless_any(self.key),
            last_key=last_key,
        )


def _to_day(text: str) -> date | None:
    """A day as the browser's field gives it; `None` while it is not whole."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _to_ms(day: date | None) -> int | None:
    """The moment at which a day begins, in milliseconds since 1970, UTC."""
    if day is None:
        return None
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)


def _unless_any(value: str) -> str | None:
    return None if value == ANY else value
