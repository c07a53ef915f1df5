"""What an export is of: the whole dataset, a snapshot, or records chosen in their list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import reflex as rx
from sqlmodel import Session

from rft_app.domain.export import ExportOptions
from rft_app.domain.record import Selection
from rft_app.domain.snapshot import Snapshot
from rft_app.errors import NotFoundError
from rft_app.services.export_counts import Qualifying, count_qualifying
from rft_app.services.record_changes import count_exact
from rft_app.services.snapshots import get_snapshot, list_snapshots
from rft_app.ui.state.asking import ask
from rft_app.ui.state.choice import Choice
from rft_app.ui.state.snapshots import PURPOSES
from rft_app.ui.words import ago, count

WHOLE, CHOSEN = "", "chosen"
NUM_SNAPSHOTS = 20
_UNKNOWN = "Chosen records are known only to the tab they were chosen in."
_NO_SNAPSHOT = "It has no such snapshot."


@dataclass(frozen=True)
class ChosenView:
    """The chosen records in words; empty where none were."""

    words: str = ""
    """How many there are now."""
    option: str = ""
    """The same with how they were found."""
    conditions: str = ""
    """How they were found."""
    left_out: str = ""
    """Which of them cannot be exported."""

    @classmethod
    def of(
        cls, selection: Selection, conditions: Sequence[str], num_now: int, num_usable: int
    ) -> "ChosenView":
        """Say it in words.

        Args:
            selection: What was chosen.
            conditions: Of its filter, in words.
            num_now: Records of it that there are now.
            num_usable: Those among them that can be exported.

        Example:
            >>> three = Selection(only=("rec_1", "rec_2", "rec_3"))
            >>> view = ChosenView.of(three, [], num_now=2, num_usable=1)
            >>> view.words, view.left_out
            ('2 selected records', '1 deleted since · 1 invalid or repeated, left out')
            >>> view = ChosenView.of(Selection(excluded=("rec_1",)), ["Topic: Bags"], 203, 203)
            >>> view.option, view.left_out
            ('203 records: Topic: Bags · all but 1', '')
        """
        names, excluded = selection.only, len(selection.excluded)
        words = count(num_now, "record" if names is None else "selected record")
        found = " · ".join([*conditions, *([f"all but {excluded:,}"] if excluded else [])])
        num_deleted = 0 if names is None else len(set(names)) - num_now
        left_out = {
            "deleted since": num_deleted,
            "invalid or repeated, left out": num_now - num_usable,
        }
        return cls(
            words=words,
            option=f"{words}: {found}" if found else words,
            conditions=found,
            left_out=" · ".join(f"{number:,} {why}" for why, number in left_out.items() if number),
        )


class ExportScope(rx.State, mixin=True):
    """The scope of one visitor's export; chosen records stay for the visit and its reloads."""

    scope: str = WHOLE
    """`WHOLE`, `CHOSEN` or the id of a snapshot."""
    scope_note: str = ""
    """Why it is the whole dataset though the address names a part."""
    has_grade_of_own: bool = False
    """Whether the chosen records were found by their grade in a dry run that was named."""
    has_grades: bool = False
    """Whether a dry run says what a grade is."""
    chosen_records: ChosenView = ChosenView()
    snapshots: list[Choice] = []

    _selection: dict[str, Any] = {}
    _conditions: list[str] = []
    _chosen_from: str = ""
    """The dataset of the chosen records."""

    def take(self, dataset_id: str, selection: Selection, conditions: Sequence[str]) -> str:
        """Take chosen records; for handlers of other states.

        Args:
            dataset_id: Whose.
            selection: The records.
            conditions: Of its filter, in words.

        Returns:
            What the tab's address says of them.
        """
        if selection == Selection():
            return WHOLE
        self._selection, self._conditions = selection.model_dump(mode="json"), [*conditions]
        self._chosen_from = dataset_id
        return CHOSEN

    def _drop_chosen(self) -> None:
        self._selection, self._conditions, self._chosen_from = {}, [], ""

    async def _open_scope(self, dataset_id: str, wanted: str) -> None:
        """Show which scopes there are, and choose the wanted one if it is among them."""
        self.snapshots = await ask(lambda session: _read_snapshots(session, dataset_id, wanted))
        has_chosen = bool(self._selection) and self._chosen_from == dataset_id
        known = {WHOLE, *(one.value for one in self.snapshots), *([CHOSEN] if has_chosen else [])}
        self.scope = wanted if wanted in known else WHOLE
        self.scope_note = "" if wanted in known else _UNKNOWN if wanted == CHOSEN else _NO_SNAPSHOT
        self.chosen_records = ChosenView()
        if has_chosen:
            chosen = self._chosen
            num_now = await ask(lambda session: count_exact(session, dataset_id, chosen))
            found = await ask(lambda session: count_qualifying(session, dataset_id, chosen))
            num_usable = found[0].num_records
            self.chosen_records = ChosenView.of(chosen, self._conditions, num_now, num_usable)
        self.has_grade_of_own = has_chosen and self._chosen.filter.dry_run is not None

    async def _count_scope(self, dataset_id: str, options: ExportOptions) -> tuple[Qualifying, ...]:
        """What each format could write of it."""
        selection = self._scope_selection(None)
        return await ask(lambda session: count_qualifying(session, dataset_id, selection, options))

    @property
    def _chosen(self) -> Selection:
        return Selection.model_validate(self._selection)

    @property
    def _snapshot_id(self) -> str | None:
        return None if self.scope in {WHOLE, CHOSEN} else self.scope

    def _scope_selection(self, min_grade: float | None) -> Selection:
        """The records, those of at least this grade; a snapshot is taken as it is."""
        if self._snapshot_id is not None:
            return Selection()
        selection = self._chosen if self.scope == CHOSEN else Selection()
        return selection.graded_from(min_grade, has_grades=self.has_grades)


def _read_snapshots(session: Session, dataset_id: str, wanted: str) -> list[Choice]:
    """The newest snapshots, to export one of them, and the one that is wanted."""
    found = [used.snapshot for used in list_snapshots(session, dataset_id, limit=NUM_SNAPSHOTS)]
    if wanted not in {WHOLE, CHOSEN, *(one.id for one in found)}:
        found += _find_snapshot(session, dataset_id, wanted)
    return [
        Choice(
            one.id,
            f"{one.label or PURPOSES[one.purpose]} · {count(one.num_records, 'record')}"
            f" · {ago(one.created_at)}",
        )
        for one in found
    ]


def _find_snapshot(session: Session, dataset_id: str, snapshot_id: str) -> list[Snapshot]:
    """An older one, if the dataset has it."""
    try:
        found = get_snapshot(session, dataset_id, snapshot_id)
    except NotFoundError:
        return []
    return [found]
