"""The list of all stored traces: filters and keyset pages."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import reflex as rx
from sqlmodel import Session

from rft_app.domain.trace import TraceStatus
from rft_app.domain.trace_page import TraceFilter, TracePage, TraceSummary
from rft_app.errors import RftError
from rft_app.services import traces as use_cases
from rft_app.services.search_jobs import start_trace_index
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.paging import Paging
from rft_app.ui.words import ago, count, latency

PAGE_SIZE = 50
ANY = "any"
UNKNOWN = "–"
RANGES = {
    "24h": (timedelta(hours=24), "last 24 hours"),
    "7d": (timedelta(days=7), "last 7 days"),
    "30d": (timedelta(days=30), "last 30 days"),
}
TURNS = ("2", "3", "5")
STATUSES = {TraceStatus.OK: "ok", TraceStatus.ERROR: "failed"}
After = rx.event.EventCallback[()] | None
"""The event that follows a change of the list, if any."""


@dataclass(frozen=True)
class TraceLine:
    """One trace of the list."""

    id: str
    title: str
    has_title: bool
    facts: str
    prompt: str
    moment: str
    exact_moment: str
    dataset: str
    model: str
    turns: str
    tools: str
    tokens: str
    latency: str
    source: str
    outcome: str
    """Empty for a call that was answered."""
    calls: str
    """How many calls it stands for, as the last of its conversation; empty for one alone."""

    @classmethod
    def of(cls, trace: TraceSummary) -> "TraceLine":
        """Build the line."""
        moment = datetime.fromtimestamp(trace.recorded_at / 1000, UTC)
        tools = count(trace.num_tools, "tool") if trace.num_tools else "no tools"
        turns = count(trace.num_user_turns, "turn")
        outcome = ""
        if trace.status is TraceStatus.ERROR:
            outcome = "failed"
        elif not trace.has_response:
            outcome = "no answer"
        calls = count(trace.num_earlier + 1, "call") if trace.num_earlier else ""
        facts = [trace.model or "model unknown", turns, tools, calls, outcome]
        return cls(
            id=trace.id,
            title=trace.title or "No user message",
            has_title=bool(trace.title),
            facts=" · ".join(filter(None, facts)),
            prompt=trace.system_prompt,
            moment=ago(moment),
            exact_moment=f"{moment:%Y-%m-%d %H:%M} UTC",
            dataset=trace.dataset_name or f"{trace.source} over OTLP",
            model=trace.model or UNKNOWN,
            turns=f"{trace.num_user_turns:,}",
            tools=f"{trace.num_tools:,}",
            tokens=_describe_tokens(trace),
            latency=UNKNOWN if trace.latency_ms is None else latency(trace.latency_ms),
            source=trace.source,
            outcome=outcome,
            calls=calls,
        )


def _describe_tokens(trace: TraceSummary) -> str:
    """Given and answered; what is unknown is a dash, never a 0."""
    numbers = (trace.input_tokens, trace.output_tokens)
    if numbers == (None, None):
        return UNKNOWN
    return " → ".join(UNKNOWN if number is None else f"{number:,}" for number in numbers)


@dataclass(frozen=True)
class Choice:
    """One option of a menu, with how many traces it has."""

    value: str
    label: str


@dataclass(frozen=True)
class WantedTraces:
    """What the controls say."""

    search: str = ""
    period: str = ANY
    model: str = ANY
    turns: str = ANY
    has_response: bool = False
    source: str = ANY
    status: str = ANY

    @property
    def is_filtered(self) -> bool:
        """Whether any control narrows the list."""
        return self != WantedTraces()

    def to_filter(self, now: datetime, last_key: int) -> TraceFilter:
        """The filter that services take.

        Example:
            >>> wanted = WantedTraces(period="24h", turns="2")
            >>> found = wanted.to_filter(datetime(1970, 1, 2, tzinfo=UTC), 9)
            >>> found.since, found.min_turns, found.model, found.last_key
            (0, 2, None, 9)
        """
        since = None
        if self.period in RANGES:
            since = int((now - RANGES[self.period][0]).timestamp() * 1000)
        return TraceFilter(
            search=self.search.strip(),
            since=since,
            model=None if self.model == ANY else self.model,
            min_turns=0 if self.turns == ANY else int(self.turns),
            has_response=True if self.has_response else None,
            source=None if self.source == ANY else self.source,
            status=None if self.status == ANY else TraceStatus(self.status),
            last_key=last_key,
        )


_Counts = list[tuple[str, int]]


def _to_choices(numbers: _Counts) -> list[Choice]:
    return [Choice(name, f"{name} ({number:,})") for name, number in numbers]


class TraceList(Paging, mixin=True):
    """The list of whoever mixes this in."""

    traces: list[TraceLine] = []
    wanted: WantedTraces = WantedTraces()
    models: list[Choice] = []
    sources: list[Choice] = []
    num_stored: int = 0
    num_matching: int = 0
    is_listing: bool = True
    trace_fault: str = ""
    position: str = ""
    search_note: str = ""
    """What a search does not look at yet; empty when it looks at all."""
    num_clears: int = 0
    """Forces the search box to be drawn anew."""
    _filter: TraceFilter = TraceFilter()
    _last_key: int = 0

    @rx.var
    def is_filtered(self) -> bool:
        """Whether a filter is set."""
        return self.wanted.is_filtered

    @rx.var
    def matching_words(self) -> str:
        """Counts beside "Select all"."""
        return f"Matching: {self.num_matching:,} of {self.num_stored:,}"

    async def _open_list(self) -> None:
        """Load the first page, the models and the counts."""
        self.is_listing, self.trace_fault = True, ""
        if await self._count_stored():
            await self._list_anew()

    async def _count_stored(self) -> bool:
        """Count what is stored by now and fill the menus; false where that failed."""

        def read(session: Session) -> tuple[int, int, _Counts, _Counts, bool]:
            last_key = use_cases.find_last_key(session)
            number = use_cases.count_traces(session, TraceFilter(last_key=last_key))
            is_behind = use_cases.is_search_behind(session)
            menus = use_cases.list_models(session), use_cases.list_sources(session)
            return last_key, number, *menus, is_behind

        try:
            self._last_key, self.num_stored, models, sources, is_behind = await ask(read)
            if is_behind:
                await tell(start_trace_index)
        except RftError as error:
            self.trace_fault, self.is_listing = error.message, False
            return False
        self.models, self.sources = _to_choices(models), _to_choices(sources)
        return True

    async def _list_anew(self, cursors: list[str] | None = None) -> None:
        """Count and list what the controls ask for now, from the first page on unless told."""
        wanted = self.wanted.to_filter(datetime.now(UTC), self._last_key)

        def look(session: Session) -> tuple[TraceFilter, int]:
            bounded = use_cases.bound_search(session, wanted)
            return bounded, use_cases.count_traces(session, bounded)

        self._forget()
        try:
            self._filter, self.num_matching = await ask(look)
        except RftError as error:
            self.trace_fault, self.is_listing = error.message, False
            return
        await self._turn_to(cursors or [])

    async def _turn_to(self, cursors: list[str]) -> None:
        wanted, cursor = self._filter, cursors[-1] if cursors else None
        try:
            page = await ask(
                lambda session: use_cases.list_traces(
                    session, wanted, cursor=cursor, limit=PAGE_SIZE
                )
            )
        except RftError as error:
            self.trace_fault, self.is_listing = error.message, False
            return
        self._show_traces(page, cursors)

    def _show_traces(self, page: TracePage, cursors: list[str]) -> None:
        self.traces = [TraceLine.of(row) for row in page.rows]
        self._turned(cursors, page.next_cursor)
        first = len(cursors) * PAGE_SIZE
        self.position = f"{first + 1:,}–{first + len(page.rows):,}" if page.rows else "0"
        self.is_listing, self.trace_fault = False, ""
        behind = count(page.num_unsearched, "trace")
        self.search_note = (
            f"Search does not know the newest {behind} yet; they are being indexed."
            if page.num_unsearched
            else ""
        )

    async def _narrow(self, wanted: WantedTraces) -> After:
        self.wanted = wanted
        await self._list_anew()
        return self._listed()

    def _forget(self) -> None:
        """Let go of what belonged to the rows before, when the list begins anew."""

    def _listed(self) -> After:
        """What follows when the list began anew."""

    @rx.event
    async def refresh_traces(self) -> After:
        """List what is stored by now."""
        await self._open_list()
        return self._listed()

    @rx.event
    async def search_traces(self, text: str) -> After:
        """Search in all that the traces say."""
        return await self._narrow(replace(self.wanted, search=text))

    @rx.event
    async def choose_period(self, value: str) -> After:
        """Filter by time."""
        return await self._narrow(replace(self.wanted, period=value))

    @rx.event
    async def choose_model(self, value: str) -> After:
        """Filter by the model that answered."""
        return await self._narrow(replace(self.wanted, model=value))

    @rx.event
    async def choose_source(self, value: str) -> After:
        """Filter by where traces came from."""
        return await self._narrow(replace(self.wanted, source=value))

    @rx.event
    async def choose_status(self, value: str) -> After:
        """Filter by how the call ended."""
        return await self._narrow(replace(self.wanted, status=value))

    @rx.event
    async def choose_turns(self, value: str) -> After:
        """Filter by the least number of turns."""
        return await self._narrow(replace(self.wanted, turns=value))

    @rx.event
    async def set_has_response(self, wanted: bool) -> After:
        """Leave out traces without an answer."""
        return await self._narrow(replace(self.wanted, has_response=wanted))

    @rx.event
    async def clear_trace_filters(self) -> After:
        """List everything."""
        self.num_clears += 1
        return await self._narrow(WantedTraces())
