"""State of the list of datasets."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import reflex as rx

from rft_app.domain.dataset import DatasetFilter, DatasetPhase, DatasetSort
from rft_app.errors import RftError
from rft_app.services import datasets as dataset_service
from rft_app.services.activity import find_last_job, map_active_jobs
from rft_app.services.demo import load_demo
from rft_app.services.duplication import start_duplicate
from rft_app.storage.session import reading
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.dataset_card import DatasetCard
from rft_app.ui.state.deleting import Deleting
from rft_app.ui.state.guard import off_loop, show_error
from rft_app.ui.state.live_page import LivePage
from rft_app.ui.state.paging import Paging
from rft_app.ui.words import count

PAGE_SIZE = 30
TOP = "datasets-top"
"""Id of the element above the list."""


@dataclass(frozen=True)
class PhaseCount:
    """One choice of the status filter."""

    name: str
    label: str
    number: int


@dataclass(frozen=True)
class Listing:
    """One page of the list, and the numbers around it."""

    cards: list[DatasetCard]
    next_cursor: str | None
    phases: list[PhaseCount]
    totals: str
    num_all: int
    num_matching: int


_PHASE_LABELS = {
    DatasetPhase.IN_PROGRESS: "In progress",
    DatasetPhase.ATTENTION: "Needs attention",
    DatasetPhase.TRAINING: "Training",
    DatasetPhase.COMPLETE: "Complete",
}


def _phases(counts: Counter[DatasetPhase]) -> list[PhaseCount]:
    return [
        PhaseCount("all", "All", counts.total()),
        *(PhaseCount(phase.value, _PHASE_LABELS[phase], counts[phase]) for phase in DatasetPhase),
    ]


def _totals(num_datasets: int, num_records: int, attention: int) -> str:
    parts = [count(num_datasets, "dataset"), count(num_records, "record")]
    if attention:
        parts.append(f"{attention} need attention" if attention > 1 else "1 needs attention")
    return " · ".join(parts)


def read_listing(wanted: DatasetFilter, cursor: str | None) -> Listing:
    """Read one page of the list as the filters ask for it."""
    with reading() as session:
        phases = dataset_service.map_phases(session)
        page = dataset_service.list_page(
            session, wanted, cursor=cursor, limit=PAGE_SIZE, phases=phases
        )
        found = Counter(phases[id_] for id_ in dataset_service.list_ids(session, wanted.search))
        active = map_active_jobs(session)
        cards = [
            DatasetCard.of(one, active.get(one.id), find_last_job(session, one))
            for one in page.rows
        ]
        num_records = dataset_service.count_all(session).num_records
    attention = sum(phase is DatasetPhase.ATTENTION for phase in phases.values())
    return Listing(
        cards=cards,
        next_cursor=page.next_cursor,
        phases=_phases(found),
        totals=_totals(len(phases), num_records, attention),
        num_all=len(phases),
        num_matching=found.total() if wanted.phase is None else found[wanted.phase],
    )


class DatasetsState(LivePage, Paging, Deleting, rx.State):
    """One visitor's view of the list."""

    cards: list[DatasetCard] = []
    phases: list[PhaseCount] = []
    totals: str = ""
    num_all: int = 0
    num_matching: int = 0
    search: str = ""
    phase: str = "all"
    sort: DatasetSort = "updated"
    position: str = ""
    """Which of those that match show."""
    num_clears: int = 0
    """Makes a fresh, empty search box, which otherwise keeps what was typed."""
    is_loaded: bool = False
    is_loading_demo: bool = False
    error: str = ""

    async def _refresh(self) -> None:
        async with self:
            wanted, cursors = self._wanted(), list(self._cursors)
        try:
            listing, shown = await _read(wanted, cursors)
        except RftError as error:
            async with self:
                self.error = error.message
            return
        async with self:
            if (wanted, cursors) == (self._wanted(), self._cursors):
                self._show(listing, shown)

    async def _turn_to(self, cursors: list[str]) -> Any:  # noqa: ANN401  # an event
        try:
            listing, shown = await _read(self._wanted(), cursors)
        except RftError as error:
            self.error = error.message
            return None
        self._show(listing, shown)
        return rx.scroll_to(TOP)

    def _wanted(self) -> DatasetFilter:
        phase = None if self.phase == "all" else DatasetPhase(self.phase)
        return DatasetFilter(search=self.search, phase=phase, sort=self.sort)

    def _show(self, listing: Listing, cursors: list[str]) -> None:
        self.error = ""
        self.is_loaded = True
        self._turned(cursors, listing.next_cursor)
        first, number = len(cursors) * PAGE_SIZE, len(listing.cards)
        self.position = f"{first + 1:,}–{first + number:,} of {listing.num_matching:,}"
        self.num_all = listing.num_all
        self.num_matching = listing.num_matching
        for name in ("cards", "phases", "totals"):
            if getattr(self, name) != (value := getattr(listing, name)):
                setattr(self, name, value)

    @rx.event
    def set_search(self, text: str) -> rx.event.EventCallback[()]:
        """Narrow the list to names and objectives with these words."""
        self.search, self._cursors = text, []
        return DatasetsState.reload

    @rx.event
    def set_phase(self, phase: str) -> rx.event.EventCallback[()]:
        """Show one phase only."""
        self.phase, self._cursors = phase, []
        return DatasetsState.reload

    @rx.event
    def set_sort(self, sort: str) -> rx.event.EventCallback[()]:
        """Change the order."""
        self.sort = "name" if sort == "name" else "records" if sort == "records" else "updated"
        self._cursors = []
        return DatasetsState.reload

    @rx.event
    def clear_filters(self) -> rx.event.EventCallback[()]:
        """Show everything again."""
        self.search, self.phase, self._cursors = "", "all", []
        self.num_clears += 1
        return DatasetsState.reload

    @rx.event
    async def load_demo(self) -> rx.event.EventSpec:
        """Create the demo's dataset and go to its canvas, where the import can be watched."""
        self.is_loading_demo = True
        try:
            job = await tell(load_demo)
        except RftError as error:
            return show_error("The demo was not loaded", error)
        finally:
            self.is_loading_demo = False
        return rx.redirect(f"/optimization/{job.dataset_id}")

    @rx.event
    async def duplicate(self, dataset_id: str) -> Any:  # noqa: ANN401  # events
        """Copy a dataset as a job; the copy's card shows how far it is."""
        try:
            job = await tell(lambda session: start_duplicate(session, dataset_id))
            copy_id = job.dataset_id or ""
            copy = await ask(lambda session: dataset_service.get_dataset(session, copy_id))
        except RftError as error:
            return show_error("The dataset was not duplicated", error)
        return [rx.toast.info(f"{copy.name} is being made"), DatasetsState.reload]

    @rx.event
    def ask_delete(self, dataset_id: str) -> None:
        """Open the confirm dialog."""
        card = next((card for card in self.cards if card.id == dataset_id), None)
        if card is not None:
            self._doom(card.id, card.name, f"{card.figures[0].value} {card.figures[0].unit}")

    def _after_delete(self, dataset_id: str) -> list[Any]:
        self.cards = [card for card in self.cards if card.id != dataset_id]
        return []


async def _read(wanted: DatasetFilter, cursors: list[str]) -> tuple[Listing, list[str]]:
    """The page behind the last cursor, the one before where it is empty by now; its cursors."""
    listing = await off_loop(lambda: read_listing(wanted, cursors[-1] if cursors else None))
    if cursors and not listing.cards:
        return await _read(wanted, cursors[:-1])
    return listing, cursors
