"""The menu of datasets in the Export tab: each with its size and the richest format it fills."""

from collections.abc import Sequence
from datetime import datetime

import reflex as rx
from sqlmodel import Session

from rft_app.domain.dataset import DatasetName
from rft_app.errors import RftError
from rft_app.services.export_counts import count_qualifying
from rft_app.services.training_summary import find_badge
from rft_app.ui.state.asking import ask
from rft_app.ui.state.choice import Choice
from rft_app.ui.state.following import Following
from rft_app.ui.state.process import PROCESS

AT_ONCE = 5
"""Datasets looked at between two looks of the visitor at the menu."""


class ExportMenu(Following, mixin=True):
    """Names and sizes are there at once; badges follow, for they take a look at the records."""

    datasets: list[Choice] = []

    _listed: dict[str, tuple[str, datetime]] = {}
    """Line of each dataset without its badge, and when it was changed last."""
    _badges: dict[str, tuple[datetime, str]] = {}
    """Badge of each dataset, and when it was changed last before it was looked at."""
    _named_by: str = ""
    """The process that names the badges."""

    @rx.event(background=True)
    async def name_badges(self) -> None:
        """Say what each dataset can teach, some at a time, until all are said."""
        async with self:
            if self._named_by == PROCESS:
                return
            self._named_by = PROCESS
        try:
            while wanted := await self._next_unnamed():
                found = {one: await _read_badge(one) for one in wanted}
                async with self:
                    for dataset_id, badge in found.items():
                        self._name(dataset_id, badge)
                    self._show_menu()
        finally:
            async with self:
                self._named_by = ""

    async def _next_unnamed(self) -> list[str]:
        async with self:
            return self._find_unnamed()[:AT_ONCE] if self._is_open else []

    def _find_unnamed(self) -> list[str]:
        """Datasets that were changed since they were looked at."""
        return [
            dataset_id
            for dataset_id, (_, changed_at) in self._listed.items()
            if self._badges.get(dataset_id, (None,))[0] != changed_at
        ]

    def _list_datasets(self, datasets: Sequence[DatasetName]) -> None:
        """Show these, with the badges that are known."""
        self._listed = {one.id: (Choice.of_name(one).label, one.updated_at) for one in datasets}
        self._show_menu()

    def _name(self, dataset_id: str, badge: str) -> None:
        if dataset_id in self._listed:
            self._badges[dataset_id] = (self._listed[dataset_id][1], badge)

    def _show_menu(self) -> None:
        self.datasets = [
            Choice(dataset_id, " · ".join(filter(None, (label, self._badge_of(dataset_id)))))
            for dataset_id, (label, _) in self._listed.items()
        ]

    def _badge_of(self, dataset_id: str) -> str:
        return self._badges[dataset_id][1] if dataset_id in self._badges else ""


async def _read_badge(dataset_id: str) -> str:
    def read(session: Session) -> str:
        return find_badge(count_qualifying(session, dataset_id))

    try:
        return await ask(read)
    except RftError:
        return ""  # it was deleted meanwhile; the next change shows that
