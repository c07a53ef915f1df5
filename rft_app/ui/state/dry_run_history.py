"""The history of dry runs: which two are compared, and how they differ."""

import reflex as rx
from sqlmodel import Session

from rft_app.errors import RftError
from rft_app.services.dry_run_comparison import compare_dry_runs, list_record_pairs
from rft_app.services.grader_versions import label_versions
from rft_app.ui.state.asking import ask, dataset_id_in
from rft_app.ui.state.dry_run import DryRunState
from rft_app.ui.state.dry_run_history_view import (
    ComparisonView,
    PairRow,
    view_comparison,
    view_pair,
)
from rft_app.ui.state.made_by import name_grader


class DryRunHistoryState(rx.State):
    """The two runs that are compared."""

    is_open: bool = False
    first: str = ""
    second: str = ""
    comparison: ComparisonView = ComparisonView()
    pairs: list[PairRow] = []
    """All records that both graded, as far as they are shown; empty until that is asked for."""
    next_pair: int = 0
    """How many are left out by the next page; 0 where there is none."""
    fault: str = ""

    @rx.event
    async def open(self) -> None:
        """Show the history; the run that is looked at is compared with the one before it."""
        dry_run = await self.get_state(DryRunState)
        ids = [row.id for row in dry_run.finished]
        self.is_open, self.fault = True, ""
        self.comparison = ComparisonView()
        if len(ids) < 2:
            return
        at = ids.index(dry_run.chosen_run) if dry_run.chosen_run in ids else 0
        at = min(at, len(ids) - 2)
        self.first, self.second = ids[at + 1], ids[at]
        await self._show()

    @rx.event
    def close(self) -> None:
        """Back to the report."""
        self.is_open = False

    @rx.event
    async def choose_first(self, run_id: str) -> None:
        """What is compared with."""
        self.first = run_id
        await self._show()

    @rx.event
    async def choose_second(self, run_id: str) -> None:
        """What may differ."""
        self.second = run_id
        await self._show()

    @rx.event
    async def swap(self) -> None:
        """Turn the comparison round."""
        self.first, self.second = self.second, self.first
        await self._show()

    @rx.event
    async def show_pairs(self) -> None:
        """Show a page more of all records, largest falls first."""
        dataset_id, runs = dataset_id_in(self.router.url.path), (self.first, self.second)
        offset = self.next_pair
        try:
            page = await ask(lambda s: list_record_pairs(s, dataset_id, runs, offset=offset))
        except RftError as error:
            self.fault = error.message
            return
        self.pairs = [*self.pairs, *map(view_pair, page.pairs)]
        self.next_pair = page.next_offset or 0

    async def _show(self) -> None:
        dataset_id = dataset_id_in(self.router.url.path)
        chosen = (self.first, self.second)
        self.fault, self.pairs, self.next_pair = "", [], 0
        try:
            self.comparison = await ask(lambda session: _compare(session, dataset_id, chosen))
        except RftError as error:
            self.fault, self.comparison = error.message, ComparisonView()


def _compare(session: Session, dataset_id: str, chosen: tuple[str, str]) -> ComparisonView:
    found = compare_dry_runs(session, dataset_id, *chosen)
    ids = [found.first.grader_version_id, found.second.grader_version_id]
    labels = label_versions(session, ids)
    return view_comparison(found, [name_grader(labels.get(id_)) for id_ in ids])
