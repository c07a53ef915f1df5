"""The list of the records overlay: filters, keyset pages, one column per dry run."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import reflex as rx
from sqlmodel import Session

from rft_app.domain.record_grade import GradedRun
from rft_app.domain.record_page import FilterOptions, RecordPage
from rft_app.errors import RftError
from rft_app.services.datasets import get_dataset
from rft_app.services.records import (
    list_filter_options,
    list_graded_runs,
    list_records,
    map_grades,
)
from rft_app.ui.state.asking import ask
from rft_app.ui.state.following import Following
from rft_app.ui.state.paging import Paging
from rft_app.ui.state.record_filters import Chip, Choice, Wanted
from rft_app.ui.state.record_row import RecordRow

PAGE_SIZE = 50
NUM_COLUMNS = 3
"""Dry runs with a column of their own."""


@dataclass(frozen=True)
class RunColumn:
    """The head of a dry run's column."""

    id: str
    words: str
    hint: str


class _Page(NamedTuple):
    page: RecordPage
    rows: list[RecordRow]


class RecordList(Following, Paging, mixin=True):
    """The rows that show, and what decides which."""

    wanted: Wanted = Wanted()
    rows: list[RecordRow] = []
    columns: list[RunColumn] = []
    total: str = ""
    total_words: str = ""
    num_records: str = ""
    position: str = ""
    is_filtered: bool = False
    is_search_complete: bool = True
    chips: list[Chip] = []
    topics: list[Choice] = []
    reasons: list[Choice] = []
    sources: list[Choice] = []
    tags: list[Choice] = []
    runs: list[Choice] = []
    has_several_runs: bool = False
    num_duplicates: int = 0
    has_rewards: bool = False
    num_clears: int = 0
    """Counts up to give the text boxes a new start."""
    is_filtering: bool = False
    """Whether a phone shows the filters."""

    _graded: list[dict[str, Any]] = []
    """The dry runs of the columns."""
    _stamp: str = ""
    """Moves on when anything that the list shows may have changed."""

    @rx.event
    async def search_for(self, text: str) -> None:
        """Search in the records' text."""
        await self._filter(replace(self.wanted, search=text))

    @rx.event
    async def choose(self, name: str, value: str) -> None:
        """Set one control of the filters."""
        await self._filter(replace(self.wanted, **{name: value}))

    @rx.event
    async def set_min_reward(self, text: str) -> None:
        """Set the lower end of recorded rewards."""
        await self._filter(replace(self.wanted, min_reward=text))

    @rx.event
    async def set_max_reward(self, text: str) -> None:
        """Set the upper end of recorded rewards."""
        await self._filter(replace(self.wanted, max_reward=text))

    @rx.event
    async def set_min_grade(self, text: str) -> None:
        """Set the lower end of mean grades."""
        await self._filter(replace(self.wanted, min_grade=text))

    @rx.event
    async def set_max_grade(self, text: str) -> None:
        """Set the upper end of mean grades."""
        await self._filter(replace(self.wanted, max_grade=text))

    @rx.event
    async def add_tag_filter(self, tag: str) -> None:
        """Show only records that have this tag, too."""
        tags = tuple(dict.fromkeys([*self.wanted.tags, tag]))
        await self._filter(replace(self.wanted, tags=tags))

    @rx.event
    async def drop_chip(self, key: str) -> None:
        """Take one condition away."""
        self.num_clears += 1
        await self._filter(self.wanted.without(key))

    @rx.event
    async def clear_filters(self) -> None:
        """Show all records."""
        self.num_clears += 1
        await self._filter(Wanted())

    @rx.event
    def toggle_filters(self) -> None:
        """Show the filters on a phone, or put them away."""
        self.is_filtering = not self.is_filtering

    async def _filter(self, wanted: Wanted) -> None:
        if wanted == self.wanted:
            return
        is_other = wanted.to_filter() != self.wanted.to_filter()
        self.wanted = wanted
        if is_other:
            self._filter_changed()
            await self._turn_to([])

    def _filter_changed(self) -> None:
        """Another filter holds."""

    async def _turn_to(self, cursors: list[str]) -> None:
        dataset_id, wanted = self._dataset_id, self.wanted.to_filter()
        cursor = cursors[-1] if cursors else None
        graded = [GradedRun.model_validate(run) for run in self._graded]

        def read(session: Session) -> _Page:
            page = list_records(session, dataset_id, wanted, cursor=cursor, limit=PAGE_SIZE)
            grades = map_grades(session, graded, [row.id for row in page.rows])
            return _Page(
                page, [RecordRow.of(row, graded, grades.get(row.id, {})) for row in page.rows]
            )

        self.fault = ""
        try:
            found = await ask(read)
        except RftError as error:
            self.fault, self.is_loading = error.message, False
            return
        if cursors and not found.rows:
            await self._turn_to(cursors[:-1])
            return
        self._turned(cursors, found.page.next_cursor)
        self._show_page(found)
        self.is_filtered = not wanted.is_empty
        self.chips = self.wanted.chips({run.value: run.label for run in self.runs})
        self.is_loading = False

    def _show_page(self, found: _Page) -> None:
        first = len(self._cursors) * PAGE_SIZE
        self.rows = found.rows
        self.total = found.page.total_text
        is_one = found.page.total == 1
        self.total_words = f"{self.total} record{'' if is_one else 's'}"
        self.is_search_complete = found.page.is_search_complete
        self.position = f"{first + 1:,}–{first + len(found.rows):,}" if found.rows else ""

    async def _read_options(self) -> None:
        """Read what stands beside the pages: menus and dry runs.

        Raises:
            NotFoundError: The dataset is not there any more.
        """
        dataset_id = self._dataset_id
        options, runs, self._stamp = await ask(lambda session: _look(session, dataset_id))
        self._show_options(options)
        self._graded = [run.model_dump() for run in runs[:NUM_COLUMNS]]
        self.runs = [Choice(run.id, f"dry run {run.number}") for run in runs]
        self.has_several_runs = len(runs) > 1
        self.columns = [
            RunColumn(run.id, f"Run {run.number}", f"Mean grade in dry run {run.number}")
            for run in runs[:NUM_COLUMNS]
        ]

    def _show_options(self, options: FilterOptions) -> None:
        self.topics = [Choice.of(option) for option in options.topics]
        self.reasons = [Choice.of(option) for option in options.reasons]
        self.sources = [Choice.of(option) for option in options.source_types]
        self.tags = [Choice.of(option) for option in options.tags]
        self.num_duplicates = options.num_duplicates
        self.has_rewards = options.num_with_reward > 0
        self.num_records = f"{options.num_records:,}"


def _look(session: Session, dataset_id: str) -> tuple[FilterOptions, Sequence[GradedRun], str]:
    options = list_filter_options(session, dataset_id)
    return options, list_graded_runs(session, dataset_id), read_stamp(session, dataset_id)


def read_stamp(session: Session, dataset_id: str) -> str:
    """What moves on when records, topics, tags or dry runs of a dataset change.

    Raises:
        NotFoundError: There is no such dataset.
    """
    runs = list_graded_runs(session, dataset_id, 1)
    changed = get_dataset(session, dataset_id).updated_at.isoformat()
    return f"{changed} {runs[0].id if runs else ''}"
