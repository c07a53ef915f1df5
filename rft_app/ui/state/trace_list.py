"""The list of all stored traces: filters, keyset pages, counts.

What takes long, counting most of all, goes on while the visitor does something else: events say
what is wanted, and `look_up` reads it without the lock of the visitor's state.
"""

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

import reflex as rx
from sqlmodel import Session

from rft_app.domain.trace_detail import TraceSender
from rft_app.domain.trace_page import TraceFilter, TraceSummary
from rft_app.errors import RftError
from rft_app.services import traces as use_cases
from rft_app.services.search_jobs import start_trace_index
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.choice import Choice
from rft_app.ui.state.paging import Paging
from rft_app.ui.state.trace_line import TraceLine
from rft_app.ui.state.trace_wanted import WantedTraces
from rft_app.ui.words import count

PAGE_SIZE = 50
WINDOW = 3 * PAGE_SIZE
"""Lines that a browser holds; scrolling moves them on by a page."""
CHOICES_S = 30.0
"""So long models, sources and tags of the filters stay as they are while traces arrive; counting
them takes longest."""
After = rx.event.EventCallback[()] | None
"""The event that follows a change of the list, if any."""
_Counts = list[tuple[str, int]]


class Window(NamedTuple):
    """What the browser holds of the list."""

    rows: list[TraceSummary]
    next_cursor: str | None
    """Behind its first page; `None` where the window reaches the end."""
    num_unsearched: int


class _Stock(NamedTuple):
    """What is stored, whatever the filters say."""

    number: int
    is_behind: bool


class _Choices(NamedTuple):
    """What the filters can ask for."""

    models: _Counts
    sources: _Counts
    tags: list[str]
    keys: list[TraceSender]


class TraceList(Paging, mixin=True):
    """The list of whoever mixes this in."""

    traces: list[TraceLine] = []
    wanted: WantedTraces = WantedTraces()
    models: list[Choice] = []
    sources: list[Choice] = []
    tags: list[Choice] = []
    keys: list[Choice] = []
    """What some came with."""
    is_stored: bool = False
    """Whether there is any trace."""
    num_stored: int = 0
    num_matching: int = 0
    is_listing: bool = True
    is_counting: bool = True
    is_filtering: bool = False
    """Whether all filters show, not just the ones that are asked for most."""
    trace_fault: str = ""
    position: str = ""
    window: str = ""
    """Names the rows that show, by the first and the last."""
    search_note: str = ""
    """What a search does not look at yet; empty when it looks at all."""
    num_clears: int = 0
    """Forces the search box to be drawn anew."""
    _filter: TraceFilter = TraceFilter()
    _last_key: int = 0
    _choices_at: float = 0.0
    """When models, sources and tags were counted, in seconds since 1970."""
    _num_looks: int = 0
    """What an earlier look found is dropped, and what was found with other filters."""

    @rx.var
    def is_filtered(self) -> bool:
        """Whether a filter is set."""
        return self.wanted.is_filtered

    @rx.var
    def is_between_days(self) -> bool:
        """Whether the time is two days and what is between them."""
        return self.wanted.is_between_days

    @rx.var
    def days_fault(self) -> str:
        """What is wrong with these days; empty where nothing is."""
        return self.wanted.days_fault

    @rx.var
    def num_filters(self) -> int:
        """Filters that are set, without the search."""
        return self.wanted.num_set

    @rx.var
    def matching_words(self) -> str:
        """Counts beside "Select all"."""
        if self.is_counting:
            return "" if self.trace_fault else "Counting…"
        return f"Matching: {self.num_matching:,} of {self.num_stored:,}"

    @rx.event(background=True)
    async def refresh_traces(self) -> Any:  # noqa: ANN401  # events
        """List what is stored by now."""
        async with self:
            self.is_counting = True
        if (event := await self._look_through(is_anew=True)) is not None:
            yield event

    @rx.event(background=True)
    async def look_up(self) -> Any:  # noqa: ANN401  # events
        """List and count what the controls ask for now."""
        if (event := await self._look_through(is_anew=False)) is not None:
            yield event

    async def _look_through(self, *, is_anew: bool, is_in_place: bool = False) -> After:
        """List, then count; what a later look or change of the filters overtakes is dropped.

        Args:
            is_anew: Take up what was stored since, too.
            is_in_place: Leave the window where the visitor scrolled to; else it is at the top.
        """
        async with self:
            self._num_looks += 1
            number = self._num_looks
        try:
            return await self._list_and_count(number, is_anew=is_anew, is_in_place=is_in_place)
        except RftError as error:
            async with self:
                if number == self._num_looks:
                    self._fail(error.message)
            return None

    async def _list_and_count(self, number: int, *, is_anew: bool, is_in_place: bool) -> After:
        async with self:
            wanted, last_key = self.wanted, self._last_key
            cursors = [*self._cursors] if is_in_place else []
        is_anew = is_anew or not last_key
        last_key = await ask(use_cases.find_last_key) if is_anew else last_key
        asked = wanted.to_filter(datetime.now(UTC), last_key)
        asked = await ask(lambda session: use_cases.bound_search(session, asked))
        found = await ask(lambda session: _read_window(session, asked, cursors))
        async with self:
            if number != self._num_looks:
                return None
            self._last_key, self._filter, self.is_stored = last_key, asked, last_key > 0
            if not is_in_place or cursors == self._cursors:  # else the visitor scrolled on
                self._show_window(found, cursors)
        number_matching = await self._count(asked)
        if is_anew:
            await self._take_stock(last_key, is_in_place=is_in_place)
        async with self:
            if number != self._num_looks:
                return None
            self.num_matching, self.is_counting = number_matching, False
            return self._listed()

    async def _take_stock(self, last_key: int, *, is_in_place: bool) -> None:
        """Count what there is; what the filters can ask for only now and then."""
        now = time.time()
        is_due = not is_in_place or now - self._choices_at >= CHOICES_S
        stock = await ask(lambda session: _read_stock(session, last_key))
        choices = await ask(_read_choices) if is_due else None
        if stock.is_behind:
            await tell(start_trace_index)
        async with self:
            self.num_stored = stock.number
            if choices is not None:
                self._choices_at = now
                self._show_choices(choices)

    async def _count(self, asked: TraceFilter) -> int:
        """How many match."""
        return await ask(lambda session: use_cases.count_traces(session, asked))

    async def _turn_to(self, cursors: list[str]) -> None:
        wanted = self._filter
        try:
            found = await ask(lambda session: _read_window(session, wanted, cursors))
        except RftError as error:
            self._fail(error.message)
            return
        self._show_window(found, cursors)

    def _fail(self, message: str) -> None:
        """Say why; what was to be counted stays uncounted."""
        self.trace_fault, self.is_listing = message, False

    def _show_window(self, found: Window, cursors: list[str]) -> None:
        lines = [TraceLine.of(row) for row in found.rows]
        if lines != self.traces:
            self.traces = lines
        self.window = f"{lines[0].id}-{lines[-1].id}" if lines else ""
        self._turned(cursors, found.next_cursor)
        first = len(cursors) * PAGE_SIZE
        self.position = f"{first + 1:,}–{first + len(lines):,}" if lines else "0"
        self.is_listing, self.trace_fault = False, ""
        behind = count(found.num_unsearched, "trace")
        self.search_note = (
            f"Search does not know the newest {behind} yet; they are being indexed."
            if found.num_unsearched
            else ""
        )

    def _show_choices(self, found: _Choices) -> None:
        self.models, self.sources = _to_choices(found.models), _to_choices(found.sources)
        self.tags = [Choice(tag, tag) for tag in found.tags]
        self.keys = [Choice(key.id, key.name) for key in found.keys]

    def _narrow(self, wanted: WantedTraces) -> After:
        self.wanted, self.is_counting = wanted, True
        self._num_looks += 1
        self._turned([], None)
        self._forget()
        return type(self).look_up

    def _forget(self) -> None:
        """Let go of what belonged to the rows before, when the list begins anew."""

    def _listed(self) -> After:
        """What follows when the list began anew and is counted."""

    @rx.event
    def search_traces(self, text: str) -> After:
        """Search in all that the traces say."""
        return self._narrow(replace(self.wanted, search=text))

    @rx.event
    def choose(self, name: str, value: str) -> After:
        """Set one control of the filters."""
        return self._narrow(self.wanted.with_choice(name, value))

    @rx.event
    def set_has_response(self, wanted: bool) -> After:
        """Leave out traces without an answer."""
        return self._narrow(replace(self.wanted, has_response=wanted))

    @rx.event
    def clear_trace_filters(self) -> After:
        """List everything."""
        self.num_clears += 1
        return self._narrow(WantedTraces())

    @rx.event
    def toggle_filters(self) -> None:
        """Show all filters, or put the rarer ones away."""
        self.is_filtering = not self.is_filtering


def _read_window(session: Session, wanted: TraceFilter, cursors: list[str]) -> Window:
    cursor = cursors[-1] if cursors else None
    page = use_cases.list_traces(session, wanted, cursor=cursor, limit=PAGE_SIZE)
    if page.next_cursor is None:
        return Window([*page.rows], None, page.num_unsearched)
    rest = use_cases.list_traces(session, wanted, cursor=page.next_cursor, limit=WINDOW - PAGE_SIZE)
    next_cursor = None if rest.next_cursor is None else page.next_cursor
    return Window([*page.rows, *rest.rows], next_cursor, page.num_unsearched)


def _read_stock(session: Session, last_key: int) -> _Stock:
    return _Stock(
        number=use_cases.count_traces(session, TraceFilter(last_key=last_key)),
        is_behind=use_cases.is_search_behind(session),
    )


def _read_choices(session: Session) -> _Choices:
    return _Choices(
        models=use_cases.list_models(session),
        sources=use_cases.list_sources(session),
        tags=use_cases.list_tags(session),
        keys=use_cases.list_senders(session),
    )


def _to_choices(numbers: _Counts) -> list[Choice]:
    return [Choice(name, f"{name} ({number:,})") for name, number in numbers]
