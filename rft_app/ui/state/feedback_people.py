"""What all people said of the chosen dataset, kept current: counts and agreement."""

import asyncio

import reflex as rx
from sqlmodel import Session

from rft_app.errors import RftError
from rft_app.services.feedback import count_feedback
from rft_app.services.feedback_agreement import list_agreement
from rft_app.ui.state.asking import ask
from rft_app.ui.state.feedback_view import AgreementView, describe_counts
from rft_app.ui.state.live import changes
from rft_app.ui.state.process import PROCESS

PAUSE_S = 2.0
"""After a change, so that counts of many people are read once for many changes."""
SHOWN_PAIRS = 8


class FeedbackPeople(rx.State, mixin=True):
    """Beside the queue; `dataset_id` is its dataset."""

    dataset_id: str = ""
    people: str = ""
    """Counts in one line."""
    agreements: list[AgreementView] = []
    more_pairs: str = ""

    _is_open: bool = False
    _watched_by: str = ""
    """The process that keeps it current."""

    @rx.event(background=True)
    async def watch_people(self) -> None:
        """Keep counts and agreement current while the tab is open."""
        async with self:
            if self._watched_by == PROCESS:
                return
            self._watched_by = PROCESS
            token = self.router.session.client_token
        try:
            async for _ in changes(token):
                await asyncio.sleep(PAUSE_S)
                async with self:
                    if not self._is_open:
                        return
                    dataset_id = self.dataset_id
                found = await _read(dataset_id)  # not in the block: keys would have to wait for it
                async with self:
                    if found is not None and dataset_id == self.dataset_id:
                        self._show_people(*found)
        finally:
            async with self:
                self._watched_by = ""

    async def _read_people(self) -> None:
        found = await _read(self.dataset_id)
        self._show_people(*(found or ("", [])))

    def _show_people(self, counts: str, agreements: list[AgreementView]) -> None:
        self.people, self.agreements = counts, agreements[:SHOWN_PAIRS]
        more = len(agreements) - SHOWN_PAIRS
        self.more_pairs = f"and {more:,} more pairs" if more > 0 else ""


async def _read(dataset_id: str) -> tuple[str, list[AgreementView]] | None:
    """Counts and agreement; nothing where they cannot be read: the queue says what is wrong."""
    if not dataset_id:
        return None

    def question(session: Session) -> tuple[str, list[AgreementView]]:
        counts = describe_counts(count_feedback(session, dataset_id))
        return counts, list(map(AgreementView.of, list_agreement(session, dataset_id)))

    try:
        return await ask(question)
    except RftError:
        return None
