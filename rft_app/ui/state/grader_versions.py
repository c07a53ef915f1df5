"""Comparing two versions of a grader, or one with the text that is not saved yet."""

from collections.abc import Sequence
from dataclasses import dataclass

import reflex as rx
from sqlmodel import Session

from rft_app.domain.grader import GraderSpec
from rft_app.domain.grader_difference import compare_graders
from rft_app.errors import RftError
from rft_app.services.grader_versions import get_grader_version
from rft_app.ui.state.asking import ask, dataset_id_in
from rft_app.ui.state.grader import GraderState
from rft_app.ui.state.grader_difference_view import DifferenceView, view_difference
from rft_app.ui.state.grader_draft import VersionRow

DRAFT = "draft"
"""In the menus, the text as it is now."""


@dataclass(frozen=True)
class VersionOption:
    """One choice of the menus."""

    value: str
    name: str
    label: str
    """The name, and when it was made."""


class GraderVersionsState(rx.State):
    """The two that are compared, and what the second changed."""

    is_comparing: bool = False
    options: list[VersionOption] = []
    first: str = ""
    second: str = ""
    first_name: str = ""
    second_name: str = ""
    difference: DifferenceView = DifferenceView()
    fault: str = ""

    @rx.event
    async def compare(self, number: int) -> None:
        """Open the comparison of a version with the one before it.

        The current version is compared with the draft where that holds changes.
        """
        grader = await self.get_state(GraderState)
        self.options = list_options(grader.versions, has_draft=grader.has_changes)
        values = [option.value for option in self.options]
        at = values.index(str(number))
        is_draft = at == 1 and values[0] == DRAFT
        self.second = DRAFT if is_draft else str(number)
        self.first = str(number) if is_draft else values[min(at + 1, len(values) - 1)]
        self.is_comparing = True
        await self._show()

    @rx.event
    async def choose_first(self, value: str) -> None:
        """What is compared with."""
        self.first = value
        await self._show()

    @rx.event
    async def choose_second(self, value: str) -> None:
        """What may have changed."""
        self.second = value
        await self._show()

    @rx.event
    async def swap(self) -> None:
        """Turn the comparison round."""
        self.first, self.second = self.second, self.first
        await self._show()

    @rx.event
    def close(self) -> None:
        """Back to the editor."""
        self.is_comparing = False

    async def _show(self) -> None:
        dataset_id = dataset_id_in(self.router.url.path)
        chosen, draft = (self.first, self.second), None
        names = {option.value: option.name for option in self.options}
        self.first_name, self.second_name = (names[value] for value in chosen)
        self.fault = ""
        try:
            if DRAFT in chosen:
                draft = (await self.get_state(GraderState)).draft.to_spec()
            self.difference = await ask(
                lambda session: _compare(session, dataset_id, chosen, draft)
            )
        except RftError as error:
            self.fault, self.difference = error.message, DifferenceView()


def list_options(versions: Sequence[VersionRow], *, has_draft: bool) -> list[VersionOption]:
    """The choices, newest first.

    Example:
        >>> list_options([], has_draft=True)
        [VersionOption(value='draft', name='unsaved changes', label='unsaved changes')]
    """
    draft = [VersionOption(DRAFT, "unsaved changes", "unsaved changes")] if has_draft else []
    return draft + [
        VersionOption(str(row.version), row.label, f"{row.label} · {row.made}") for row in versions
    ]


def _compare(
    session: Session, dataset_id: str, chosen: Sequence[str], draft: GraderSpec | None
) -> DifferenceView:
    first, second = (
        draft
        if value == DRAFT and draft is not None
        else get_grader_version(session, dataset_id, int(value)).spec
        for value in chosen
    )
    return view_difference(compare_graders(first, second))
