"""Targets in the coverage dialog: typed in percent, added up, saved together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import reflex as rx

from rft_app.domain.coverage import percent, resolve_targets
from rft_app.domain.topic import TopicTree
from rft_app.errors import ConflictError, InvalidInputError, RftError
from rft_app.services.topic_edits import set_targets
from rft_app.services.topics import get_topics
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.modal import NOTHING, ModalState
from rft_app.ui.state.step_modal import StepModal
from rft_app.ui.state.topic_order import read_percent
from rft_app.ui.state.topic_row import spaced


@dataclass(frozen=True)
class TargetRow:
    """One leaf while targets are edited."""

    key: str
    name: str
    share: str
    text: str
    """As typed; empty for an equal part of the rest."""
    equal: str
    """What an empty one comes to."""


def read_targets(typed: Mapping[str, str]) -> dict[str, float | None]:
    """The targets that were typed.

    Raises:
        InvalidInputError: One is no number from 0 to 100, or together they cannot be 100%.
    """
    targets = {key: read_percent(text, key) for key, text in typed.items()}
    resolve_targets(tuple(targets), targets)
    return targets


def describe_sum(targets: Mapping[str, float | None]) -> str:
    """What the targets add up to.

    Example:
        >>> describe_sum({"a": 0.5, "b": None, "c": None})
        'Set: 50%. The other 2 topics share 50%.'
        >>> describe_sum({"a": 0.5, "b": 0.5}), describe_sum({"a": None})
        ('Set: 100%.', 'All topics have an equal part.')
    """
    given = [share for share in targets.values() if share is not None]
    if not given:
        return "All topics have an equal part."
    num_open = len(targets) - len(given)
    if not num_open:
        return f"Set: {percent(sum(given))}."
    others = "The other topic has" if num_open == 1 else f"The other {num_open} topics share"
    return f"Set: {percent(sum(given))}. {others} {percent(max(0.0, 1 - sum(given)))}."


class CoverageTargets(StepModal, mixin=True):
    """The editor; saving measures the coverage again."""

    is_editing: bool = False
    targets: list[TargetRow] = []
    sum_words: str = ""
    sum_fault: str = ""
    targets_fault: str = ""
    is_target_conflict: bool = False
    is_saving: bool = False

    _typed: dict[str, str] = {}
    _saved: dict[str, str] = {}
    _version: int = 0

    @rx.event
    async def edit_targets(self) -> None:
        """Show a field for every topic."""
        tree = await self._get_tree()
        self._saved = {
            key: "" if share is None else f"{share * 100:.10g}"
            for key, share in tree.targets.items()
        }
        self._typed, self._version = dict(self._saved), tree.version
        self.is_editing, self.targets_fault, self.is_target_conflict = True, "", False
        self._show_targets(tree)

    @rx.event
    async def type_target(self, key: str, text: str) -> None:
        """A target was typed."""
        self._typed = {**self._typed, key: text}
        await self._show_typed()

    @rx.event
    async def equal_targets(self) -> None:
        """Give every topic an equal part; nothing is saved yet."""
        self._typed = dict.fromkeys(self._typed, "")
        await self._show_typed()

    @rx.event
    async def cancel_targets(self) -> None:
        """Leave the targets as they are."""
        self.is_editing, self._typed = False, dict(self._saved)
        await self._mark_unsaved()

    @rx.event
    async def reload_targets(self) -> None:
        """After a conflict: take the topics as they are now and keep what was typed."""
        typed, tree = self._typed, await self._get_tree()
        self._version, self.targets_fault, self.is_target_conflict = tree.version, "", False
        self._typed = {
            key: typed.get(key, "" if share is None else f"{share * 100:.10g}")
            for key, share in tree.targets.items()
        }
        await self._show_typed()

    @rx.event
    async def save_targets(self) -> Any:  # noqa: ANN401  # an event
        """Store all targets, then measure again."""
        if self.is_saving:
            return None
        self.is_saving, self.targets_fault = True, ""
        dataset_id, version = self._dataset_id, self._version
        try:
            targets = read_targets(self._typed)
            await tell(lambda session: set_targets(session, dataset_id, targets, version=version))
        except RftError as error:
            self.targets_fault = error.message
            self.is_target_conflict = isinstance(error, ConflictError)
            return None
        finally:
            self.is_saving = False
        self._saved, self.is_editing = dict(self._typed), False
        await self._mark_unsaved()
        return type(self).run

    async def _get_tree(self) -> TopicTree:
        dataset_id = self._dataset_id
        return await ask(lambda session: get_topics(session, dataset_id))

    async def _show_typed(self) -> None:
        self._show_targets(await self._get_tree())
        await self._mark_unsaved()

    def _show_targets(self, tree: TopicTree) -> None:
        self.sum_fault, equal = "", "–"
        try:
            targets = read_targets(self._typed)
            self.sum_words = describe_sum(targets)
            resolved = resolve_targets(tuple(targets), targets)
            is_open = (key for key, one in targets.items() if one is None)
            equal = next((percent(resolved[key]) for key in is_open), "")
        except InvalidInputError as error:
            self.sum_fault = error.message
        counts, total = tree.counts, tree.num_records
        self.targets = [
            TargetRow(
                key=key,
                name=spaced(key),
                share=percent(counts.get(key, 0) / total) if total else "–",
                text=text,
                equal=equal.removesuffix("%"),
            )
            for key, text in self._typed.items()
        ]

    async def _mark_unsaved(self) -> None:
        modal = await self.get_state(ModalState)
        is_changed = self.is_editing and self._typed != self._saved
        if is_changed or modal.unsaved == self.step.value:
            modal.unsaved = self.step.value if is_changed else NOTHING
