"""State of the intake panel: what arrives, who may send, how long it stays."""

from typing import ClassVar

import reflex as rx

from rft_app.domain.intake_overview import IntakeOverview
from rft_app.domain.retention import MAX_DAYS, Retention
from rft_app.errors import InvalidInputError, RftError
from rft_app.services.intake_overview import read_overview
from rft_app.services.retention import set_retention
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.intake_setup import SETUPS, write_setup
from rft_app.ui.state.intake_view import IntakeView, view_intake
from rft_app.ui.state.live_page import LivePage
from rft_app.ui.state.step_modal import read_whole
from rft_app.ui.words import count

ADDRESS = "/traces?intake=1"


class IntakeState(LivePage, rx.State):
    """One visitor's view of the panel, which the address `?intake=1` opens."""

    refresh_s: ClassVar[float] = 5.0

    is_open: bool = False
    is_read: bool = False
    """Whether what shows was read from the database."""
    fault: str = ""
    view: IntakeView = IntakeView()
    setup: str = next(iter(SETUPS))
    setup_lines: str = ""
    days: str = ""
    """How long traces are kept, as it is typed; empty keeps them."""
    days_note: str = ""
    days_fault: str = ""
    _kept_days: int = 0
    _has_keys: bool = False

    @rx.var
    def is_days_typed(self) -> bool:
        """Whether what shows is not what is kept."""
        return self.days.strip() != _write_days(self._kept_days)

    @rx.event
    def follow_address(self) -> rx.event.EventCallback[()] | None:
        """Open or close, as the address says."""
        was_open, self.is_open = self.is_open, "intake" in self.router.url.query_parameters
        if not self.is_open or was_open:
            return None
        self.is_read, self.days_note, self.days_fault = False, "", ""
        return IntakeState.follow

    @rx.event
    def open_panel(self) -> rx.event.EventSpec:
        """The address leads to it."""
        return rx.redirect(ADDRESS)

    @rx.event
    def close_panel(self) -> rx.event.EventSpec:
        """Back to the list."""
        self.is_open = False
        return rx.redirect(ADDRESS.partition("?")[0])

    @rx.event
    def choose_setup(self, name: str) -> None:
        """Show how another kind of application sends."""
        self.setup = name
        self._write_setup()

    @rx.event
    def set_days(self, text: str) -> None:
        """Type how long traces are kept."""
        self.days, self.days_note, self.days_fault = text, "", ""

    @rx.event
    async def save_days(self) -> None:
        """Keep traces for as long as was typed."""
        try:
            days = read_whole(self.days, "number of days") if self.days.strip() else 0
            if not 0 <= days <= MAX_DAYS:
                raise InvalidInputError(f"Write a number of days up to {MAX_DAYS:,}.")
            await tell(lambda session: set_retention(session, Retention(days=days)))
        except RftError as error:
            self.days_fault = error.message
            return
        self._show_days(days)
        self.days_note = (
            f"Saved. Within the hour, what is older than {count(days, 'day')} is deleted."
            if days
            else "Saved. Traces are kept."
        )

    def _is_over(self) -> bool:
        return not self.is_open

    async def _refresh(self) -> None:
        try:
            found = await ask(read_overview)
        except RftError as error:
            async with self:
                self.fault = error.message
            return
        async with self:
            self._show(found)

    def _show(self, found: IntakeOverview) -> None:
        self.fault, self.view = "", view_intake(found)
        self._has_keys = found.num_keys > 0
        if not self.is_days_typed:
            self._show_days(found.retention_days)
        self.is_read = True
        self._write_setup()

    def _show_days(self, days: int) -> None:
        self._kept_days, self.days = days, _write_days(days)

    def _write_setup(self) -> None:
        origin = self.router.url.origin
        self.setup_lines = write_setup(self.setup, origin, has_keys=self._has_keys)


def _write_days(days: int) -> str:
    return str(days) if days else ""
