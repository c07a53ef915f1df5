"""The records overlay: filters, keyset pages, one record in full."""

from dataclasses import dataclass

import reflex as rx
from sqlmodel import Session

from rft_app.domain.record import RecordFilter, SourceType
from rft_app.domain.record_page import FilterOption, FilterOptions, RecordPage
from rft_app.domain.validity import Reason
from rft_app.errors import RftError
from rft_app.services.dry_runs import list_record_rollouts
from rft_app.services.records import get_record, list_filter_options, list_records
from rft_app.ui.state.asking import ask, dataset_id_in
from rft_app.ui.state.modal import ModalState
from rft_app.ui.state.paging import Paging
from rft_app.ui.state.record_detail import RecordView, view_record
from rft_app.ui.state.record_row import RecordRow
from rft_app.ui.state.rollout_view import RolloutView

PAGE_SIZE = 50
ANY = "any"
NO_TOPIC = "none"
"""In a menu, where the empty string cannot be told from "any"."""


@dataclass(frozen=True)
class Choice:
    """One option of a filter menu."""

    value: str
    label: str

    @classmethod
    def of(cls, option: FilterOption) -> "Choice":
        """The option with how many records it matches."""
        value = option.value or NO_TOPIC
        return cls(value, f"{option.label.replace('/', ' › ')} ({option.num_records:,})")


@dataclass(frozen=True)
class Wanted:
    """What the controls of the overlay say."""

    search: str = ""
    topic: str = ANY
    validity: str = ANY
    """`any`, `valid`, `invalid` or the code of a reason."""
    source: str = ANY
    duplicates: str = ANY
    """`any`, `only` or `none`."""
    min_reward: str = ""
    max_reward: str = ""

    def to_filter(self) -> RecordFilter:
        """The filter that services take; text that is no number sets no bound.

        Example:
            >>> Wanted(validity="too_long", min_reward="0.5").to_filter().reasons
            (<Reason.TOO_LONG: 'too_long'>,)
        """
        topic = None if self.topic == ANY else "" if self.topic == NO_TOPIC else self.topic
        is_code = self.validity in set(Reason)
        return RecordFilter(
            search=self.search.strip(),
            topic=topic,
            is_valid={"valid": True, "invalid": False}.get(self.validity),
            reasons=(Reason(self.validity),) if is_code else (),
            source_types=() if self.source == ANY else (SourceType(self.source),),
            is_duplicate={"only": True, "none": False}.get(self.duplicates),
            min_reward=read_bound(self.min_reward),
            max_reward=read_bound(self.max_reward),
        )


def read_bound(text: str) -> float | None:
    """An end of the reward range; nothing when the text is no number from 0 to 1.

    Example:
        >>> read_bound("0.5"), read_bound(""), read_bound("2")
        (0.5, None, None)
    """
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None


def read_preset(preset: str) -> Wanted:
    """The controls behind an address, e.g. `invalid`, `reason:too_long`, `topic:Bags`.

    Example:
        >>> read_preset("invalid").validity, read_preset("topic:Bags").topic, read_preset("all")
        ('invalid', 'Bags', Wanted(search='', topic='any', validity='any', source='any', \
duplicates='any', min_reward='', max_reward=''))
    """
    kind, _, value = preset.partition(":")
    if kind in {"valid", "invalid"}:
        return Wanted(validity=kind)
    if kind == "duplicates":
        return Wanted(duplicates="only")
    if kind == "reason" and value in set(Reason):
        return Wanted(validity=value)
    if kind == "topic":
        return Wanted(topic=value or NO_TOPIC)
    return Wanted()


class RecordsState(Paging, rx.State):
    """The list, its filters and the record that is open beside it."""

    is_loading: bool = True
    fault: str = ""
    wanted: Wanted = Wanted()
    rows: list[RecordRow] = []
    total: str = ""
    num_records: str = ""
    position: str = ""
    is_filtered: bool = False
    is_search_complete: bool = True
    topics: list[Choice] = []
    reasons: list[Choice] = []
    sources: list[Choice] = []
    num_duplicates: int = 0
    has_rewards: bool = False
    came_from: str = ""
    num_clears: int = 0
    """Counts up to give the text boxes a new start."""

    open_id: str = ""
    record: RecordView = RecordView()
    is_record_loading: bool = False
    record_fault: str = ""
    tab: str = "conversation"
    rollouts: list[RolloutView] = []
    num_rollouts: int = 0
    rollouts_note: str = ""

    _dataset_id: str = ""
    """Cursor of each page before this one; the first page has none."""

    @rx.event
    async def load(self) -> None:
        """Open with the filters of the address; the overlay's `on_mount`."""
        modal = await self.get_state(ModalState)
        self.reset()
        self._dataset_id = dataset_id_in(self.router.url.path)
        self.wanted = read_preset(modal.records_preset)
        self.came_from = _origin(modal.records_preset)
        dataset_id = self._dataset_id
        try:
            options = await ask(lambda session: list_filter_options(session, dataset_id))
        except RftError as error:
            self.fault, self.is_loading = error.message, False
            return
        self._show_options(options)
        await self._turn_to([])
        if modal.record_id:
            await self.open_record(modal.record_id)

    @rx.event
    async def search_for(self, text: str) -> None:
        """Search in the records' text."""
        await self._filter(search=text)

    @rx.event
    async def choose_topic(self, value: str) -> None:
        """Filter by topic."""
        await self._filter(topic=value)

    @rx.event
    async def choose_validity(self, value: str) -> None:
        """Filter by validity or by reason."""
        await self._filter(validity=value)

    @rx.event
    async def choose_source(self, value: str) -> None:
        """Filter by where records come from."""
        await self._filter(source=value)

    @rx.event
    async def choose_duplicates(self, value: str) -> None:
        """Filter by whether records repeat others."""
        await self._filter(duplicates=value)

    @rx.event
    async def set_min_reward(self, text: str) -> None:
        """Set the lower end of the reward range."""
        await self._filter(min_reward=text)

    @rx.event
    async def set_max_reward(self, text: str) -> None:
        """Set the upper end of the reward range."""
        await self._filter(max_reward=text)

    @rx.event
    async def clear_filters(self) -> None:
        """Show all records."""
        self.wanted = Wanted()
        self.num_clears += 1
        await self._turn_to([])

    @rx.event
    async def open_record(self, record_id: str) -> None:
        """Show one record in full beside the list."""
        if record_id == self.open_id and not self.record_fault:
            return
        self.open_id, self.record_fault = record_id, ""
        dataset_id = self._dataset_id
        try:
            found = await ask(lambda session: _read_record(session, dataset_id, record_id))
        except RftError as error:
            self.record_fault = error.message
            return
        self.record, self.rollouts, self.rollouts_note = found
        self.num_rollouts = len(self.rollouts)

    @rx.event
    async def look_at(self, record_id: str) -> None:
        """J and K: move the open record along with the list."""
        if self.open_id:
            await self.open_record(record_id)

    @rx.event
    def close_record(self) -> None:
        """Show the list alone."""
        self.open_id, self.record, self.rollouts = "", RecordView(), []

    @rx.event
    def choose_tab(self, name: str) -> None:
        """Switch what is shown of the record."""
        self.tab = name

    async def _filter(self, **changes: str) -> None:
        values = {name: getattr(self.wanted, name) for name in Wanted.__dataclass_fields__}
        wanted = Wanted(**(values | changes))
        if wanted != self.wanted:
            self.wanted = wanted
            await self._turn_to([])

    async def _turn_to(self, cursors: list[str]) -> None:
        dataset_id, wanted = self._dataset_id, self.wanted.to_filter()
        cursor = cursors[-1] if cursors else None
        self.fault = ""
        try:
            page = await ask(
                lambda session: list_records(
                    session, dataset_id, wanted, cursor=cursor, limit=PAGE_SIZE
                )
            )
        except RftError as error:
            self.fault, self.is_loading = error.message, False
            return
        self._turned(cursors, page.next_cursor)
        self._show_page(page)
        self.is_filtered = not wanted.is_empty
        self.is_loading = False

    def _show_page(self, page: RecordPage) -> None:
        first = len(self._cursors) * PAGE_SIZE
        self.rows = [RecordRow.of(summary) for summary in page.rows]
        self.total = page.total_text
        self.is_search_complete = page.is_search_complete
        self.position = f"{first + 1:,}–{first + len(page.rows):,}" if page.rows else ""
        if self.open_id and all(row.id != self.open_id for row in self.rows):
            self.open_id, self.record = "", RecordView()

    def _show_options(self, options: FilterOptions) -> None:
        self.topics = [Choice.of(option) for option in options.topics]
        self.reasons = [Choice.of(option) for option in options.reasons]
        self.sources = [Choice.of(option) for option in options.source_types]
        self.num_duplicates = options.num_duplicates
        self.has_rewards = options.num_with_reward > 0
        self.num_records = f"{options.num_records:,}"


def _read_record(
    session: Session, dataset_id: str, record_id: str
) -> tuple[RecordView, list[RolloutView], str]:
    view = view_record(get_record(session, dataset_id, record_id))
    run, rollouts = list_record_rollouts(session, dataset_id, record_id)
    note = f"Grades of dry run {run.number}, the latest." if run else ""
    return view, [RolloutView.of(rollout) for rollout in rollouts], note


def _origin(preset: str) -> str:
    kind = preset.partition(":")[0]
    if kind in {"invalid", "valid", "duplicates", "reason"}:
        return "From step 1: Extract"
    return "From step 2: Topics" if kind == "topic" else ""
