"""State of "Personal values" in the intake panel: what is replaced in traces that arrive."""

import reflex as rx
from sqlmodel import Session

from rft_app.domain.scrubbing import ScrubPreview, ScrubRules
from rft_app.errors import RftError
from rft_app.services.scrub_preview import preview_newest
from rft_app.services.scrubbing import count_replaced, get_rules, set_rules
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.scrub_form import Look, ScrubForm
from rft_app.ui.state.scrub_view import KindCount, count_kinds

DAYS = 30
Found = tuple[ScrubRules, dict[str, int]]


class PersonalValuesState(ScrubForm, rx.State):
    """One visitor's view of what was chosen for all traces that arrive."""

    is_loaded: bool = False
    load_fault: str = ""
    save_fault: str = ""
    is_changed: bool = False
    """Whether what shows is not what is saved."""
    note: str = ""
    """What saving did."""
    num_newest: str = "100"
    """Traces that a preview looks at."""
    replaced: list[KindCount] = []
    """In the last days."""

    @rx.event(background=True)
    async def load(self) -> None:
        """Read what is chosen, and what was replaced; what is not saved yet stays."""
        await self._load()

    @rx.event(background=True)
    async def discard(self) -> None:
        """Go back to what is saved."""
        async with self:
            self.is_changed = False
        await self._load()

    async def _load(self) -> None:
        fault, found = "", None
        try:
            found = await ask(_read)
        except RftError as error:
            fault = error.message
        async with self:
            self.load_fault = fault
            if found is None:
                return
            rules, counts = found
            self.replaced = count_kinds(counts)
            if not (self.is_loaded and self.is_changed):
                self._show_rules(rules)
                self._scrub_edited()
                self.is_loaded, self.is_changed = True, False

    @rx.event
    def set_num_newest(self, text: str) -> None:
        """Choose how many traces a preview looks at."""
        self.num_newest = text
        self._forget_preview()

    @rx.event
    async def save(self) -> None:
        """Replace what is chosen in all that arrives from now on."""
        rules = self._read_scrub()
        if rules is None:
            return
        try:
            await tell(lambda session: set_rules(session, rules))
        except RftError as error:
            self.save_fault = error.message
            return
        self.is_changed, self.save_fault = False, ""
        self.note = "Saved." if self.num_scrubbed else "Saved. Nothing is replaced."

    def _look_at(self, rules: ScrubRules) -> Look:
        number = int(self.num_newest)

        def look(session: Session) -> ScrubPreview:
            return preview_newest(session, rules, number)

        return look

    def _scrub_edited(self) -> None:
        super()._scrub_edited()
        self.is_changed, self.note, self.save_fault = True, "", ""


def _read(session: Session) -> Found:
    return get_rules(session), count_replaced(session, DAYS)
