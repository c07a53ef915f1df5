"""Choose traces from all that are stored: filters, keyset pages, rows or all that match."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import reflex as rx
from sqlmodel import Session

from rft_app.domain.trace import TraceId, TraceStatus
from rft_app.domain.trace_page import TraceFilter, TracePage, TraceSelection, TraceSummary
from rft_app.errors import RftError
from rft_app.services import traces as use_cases
from rft_app.services.search_jobs import start_trace_index
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.paging import Paging
from rft_app.ui.words import ago, count

PAGE_SIZE = 50
ANY = "any"
RANGES = {
    "24h": (timedelta(hours=24), "last 24 hours"),
    "7d": (timedelta(days=7), "last 7 days"),
    "30d": (timedelta(days=30), "last 30 days"),
}
TURNS = ("2", "3", "5")
After = rx.event.EventCallback[()] | None
"""The event that follows a change of the selection, if any."""


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

    @classmethod
    def of(cls, trace: TraceSummary) -> "TraceLine":
        """Build the line."""
        moment = datetime.fromtimestamp(trace.recorded_at / 1000, UTC)
        tools = count(trace.num_tools, "tool") if trace.num_tools else "no tools"
        turns = count(trace.num_user_turns, "turn")
        facts = [trace.model or "model unknown", turns, tools]
        if trace.status is TraceStatus.ERROR:
            facts.append("failed")
        elif not trace.has_response:
            facts.append("no answer")
        return cls(
            id=trace.id,
            title=trace.title or "No user message",
            has_title=bool(trace.title),
            facts=" · ".join(facts),
            prompt=trace.system_prompt,
            moment=ago(moment),
            exact_moment=f"{moment:%Y-%m-%d %H:%M} UTC",
            dataset=trace.dataset_name or f"{trace.source} over OTLP",
        )


@dataclass(frozen=True)
class ModelChoice:
    """One option of the model menu."""

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
            last_key=last_key,
        )


class TracePicker(Paging, mixin=True):
    """The traces tab of whoever mixes this in."""

    traces: list[TraceLine] = []
    wanted: WantedTraces = WantedTraces(has_response=True)
    models: list[ModelChoice] = []
    num_stored: int = 0
    num_matching: int = 0
    is_listing: bool = True
    trace_fault: str = ""
    position: str = ""
    search_note: str = ""
    """What a search does not look at yet; empty when it looks at all."""
    num_clears: int = 0
    """Forces the search box to be drawn anew."""
    takes_all: bool = False
    """Whether all that match are selected but for `named`; otherwise just `named`."""
    named: list[str] = []
    _filter: TraceFilter = TraceFilter()
    _last_key: int = 0

    @rx.var
    def num_selected(self) -> int:
        """Traces that would become the dataset."""
        return self.num_matching - len(self.named) if self.takes_all else len(self.named)

    @rx.var
    def selection_words(self) -> str:
        """How the selection came about."""
        if not self.takes_all:
            return "" if self.named else "Tick rows, or take all that match."
        words = "all that match" if self.wanted.is_filtered else "all that are stored"
        return f"{words}, minus {len(self.named):,}" if self.named else words

    @rx.var
    def selected_words(self) -> str:
        """How many are selected."""
        return f"{self.num_selected:,} selected"

    @rx.var
    def select_all_words(self) -> str:
        """What the first box selects."""
        return f"Select all {self.num_matching:,}"

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

        def read(session: Session) -> tuple[int, int, list[tuple[str, int]], bool]:
            last_key = use_cases.find_last_key(session)
            number = use_cases.count_traces(session, TraceFilter(last_key=last_key))
            is_behind = use_cases.is_search_behind(session)
            return last_key, number, use_cases.list_models(session), is_behind

        try:
            self._last_key, self.num_stored, models, is_behind = await ask(read)
            if is_behind:
                await tell(start_trace_index)
        except RftError as error:
            self.trace_fault, self.is_listing = error.message, False
            return
        self.models = [ModelChoice(name, f"{name} ({number:,})") for name, number in models]
        await self._list_anew()

    async def _list_anew(self) -> None:
        """Count and list what the controls ask for now, from the first page on."""
        wanted = self.wanted.to_filter(datetime.now(UTC), self._last_key)

        def look(session: Session) -> tuple[TraceFilter, int]:
            bounded = use_cases.bound_search(session, wanted)
            return bounded, use_cases.count_traces(session, bounded)

        if self.takes_all:
            self.named = []
        try:
            self._filter, self.num_matching = await ask(look)
        except RftError as error:
            self.trace_fault, self.is_listing = error.message, False
            return
        await self._turn_to([])

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

    def _selection(self) -> TraceSelection:
        """What is selected now, for services."""
        ids = tuple(map(TraceId, self.named))
        if self.takes_all:
            return TraceSelection(filter=self._filter, excluded=ids)
        return TraceSelection(only=ids)

    async def _narrow(self, wanted: WantedTraces) -> After:
        self.wanted = wanted
        await self._list_anew()
        return self._selection_changed() if self.takes_all else None

    def _selection_changed(self) -> After:
        """What follows a change of the selection."""

    @rx.event
    async def refresh_traces(self) -> After:
        """List what is stored by now."""
        await self._open_list()
        return self._selection_changed() if self.takes_all else None

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

    @rx.event
    def toggle_trace(self, trace_id: str) -> After:
        """Select a row, or leave it out."""
        known = trace_id in self.named
        self.named = (
            [id_ for id_ in self.named if id_ != trace_id]
            if known
            else [
                *self.named,
                trace_id,
            ]
        )
        return self._selection_changed()

    @rx.event
    def toggle_all_traces(self) -> After:
        """Select all that match, or nothing."""
        self.takes_all, self.named = self.num_selected == 0 or not self.takes_all, []
        return self._selection_changed()

    @rx.event
    def clear_selection(self) -> After:
        """Select nothing."""
        self.takes_all, self.named = False, []
        return self._selection_changed()
