"""Lists of traces while filters, scrolling and slow answers overtake each other, no browser."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace

import pytest
import reflex as rx

from rft_app.domain.trace import TraceId, TraceStatus
from rft_app.domain.trace_page import TraceFilter, TraceSelection, TraceSummary
from rft_app.errors import NotAvailableError
from rft_app.ui.state import trace_list, trace_picker, traces
from rft_app.ui.state.create import TRACES, CreateState
from rft_app.ui.state.trace_list import Window
from rft_app.ui.state.traces import TracesState

FAULT = "The database did not answer."
Meanwhile = Callable[[], object]


def make_summary(key: str) -> TraceSummary:
    return TraceSummary(
        id=TraceId(key),
        title=key,
        system_prompt="",
        model=None,
        num_messages=2,
        num_user_turns=1,
        num_tools=0,
        has_response=True,
        num_earlier=0,
        recorded_at=0,
        dataset_id=None,
        dataset_name=None,
        source="genai",
        status=TraceStatus.OK,
        input_tokens=None,
        output_tokens=None,
        latency_ms=None,
        reward=None,
    )


class Store:
    """What is stored: one trace a tag, three pages of them; the visitor acts as it is asked."""

    def __init__(self) -> None:
        self.last_key, self.is_failing = 9, False
        self.matching = frozenset({"tr_1", "tr_2"})
        self.acts: dict[str, Meanwhile] = {}
        self.num_choices = 0

    def _asked(self, what: str) -> None:
        act = self.acts.pop(what, None)
        if act is not None:
            act()
        if self.is_failing:
            raise NotAvailableError(FAULT)

    def find_last_key(self, _session: object) -> int:
        self._asked("last key")
        return self.last_key

    def read_window(self, _session: object, wanted: TraceFilter, cursors: list[str]) -> Window:
        self._asked("list")
        name = "".join(wanted.tags) or "all"
        return Window([make_summary(f"{name}-{len(cursors)}")], f"c{len(cursors) + 1}", 0)

    def count(self, _session: object, wanted: TraceFilter) -> int:
        self._asked("count")
        return 5 if wanted.tags else 9

    def find_among(self, _session: object, _wanted: TraceFilter, ids: tuple[str, ...]) -> list[str]:
        return [each for each in ids if each in self.matching]

    def read_choices(self, _session: object) -> SimpleNamespace:
        self.num_choices += 1
        return SimpleNamespace(models=[], sources=[], tags=[], keys=[])

    def draw(self, _session: object, wish: TraceSelection) -> TraceSelection:
        self._asked("draw")
        return TraceSelection(only=(TraceId("tr_7"),), sample=wish.sample)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    """Stands in for the services."""
    found = Store()

    async def ask(question: Callable[[object], object]) -> object:
        return question(None)

    services = SimpleNamespace(
        find_last_key=found.find_last_key,
        count_traces=found.count,
        bound_search=lambda _session, wanted: wanted,
    )
    stock = SimpleNamespace(number=9, is_behind=False)
    for module in (trace_list, trace_picker, traces):
        monkeypatch.setattr(module, "ask", ask)
    for module in (trace_list, traces):
        monkeypatch.setattr(module, "use_cases", services)
    monkeypatch.setattr(trace_list, "_read_window", found.read_window)
    monkeypatch.setattr(trace_list, "_read_stock", lambda *_: stock)
    monkeypatch.setattr(trace_list, "_read_choices", found.read_choices)
    monkeypatch.setattr(trace_picker, "find_among", found.find_among)
    monkeypatch.setattr(trace_picker, "draw_sample", found.draw)
    return found


@pytest.fixture
def page(store: Store) -> CreateState:
    """The traces tab, listed, with all that match selected and words for the dataset."""
    root = rx.State(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    found = root.get_substate(CreateState.get_full_name().split("."))
    assert isinstance(found, CreateState)
    found.tab, found.name, found.objective, found.takes_all = TRACES, "Orders", "Find them", True
    run(found, CreateState.refresh_traces)
    assert (found.blocker, found.selected_words) == ("", "9 selected")
    return found


@pytest.fixture
def listing(store: Store) -> TracesState:
    """The page of all traces, listed."""
    root = rx.State(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    found = root.get_substate(TracesState.get_full_name().split("."))
    assert isinstance(found, TracesState)
    asyncio.run(found._refresh())
    assert shown(found) == "all-0"
    return found


def run(page: rx.State, handler: rx.event.EventCallback[()]) -> None:
    """Run an event that goes on by itself."""

    async def follow() -> None:
        _ = [event async for event in handler.fn(page)]

    asyncio.run(follow())


def shown(page: TracesState | CreateState) -> str:
    return page.traces[0].id


def scroll(page: TracesState) -> None:
    """What `next_page` leaves behind."""
    page._show_window(Window([make_summary("all-1")], "c2", 0), ["c1"])


def narrow(page: TracesState | CreateState) -> None:
    type(page).choose.fn(page, "tag", "beta")


def test_nothing_is_created_of_a_filter_that_could_not_be_listed(
    page: CreateState, store: Store
) -> None:
    narrow(page)
    store.is_failing = True
    run(page, CreateState.look_up)
    assert (page.trace_fault, page.blocker) == (FAULT, "The traces could not be listed.")
    assert page.matching_words == ""

    store.is_failing = False
    store.acts["count"] = lambda: page.blocker == "Counting what matches." or pytest.fail("open")
    run(page, CreateState.refresh_traces)
    assert (page.trace_fault, page.blocker) == ("", "")
    assert (page.selected_words, page._selection().filter.tags) == ("5 selected", ("beta",))


def test_a_look_that_was_overtaken_fails_nobody(page: CreateState, store: Store) -> None:
    def change() -> None:
        narrow(page)
        store.is_failing = True

    store.acts["count"] = change
    run(page, CreateState.refresh_traces)
    assert (page.trace_fault, page.blocker) == ("", "Counting what matches.")


def test_a_count_for_other_filters_is_dropped(page: CreateState, store: Store) -> None:
    store.acts["count"] = lambda: narrow(page)
    run(page, CreateState.refresh_traces)
    assert page.selected_words == "Counting…"
    run(page, CreateState.look_up)
    assert page.selected_words == "5 selected"


def test_refreshing_counts_anew_and_forgets_exceptions_that_do_not_match(
    page: CreateState, store: Store
) -> None:
    for key in ("tr_1", "tr_2"):
        CreateState.toggle_trace.fn(page, key)
    assert page.selected_words == "7 selected"
    store.matching = frozenset({"tr_2"})
    seen: list[str] = []
    store.acts["count"] = lambda: seen.append(page.selected_words)
    run(page, CreateState.refresh_traces)
    assert seen == ["Counting…"]
    assert (page.selected_words, page._selection().excluded) == ("8 selected", ("tr_2",))


def test_a_refresh_leaves_the_visitor_where_they_scrolled_to_meanwhile(
    listing: TracesState, store: Store
) -> None:
    store.last_key += 1
    store.acts["list"] = lambda: scroll(listing)
    asyncio.run(listing._refresh())
    assert (shown(listing), listing._cursors) == ("all-1", ["c1"])
    assert (listing._filter.last_key, listing.is_counting) == (10, False)


def test_a_refresh_before_the_look_at_a_new_filter_begins_at_the_top(
    listing: TracesState, store: Store
) -> None:
    scroll(listing)
    store.last_key += 1
    narrow(listing)
    asyncio.run(listing._refresh())
    assert (shown(listing), listing._cursors) == ("beta-0", [])
    assert listing.matching_words == "Matching: 5 of 9"


def test_what_filters_offer_is_not_counted_at_every_arrival(
    listing: TracesState, store: Store
) -> None:
    for _ in range(3):
        store.last_key += 1
        asyncio.run(listing._refresh())
    assert (listing._last_key, store.num_choices) == (12, 1)
    listing._choices_at -= trace_list.CHOICES_S
    store.last_key += 1
    asyncio.run(listing._refresh())
    assert store.num_choices == 2
    run(listing, TracesState.refresh_traces)
    assert store.num_choices == 3


def test_an_ageing_list_waits_for_the_look_at_a_new_filter(listing: TracesState) -> None:
    narrow(listing)
    asyncio.run(listing._refresh())
    assert (shown(listing), listing.has_next) == ("all-0", False)


def test_a_sample_is_drawn_once_the_new_filter_is_counted(page: CreateState) -> None:
    narrow(page)
    run(page, CreateState.draw)
    assert (page.takes_all, page.is_drawing, page.num_named) == (True, False, 0)


@pytest.mark.parametrize(
    ("act", "num_named"),
    [
        (lambda page: CreateState.toggle_trace.fn(page, "tr_1"), 1),
        (CreateState.clear_selection.fn, 0),
        (narrow, 0),
    ],
)
def test_a_late_sample_replaces_nothing_that_was_chosen_meanwhile(
    page: CreateState, store: Store, act: Callable[[CreateState], object], num_named: int
) -> None:
    store.acts["draw"] = lambda: act(page)
    run(page, CreateState.draw)
    assert (page.num_named, page.sample_words) == (num_named, "")
    assert (page.sample_fault, page.is_drawing) == (trace_picker.OVERTAKEN, False)

    run(page, CreateState.look_up)
    run(page, CreateState.draw)
    assert (page.num_named, page.takes_all, page.sample_fault) == (1, False, "")
