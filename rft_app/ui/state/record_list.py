"""The list of the records overlay: filters, keyset pages, one column per dry run."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import reflex as rx
from sqlmodel import Session

from rft_app.domain.record import parse_record_id
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
from rft_app.ui.state.choice import Choice
from rft_app.ui.state.following import Following
from rft_app.ui.state.made_by import describe_maker
from rft_app.ui.state.paging import Paging
from rft_app.ui.state.record_filters import ANY, Chip, Wanted
from rft_app.ui.state.record_row import RecordRow

PAGE_SIZE = 50
NUM_COLUMNS = 3
"""Dry runs with a column of their own."""

Turning = Any
"""The event that reads what is wanted now; `None` where that shows already."""


@dataclass(frozen=True)
class RunColumn:
    """The head of a dry run's column."""

    id: str
    words: str
    hint: str
    is_stale: bool = False
    """Whether the grader was changed since that dry run."""


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
    named_id: str = ""
    """The id that was searched for in vain; empty for other searches."""
    chips: list[Chip] = []
    topics: list[Choice] = []
    reasons: list[Choice] = []
    sources: list[Choice] = []
    tags: list[Choice] = []
    runs: list[Choice] = []
    has_several_runs: bool = False
    num_duplicates: int = 0
    num_deleted: int = 0
    has_rewards: bool = False
    is_turning: bool = False
    """Whether the page of other conditions is being read; the old rows stay meanwhile."""
    num_clears: int = 0
    """Counts up to give the text boxes a new start."""
    is_filtering: bool = False
    """Whether a phone shows the filters."""

    _graded: list[dict[str, Any]] = []
    """The dry runs of the columns."""
    _stamp: str = ""
    """Moves on when anything that the list shows may have changed."""

    @rx.event
    def search_for(self, text: str) -> Turning:
        """Search in the records' text."""
        return self._filter(replace(self.wanted, search=text))

    @rx.var
    def range_faults(self) -> dict[str, str]:
        """What is wrong with each end of a range; empty where nothing is."""
        return self.wanted.range_faults

    @rx.var
    def shows_deleted(self) -> bool:
        """Whether the list is one of deleted records."""
        return self.wanted.deleted != ANY

    @rx.var
    def listed(self) -> str:
        """What the list holds: `deleted` ones, `some` of the current ones, or `all` of them."""
        return "deleted" if self.shows_deleted else "some" if self.is_filtered else "all"

    @rx.event
    def choose(self, name: str, value: str) -> Turning:
        """Set one control of the filters."""
        return self._filter(replace(self.wanted, **{name: value}))

    @rx.event
    def set_min_reward(self, text: str) -> Turning:
        """Set the lower end of recorded rewards."""
        return self._filter(replace(self.wanted, min_reward=text))

    @rx.event
    def set_max_reward(self, text: str) -> Turning:
        """Set the upper end of recorded rewards."""
        return self._filter(replace(self.wanted, max_reward=text))

    @rx.event
    def set_min_grade(self, text: str) -> Turning:
        """Set the lower end of mean grades."""
        return self._filter(replace(self.wanted, min_grade=text))

    @rx.event
    def set_max_grade(self, text: str) -> Turning:
        """Set the upper end of mean grades."""
        return self._filter(replace(self.wanted, max_grade=text))

    @rx.event
    def add_tag_filter(self, tag: str) -> Turning:
        """Show only records that have this tag, too."""
        tags = tuple(dict.fromkeys([*self.wanted.tags, tag]))
        return self._filter(replace(self.wanted, tags=tags))

    @rx.event
    def drop_chip(self, key: str) -> Turning:
        """Take one condition away."""
        self.num_clears += 1
        return self._filter(self.wanted.without(key))

    @rx.event
    def clear_filters(self) -> Turning:
        """Show all records."""
        self.num_clears += 1
        return self._filter(Wanted())

    @rx.event
    def toggle_filters(self) -> None:
        """Show the filters on a phone, or put them away."""
        self.is_filtering = not self.is_filtering

    @rx.event
    async def show_wanted(self) -> None:
        """Show the first page of what is wanted; none where it cannot be read."""
        await self._turn_to([])
        if self.fault:
            self.rows, self._cursors = [], []

    def _filter(self, wanted: Wanted) -> Turning:
        """Take other conditions up and say so at once; the page is read after that."""
        is_other = wanted.to_filter() != self.wanted.to_filter()
        self.wanted = wanted
        if not is_other:
            return None
        self._filter_changed()
        self._show_conditions()
        self.is_turning = True
        return type(self).show_wanted

    def _show_conditions(self) -> None:
        self.is_filtered = not self.wanted.to_filter().is_empty
        self.chips = self.wanted.chips({run.value: run.label for run in self.runs})

    def _filter_changed(self) -> None:
        """Another filter holds."""

    def _left(self) -> None:
        self.rows, self.is_loading = [], True

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
            self.fault, self.is_loading, self.is_turning = error.message, False, False
            return
        if cursors and not found.rows:
            await self._turn_to(cursors[:-1])
            return
        self._turned(cursors, found.page.next_cursor)
        self._show_page(found)
        self._show_conditions()
        self.is_loading = self.is_turning = False

    def _show_page(self, found: _Page) -> None:
        first = len(self._cursors) * PAGE_SIZE
        self.rows = found.rows
        self.total = found.page.total_text
        is_one = found.page.total == 1
        self.total_words = f"{self.total} record{'' if is_one else 's'}"
        self.is_search_complete = found.page.is_search_complete
        search = self.wanted.search.strip()
        is_id = not found.rows and parse_record_id(search) is not None
        self.named_id = search if is_id else ""
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
        self.runs = [Choice(run.id, name_run(run)) for run in runs]
        self.has_several_runs = len(runs) > 1
        self.columns = [
            RunColumn(
                run.id,
                f"Run {run.number}",
                f"Mean grade in dry run {run.number} by {describe_maker(run.made_by)}",
                run.made_by.is_stale,
            )
            for run in runs[:NUM_COLUMNS]
        ]

    def _show_options(self, options: FilterOptions) -> None:
        self.topics = [Choice.of(option) for option in options.topics]
        self.reasons = [Choice.of(option) for option in options.reasons]
        self.sources = [Choice.of(option) for option in options.source_types]
        self.tags = [Choice.of(option) for option in options.tags]
        self.num_duplicates = options.num_duplicates
        self.num_deleted = options.num_deleted
        self.has_rewards = options.num_with_reward > 0
        self.num_records = f"{options.num_records:,}"


def name_run(run: GradedRun) -> str:
    """A dry run in a menu.

    Example:
        >>> name_run(GradedRun(id="dry_1", number=3))
        'dry run 3'
    """
    return f"dry run {run.number}{' · older grader' if run.made_by.is_stale else ''}"


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
    return f"{changed} {runs[0].id} {runs[0].made_by}" if runs else changed
