"""A grader that is suggested: it fills the form, with the reason beside it."""

import reflex as rx

from rft_app.errors import RftError
from rft_app.services.grader_proposal import propose_grader
from rft_app.services.grader_suggestion import GraderSuggestion
from rft_app.ui.state.asking import ask, dataset_id_in
from rft_app.ui.state.grader import DEFECT, GraderState


class GraderSuggestionState(rx.State):
    """What was suggested, and why."""

    is_looking: bool = False
    reason: str = ""
    suggested: str = ""
    """Mark of the text that was suggested; the reason is shown while the text is that."""

    @rx.event(background=True)
    async def suggest(self) -> None:
        """Look at the data and fill the form; nothing is saved, and no change is lost."""
        async with self:
            if self.is_looking:
                return
            grader = await self.get_state(GraderState)
            if grader.has_changes:
                grader.load_fault = "Save or discard your changes before a grader is suggested."
                return
            dataset_id = dataset_id_in(self.router.url.path)
            self.is_looking, grader.load_fault = True, ""
        found: GraderSuggestion | RftError = RftError(DEFECT)
        try:
            found = await ask(lambda session: propose_grader(session, dataset_id))
        except RftError as error:
            found = error
        finally:  # a defect goes on to the log
            async with self:
                self.is_looking = False
                if dataset_id == dataset_id_in(self.router.url.path):
                    await self._show(found)

    async def _show(self, found: GraderSuggestion | RftError) -> None:
        grader = await self.get_state(GraderState)
        if isinstance(found, RftError):
            grader.load_fault = found.message
        elif grader.has_changes:  # typed while it was looked for
            grader.load_fault = "You began to type, so the suggested grader was left out."
        else:
            await grader.fill(found.spec)
            self.reason, self.suggested = found.reason, grader.draft.mark
