"""State of the list of datasets."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import reflex as rx

from rft_app.domain.dataset import Dataset, DatasetPhase
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
from rft_app.ui.words import count

PAGE_SIZE = 30


@dataclass(frozen=True)
class PhaseCount:
    """One choice of the status filter."""

    name: str
    label: str
    number: int


@dataclass(frozen=True)
class Listing:
    """All that one view of the list shows."""

    cards: list[DatasetCard]
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


def _phases(datasets: list[Dataset]) -> list[PhaseCount]:
    counts = Counter(dataset.phase for dataset in datasets)
    return [
        PhaseCount("all", "All", len(datasets)),
        *(PhaseCount(phase.value, _PHASE_LABELS[phase], counts[phase]) for phase in DatasetPhase),
    ]


def _totals(datasets: list[Dataset]) -> str:
    records = sum(dataset.stats.num_records for dataset in datasets)
    attention = sum(dataset.phase is DatasetPhase.ATTENTION for dataset in datasets)
    parts = [count(len(datasets), "dataset"), count(records, "record")]
    if attention:
        parts.append(f"{attention} need attention" if attention > 1 else "1 needs attention")
    return " · ".join(parts)


def read_listing(search: str, phase: str, sort: dataset_service.Sort, limit: int) -> Listing:
    """Read the list as the filters ask for it."""
    with reading() as session:
        everything = dataset_service.list_datasets(session, sort=sort)
        found = dataset_service.list_datasets(session, search=search, sort=sort)
        matching = [dataset for dataset in found if phase in {"all", dataset.phase.value}]
        active = map_active_jobs(session)
        cards: list[DatasetCard] = []
        for dataset in matching[:limit]:
            last = find_last_job(session, dataset)
            cards.append(DatasetCard.of(dataset, active.get(dataset.id), last))
    return Listing(cards, _phases(found), _totals(everything), len(everything), len(matching))


class DatasetsState(LivePage, Deleting, rx.State):
    """One visitor's view of the list."""

    cards: list[DatasetCard] = []
    phases: list[PhaseCount] = []
    totals: str = ""
    num_all: int = 0
    num_matching: int = 0
    search: str = ""
    phase: str = "all"
    sort: dataset_service.Sort = "updated"
    limit: int = PAGE_SIZE
    num_clears: int = 0
    """Makes a fresh, empty search box, which otherwise keeps what was typed."""
    is_loaded: bool = False
    is_loading_demo: bool = False
    error: str = ""

    @rx.var
    def num_hidden(self) -> int:
        """How many match but are not on the page yet."""
        return self.num_matching - len(self.cards)

    async def _refresh(self) -> None:
        async with self:
            search, phase, sort, limit = self.search, self.phase, self.sort, self.limit
        try:
            listing = await off_loop(lambda: read_listing(search, phase, sort, limit))
        except RftError as error:
            async with self:
                self.error = error.message
            return
        async with self:
            self._show(listing)

    def _show(self, listing: Listing) -> None:
        self.error = ""
        self.is_loaded = True
        self.num_all = listing.num_all
        self.num_matching = listing.num_matching
        for name in ("cards", "phases", "totals"):
            if getattr(self, name) != (value := getattr(listing, name)):
                setattr(self, name, value)

    @rx.event
    def set_search(self, text: str) -> rx.event.EventCallback[()]:
        """Narrow the list to names and objectives with these words."""
        self.search, self.limit = text, PAGE_SIZE
        return DatasetsState.reload

    @rx.event
    def set_phase(self, phase: str) -> rx.event.EventCallback[()]:
        """Show one phase only."""
        self.phase, self.limit = phase, PAGE_SIZE
        return DatasetsState.reload

    @rx.event
    def set_sort(self, sort: str) -> rx.event.EventCallback[()]:
        """Change the order."""
        self.sort = "name" if sort == "name" else "records" if sort == "records" else "updated"
        return DatasetsState.reload

    @rx.event
    def clear_filters(self) -> rx.event.EventCallback[()]:
        """Show everything again."""
        self.search, self.phase = "", "all"
        self.num_clears += 1
        return DatasetsState.reload

    @rx.event
    def show_more(self) -> rx.event.EventCallback[()]:
        """Show the next page below."""
        self.limit += PAGE_SIZE
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
