"""State of the Training page's frame: the tab that is open, and how much there is of everything."""

import reflex as rx

from rft_app.errors import RftError
from rft_app.services.training_overview import get_training_overview
from rft_app.ui.state.asking import ask
from rft_app.ui.state.figure import Figure
from rft_app.ui.state.live_page import LivePage
from rft_app.ui.words import count

ROUTE = "/training"
TABS = ("feedback", "datasets", "export", "auto-improve")
"""As addresses name them, in the order of the bar."""


def export_address(
    dataset_id: rx.Var[str] | str, records: rx.Var[str] | str = ""
) -> rx.Var[str] | str:
    """Where a dataset is exported.

    Args:
        dataset_id: Its id.
        records: Which of it, as the tab's `scope` names it; all unless given.

    Example:
        >>> export_address("ds_1"), export_address("ds_1", "chosen")
        ('/training?tab=export&dataset=ds_1', '/training?tab=export&dataset=ds_1&records=chosen')
    """
    is_part = isinstance(records, rx.Var) or bool(records)
    part = f"&records={records}" if is_part else ""
    return f"{ROUTE}?tab=export&dataset={dataset_id}{part}"


class TrainingPageState(LivePage, rx.State):
    """One visitor's view of the page."""

    tab: str = ""
    """The open one; empty while nobody read the address."""
    named: str = ""
    """What the address said when it was read: of a later one, nothing shows before it is read."""
    figures: list[Figure] = []

    @rx.event
    def follow_address(self) -> None:
        """Open the tab that the address names, else the first."""
        self.named = self.router.url.query_parameters.get("tab", "")
        self.tab = self.named if self.named in TABS else TABS[0]

    @rx.event
    def open_tab(self, name: str) -> rx.event.EventSpec:
        """Open a tab: the address leads to it."""
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
