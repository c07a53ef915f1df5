"""The Datasets tab: what each dataset is made of, and what it can be exported as."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import reflex as rx
from sqlmodel import Session

from rft_app.domain.dataset import Dataset, DatasetFilter, DatasetPage
from rft_app.domain.record import SourceType
from rft_app.errors import RftError
from rft_app.exports import EXPORTERS
from rft_app.services.datasets import count_all, list_page
from rft_app.services.export_counts import Qualifying, count_qualifying
from rft_app.services.feedback import count_feedback
from rft_app.services.records import list_filter_options
from rft_app.services.training_summary import find_badge
from rft_app.ui.state.asking import ask
from rft_app.ui.state.live import changes
from rft_app.ui.state.paging import Paging
from rft_app.ui.words import count, sources

PAGE_SIZE = 20
LABELS = {exporter.name: exporter.label for exporter in EXPORTERS}


@dataclass(frozen=True)
class FormatView:
    """A format that the dataset can give."""

    label: str
    hint: str
    """How many records have what it needs."""


@dataclass(frozen=True)
class DatasetView:
    """One dataset, ready to show."""

    id: str
    name: str
    records: str
    has_records: bool
    facts: str
    """Its sources in per cent, and how much people said of it."""
    badge: str = ""
    """The richest of SFT, KTO, DPO and RFT that it fills."""
    formats: list[FormatView] = field(default_factory=list[FormatView])
    lacking: str = ""
    """Which formats lack data, in words."""
    is_counted: bool = False
    """Whether the formats are known already."""


class TrainingDatasetsState(Paging, rx.State):
    """One visitor's view of the tab."""

    rows: list[DatasetView] = []
    num_all: int = 0
    is_loaded: bool = False
    fault: str = ""

    _known: dict[str, tuple[datetime, list[FormatView], str, str]] = {}
    """Formats and badge by dataset, and when it was changed last before they were counted."""
    _watch: int = 0
    _is_open: bool = False

    @rx.event(background=True)
    async def follow(self) -> None:
        """Show the tab and keep it current while it is open; its `on_mount`."""
        async with self:
            self._watch, self._is_open = self._watch + 1, True
            watch, token = self._watch, self.router.session.client_token
        await self._refresh(watch)
        async for _ in changes(token):
            async with self:
                is_over = watch != self._watch or not self._is_open
            if is_over:
                return
            await self._refresh(watch)

    @rx.event
    def leave(self) -> None:
        """The tab closed; its `on_unmount`."""
        self._is_open = False

    async def _turn_to(self, cursors: list[str]) -> Any:  # noqa: ANN401  # an event
        self._cursors = cursors
        return TrainingDatasetsState.follow

    async def _refresh(self, watch: int) -> None:
        async with self:
            cursors = list(self._cursors)
        cursor = cursors[-1] if cursors else None
        try:
            page, rows, num_all = await ask(lambda session: _read(session, cursor))
        except RftError as error:
            async with self:
                self.fault = error.message
            return
        async with self:
            self.fault, self.is_loaded, self.num_all = "", True, num_all
            self.rows = [self._with_known(row) for row in rows]
            self._turned(cursors, page.next_cursor)
        for dataset in page.rows:
            await self._count_formats(dataset, watch)

    def _with_known(self, row: DatasetView) -> DatasetView:
        if row.id not in self._known:
            return row
        _, formats, lacking, badge = self._known[row.id]
        return replace(row, formats=formats, lacking=lacking, badge=badge, is_counted=True)

    async def _count_formats(self, dataset: Dataset, watch: int) -> None:
        """Look at the records of one dataset, unless nothing changed since the last time."""
        async with self:
            seen_at = self._known.get(dataset.id, (None,))[0]
            if seen_at == dataset.updated_at or watch != self._watch or not self._is_open:
                return
        try:
            counted = await ask(lambda session: count_qualifying(session, dataset.id))
        except RftError:
            return  # it was deleted meanwhile; the next change shows that
        formats, lacking = _describe_formats(counted)
        async with self:
            found = (dataset.updated_at, formats, lacking, find_badge(counted))
            self._known = {**self._known, dataset.id: found}
            self.rows = list(map(self._with_known, self.rows))


def _read(session: Session, cursor: str | None) -> tuple[DatasetPage, list[DatasetView], int]:
    page = list_page(session, DatasetFilter(), cursor=cursor, limit=PAGE_SIZE)
    rows = [_view(session, dataset) for dataset in page.rows]
    return page, rows, count_all(session).num_datasets


def _view(session: Session, dataset: Dataset) -> DatasetView:
    num_feedback = count_feedback(session, dataset.id).num_feedback
    feedback = f"{num_feedback:,} feedback" if num_feedback else "no feedback yet"
    return DatasetView(
        id=dataset.id,
        name=dataset.name,
        records=count(dataset.stats.num_records, "record"),
        has_records=dataset.stats.num_records > 0,
        facts=" · ".join(filter(None, (_describe_sources(session, dataset), feedback))),
    )


def _describe_sources(session: Session, dataset: Dataset) -> str:
    options = list_filter_options(session, dataset.id).source_types
    return sources({SourceType(option.value): option.num_records for option in options})


def _describe_formats(counted: tuple[Qualifying, ...]) -> tuple[list[FormatView], str]:
    formats = [
        FormatView(LABELS[one.format], _describe_number(one))
        for one in counted
        if one.num_qualifying
    ]
    lacking = [LABELS[one.format] for one in counted if not one.num_qualifying]
    return formats, f"No data yet for {', '.join(lacking)}." if lacking else ""


def _describe_number(one: Qualifying) -> str:
    """How many records a format can take.

    Example:
        >>> _describe_number(
        ...     Qualifying(format="a", num_qualifying=3, num_looked_at=4, num_records=900)
        ... )
        '3 of 4 records that were looked at'
    """
    seen = count(one.num_looked_at, "record")
    return f"{one.num_qualifying:,} of {seen}{'' if one.is_exact else ' that were looked at'}"
