"""The dialog of step 4: edit a grader, try it, save it as the next version."""

from dataclasses import replace
from typing import Any, ClassVar

import reflex as rx

from rft_app.domain.grader import GraderSpec, GraderVersion
from rft_app.domain.pipeline import StepName
from rft_app.errors import InvalidInputError, NotAvailableError, RftError
from rft_app.graders import check_grader
from rft_app.services.grader_versions import list_grader_versions
from rft_app.services.graders import check_isolation, save_grader, try_grader
from rft_app.services.pipeline import StepView
from rft_app.settings import get_settings
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.grader_draft import Draft, VersionRow, version_rows
from rft_app.ui.state.guard import off_loop
from rft_app.ui.state.modal import NOTHING, ModalState
from rft_app.ui.state.rollout_view import RolloutView
from rft_app.ui.state.step_modal import StepModal

NUM_TRIED = 5


class GraderState(StepModal, rx.State):
    """The draft, its faults, its trial, and the stored versions."""

    step: ClassVar[StepName] = StepName.GRADER
    shows_before_result: ClassVar[bool] = True

    draft: Draft = Draft()
    has_changes: bool = False
    fault_message: str = ""
    fault_line: int = 0
    fault_column: int = 0
    save_fault: str = ""
    is_saving: bool = False
    next_version: str = "v1"
    current_label: str = ""
    saved_at: str = ""
    versions: list[VersionRow] = []
    is_isolated: bool = True
    isolation: str = ""
    isolation_note: str = ""
    tried: list[RolloutView] = []
    tried_note: str = ""
    try_fault: str = ""
    is_trying: bool = False

    _saved: Draft | None = None
    _specs: dict[str, GraderSpec] = {}

    @rx.event
    async def choose_kind(self, kind: str) -> None:
        """Switch between a script and a string check; both drafts stay."""
        await self._edit(kind=kind)

    @rx.event
    async def edit_source(self, source: str) -> None:
        """The script changed."""
        await self._edit(source=source)

    @rx.event
    async def choose_operation(self, operation: str) -> None:
        """How texts are compared."""
        await self._edit(operation=operation)

    @rx.event
    async def edit_field(self, text: str) -> None:
        """What is compared."""
        await self._edit(field=text)

    @rx.event
    async def edit_reference(self, text: str) -> None:
        """What it is compared with."""
        await self._edit(reference=text)

    @rx.event
    async def save(self) -> Any:  # noqa: ANN401  # an event
        """Store the draft as the next version."""
        dataset_id, draft = self._dataset_id, self.draft
        self.save_fault, self.is_saving = "", True
        yield
        try:
            version = await tell(lambda session: save_grader(session, dataset_id, draft.to_spec()))
        except RftError as error:
            self._show_fault(error)
            self.save_fault, self.is_saving = error.message, False
            return
        self.is_saving, self._saved = False, self.draft
        await self._refresh(is_forced=True)
        yield rx.toast.success(f"Saved as {version.label.replace('_', ' ')}")

    @rx.event
    async def discard(self) -> None:
        """Go back to the saved version."""
        self.draft = self._saved or Draft()
        await self._check()
        self.save_fault = ""

    @rx.event
    async def restore(self, version_id: str) -> Any:  # noqa: ANN401  # an event
        """Store an earlier version as a new one; nothing is lost."""
        dataset_id, spec = self._dataset_id, self._specs[version_id]
        try:
            version = await tell(lambda session: save_grader(session, dataset_id, spec))
        except RftError as error:
            self.save_fault = error.message
            return None
        self.draft = self._saved = Draft.of(version.spec)
        await self._refresh(is_forced=True)
        return rx.toast.success(f"Restored as {version.label.replace('_', ' ')}")

    @rx.event
    async def try_it(self) -> Any:  # noqa: ANN401  # an event
        """Grade the answers of five records; nothing is stored."""
        if self.is_trying:
            return
        dataset_id, draft = self._dataset_id, self.draft
        self.is_trying, self.try_fault = True, ""
        yield
        try:
            tried = await off_loop(lambda: try_grader(dataset_id, draft.to_spec(), NUM_TRIED))
        except RftError as error:
            self._show_fault(error)
            self.try_fault, self.tried = error.message, []
        else:
            self.tried = [RolloutView.of(grade) for grade in tried]
            num_failed = sum(not view.is_graded for view in self.tried)
            failed = f" · {num_failed} not graded" if num_failed else ""
            self.tried_note = f"{len(tried)} records{failed}"
        self.is_trying = False

    async def _edit(self, **changes: str) -> None:
        self.draft = replace(self.draft, **changes)
        if self.tried:
            self.tried_note = "before your last edit"
        await self._check()

    async def _check(self) -> None:
        self.has_changes = self.draft != (self._saved or Draft())
        modal = await self.get_state(ModalState)
        modal.unsaved = StepName.GRADER.value if self.has_changes else NOTHING
        try:
            check_grader(self.draft.to_spec())
        except InvalidInputError as error:
            self._show_fault(error)
        else:
            self.fault_message, self.fault_line, self.fault_column = "", 0, 0

    def _show_fault(self, error: RftError) -> None:
        self.fault_message = error.message
        line, column = error.details.get("line"), error.details.get("column")
        self.fault_line = line if isinstance(line, int) else 0
        self.fault_column = column if isinstance(column, int) else 0

    async def _show(self, step: StepView) -> None:
        dataset_id = self._dataset_id
        versions = await ask(lambda session: list_grader_versions(session, dataset_id))
        self._show_versions(versions)
        if not self.isolation:
            await self._show_isolation()
        await self._check()

    def _show_versions(self, versions: list[GraderVersion]) -> None:
        self.versions = version_rows(versions)
        self._specs = {version.id: version.spec for version in versions}
        self.next_version = f"v{versions[0].version + 1 if versions else 1}"
        self.current_label = versions[0].label.replace("_", " ") if versions else ""
        self.saved_at = self.versions[0].made if versions else ""
        saved = Draft.of(versions[0].spec) if versions else None
        if saved is not None and (self._saved is None and not self.has_changes):
            self.draft = saved
        self._saved = saved

    async def _show_isolation(self) -> None:
        settings = get_settings()
        limits = f"{settings.script_timeout_s:g} s · {settings.script_memory_mb} MB"
        try:
            found = await off_loop(check_isolation)
        except NotAvailableError as error:
            self.is_isolated, self.isolation = False, "scripts cannot run here"
            self.isolation_note = error.message
            return
        self.is_isolated = found.is_sufficient
        if found.is_sufficient:
            self.isolation = f"runs in a sandbox · {limits}"
            self.isolation_note = "No files, no network, no other processes."
        elif settings.allow_unisolated_scripts:
            self.isolation = f"not isolated · {limits}"
            self.isolation_note = (
                f"This system lacks {', '.join(found.missing)}; RFT_ALLOW_UNISOLATED_SCRIPTS"
                " lets scripts run all the same. Run only scripts you trust."
            )
        else:
            self.isolation = "scripts cannot run here"
            self.isolation_note = (
                f"This system lacks {', '.join(found.missing)}. Set"
                " RFT_ALLOW_UNISOLATED_SCRIPTS=1 to run scripts you trust, or use a string check."
            )
