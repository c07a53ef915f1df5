"""State of the Training page's frame: the tab that is open, and how much there is of everything."""

import reflex as rx

from rft_app.errors import RftError
from rft_app.services.training_overview import get_training_overview
from rft_app.ui.state.asking import ask
from rft_app.ui.state.figure import Figure
from rft_app.ui.state.live_page import LivePage
from rft_app.ui.words import count

ROUTE = "/training"


def export_address(dataset_id: rx.Var[str] | str, records: str = "") -> rx.Var[str] | str:
    """Where a dataset is exported.

    Args:
        dataset_id: Its id.
        records: Which of it, as the tab's `scope` names it; all unless given.

    Example:
        >>> export_address("ds_1"), export_address("ds_1", "chosen")
        ('/training?tab=export&dataset=ds_1', '/training?tab=export&dataset=ds_1&records=chosen')
    """
    part = f"&records={records}" if records else ""
    return f"{ROUTE}?tab=export&dataset={dataset_id}{part}"


class TrainingPageState(LivePage, rx.State):
    """One visitor's view of the page."""

    tab: str = ""
    """As the address names it; the page falls back to its first tab."""
    figures: list[Figure] = []

    @rx.event
    def follow_address(self) -> None:
        """Open the tab that the address names."""
        self.tab = self.router.url.query_parameters.get("tab", "")

    @rx.event
    def open_tab(self, name: str) -> rx.event.EventSpec:
        """Open a tab."""
        self.tab = name
        return rx.redirect(f"{ROUTE}?tab={name}")

    async def _refresh(self) -> None:
        try:
            found = await ask(get_training_overview)
        except RftError:
            return  # the figures of before stay; the tab below says what is wrong
        async with self:
            self.figures = [
                _figure(found.num_traces, "trace"),
                Figure("feedback", f"{found.num_feedback:,}"),
                _figure(found.num_datasets, "dataset"),
                _figure(found.num_exports, "export"),
            ]


def _figure(number: int, noun: str) -> Figure:
    value, _, name = count(number, noun).partition(" ")
    return Figure(name, value)
