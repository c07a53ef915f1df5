"""The dialog of step 4: edit a grader, try it, save it as the next version."""

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import reflex as rx
from sqlmodel import Session

from rft_app.domain.grader import GraderSpec, GraderVersion
from rft_app.domain.pipeline import StepName
from rft_app.domain.provider import DEMO_QUALITY, FREE
from rft_app.errors import InvalidInputError, NotAvailableError, RftError
from rft_app.graders.grader_file import parse_grader
from rft_app.llm.catalogue import ENVIRONMENT
from rft_app.services.grader_versions import list_grader_versions, restore_version
from rft_app.services.graders import (
    check_grader,
    check_isolation,
    configure_grader,
)
from rft_app.services.models import list_models
from rft_app.services.pipeline import StepView
from rft_app.settings import get_settings
from rft_app.ui.state import rubric_draft
from rft_app.ui.state.asking import ask
from rft_app.ui.state.generation_view import ModelOption, find_demo
from rft_app.ui.state.grader_draft import FIELDS, Draft, VersionRow, version_rows
from rft_app.ui.state.guard import off_loop
from rft_app.ui.state.judge_labels import follow_labels
from rft_app.ui.state.modal import NOTHING, ModalState
from rft_app.ui.state.rubric_draft import CriterionView
from rft_app.ui.state.step_modal import StepModal
from rft_app.ui.words import size

VERSIONS_SHOWN = 20
MAX_FILE_BYTES = 1_000_000
"""Of a grader's file."""
DEFECT = "The app broke while it graded; what happened is in the server's log. Try again."


class GraderState(StepModal, rx.State):
    """The draft, its faults, its trial, and the stored versions."""

    step: ClassVar[StepName] = StepName.GRADER
    shows_before_result: ClassVar[bool] = True

    draft: Draft = Draft()
    has_changes: bool = False
    fault_field: str = ""
    """The field that the fault is in, where that is known."""
    fault_message: str = ""
    fault_line: int = 0
    fault_column: int = 0
    save_fault: str = ""
    load_fault: str = ""
    """Why a file cannot be taken, with its name; empty once something else is done."""
    is_saving: bool = False
    next_version: str = "v1"
    current_label: str = ""
    saved_at: str = ""
    versions: list[VersionRow] = []
    is_isolated: bool = True
    isolation: str = ""
    isolation_note: str = ""
    limits_hint: str = ""
    models: list[ModelOption] = []
    """Those a judge can ask, the preferred one first."""
    is_configured: bool = True
    """Whether there is a provider to ask."""
    how_to: str = ""
    """How to configure one; empty where there is one."""
    provider: str = ""
    """Its host."""
    has_more_versions: bool = False

    _saved: Draft | None = None
    _num_versions: int = VERSIONS_SHOWN

    @rx.var
    def draft_mark(self) -> str:
        """Tells whether figures are of the draft as it is."""
        return self.draft.mark

    @rx.var
    def first_model(self) -> str:
        """Whom a judge without a model asks."""
        if not self.models:
            return ""
        first = self.models[0]
        return f"{first.name}, {DEMO_QUALITY if first.is_demo else 'the first configured'}"

    @rx.var
    def asked(self) -> str:
        """Who is asked, and for what."""
        if self.is_demo:
            return f"asks the embedded model · {FREE}"
        named = (model for model in self.models if model.name == self.draft.model)
        chosen = next(named, self.models[0] if self.models else None)
        is_own = chosen is None or chosen.provider == ENVIRONMENT
        return f"asks {self.provider if is_own or chosen is None else chosen.provider} · paid"

    @rx.var
    def is_demo(self) -> bool:
        """Whether the judge would be the embedded model."""
        name = self.draft.model or (self.models[0].name if self.models else "")
        return find_demo(self.models, name) != ""

    @rx.var
    def strange_model(self) -> str:
        """The judge's model where it is not among those configured; mostly empty."""
        is_known = self.draft.model in {"", *(model.name for model in self.models)}
        return "" if is_known else self.draft.model

    @rx.event
    async def edit(self, name: str, text: str) -> None:
        """A field of the form changed, or the kind; what other kinds' fields hold stays."""
        if name in FIELDS[self.draft.kind] or (name == "kind" and text in FIELDS):
            changes = {name: text}
            if name == "label_rewards":
                old = self.draft
                changes["output_schema"] = follow_labels(old.output_schema, text, old.score_field)
            await self._edit(**changes)

    @rx.var
    def criteria(self) -> list[CriterionView]:
        """Rows of a rubric."""
        return rubric_draft.view_rows(self.draft.criteria)

    @rx.event
    async def edit_criterion(self, index: int, name: str, text: str) -> None:
        """A field of a rubric's row changed."""
        await self._edit(criteria=rubric_draft.change_row(self.draft.criteria, index, name, text))

    @rx.event
    async def add_criterion(self) -> None:
        """One more row."""
        await self._edit(criteria=rubric_draft.add_row(self.draft.criteria))

    @rx.event
    async def remove_criterion(self, index: int) -> None:
        """One row less."""
        await self._edit(criteria=rubric_draft.remove_row(self.draft.criteria, index))

    @rx.event
    async def show_older(self) -> None:
        """List more versions."""
        self._num_versions += VERSIONS_SHOWN
        await self._refresh(is_forced=True)

    @rx.event
    async def save(self) -> Any:  # noqa: ANN401  # an event
        """Store the draft as the next version."""
        dataset_id, draft = self._dataset_id, self.draft
        self.save_fault, self.is_saving = "", True
        yield
        try:
            version = await off_loop(lambda: configure_grader(dataset_id, draft.to_spec()))
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
        self.save_fault = self.load_fault = ""

    @rx.event
    async def load_file(self, files: list[rx.UploadFile]) -> Any:  # noqa: ANN401  # an event
        """Fill the form with the grader of a file; nothing is saved, and no change is lost."""
        if not files:
            return None
        if self.has_changes:
            self.load_fault = "Save or discard your changes before you load a file."
            return None
        name = Path(files[0].filename or "The file").name
        raw = await files[0].read(MAX_FILE_BYTES + 1)
        try:
            spec = await off_loop(lambda: _read_file(name, raw))
        except InvalidInputError as error:
            self.load_fault = f"{name} cannot be loaded. {error.message}"
            return None
        await self.fill(spec)
        return rx.toast.success(f"Loaded {name}", description="It is not saved yet.")

    async def fill(self, spec: GraderSpec) -> None:
        """Put settings into the form; nothing is saved."""
        self.draft, self.save_fault, self.load_fault = Draft.of(spec), "", ""
        await self._check()

    @rx.event
    async def restore(self, number: int) -> Any:  # noqa: ANN401  # an event
        """Store an earlier version as a new one; nothing is lost, nor are unsaved changes."""
        dataset_id = self._dataset_id
        if self.has_changes:
            self.save_fault = "Save or discard your changes before you restore a version."
            return None
        try:
            version = await off_loop(lambda: restore_version(dataset_id, number))
        except RftError as error:
            self.save_fault = error.message
            return None
        self.draft = self._saved = Draft.of(version.spec)
        await self._refresh(is_forced=True)
        return rx.toast.success(f"Restored as {version.label.replace('_', ' ')}")

    def _left(self) -> None:
        self.load_fault = ""

    def tell_fault(self, fault: RftError, draft: Draft) -> None:
        """Mark what was found wrong with a draft, unless it was edited since."""
        if self.draft.is_like(draft):
            self._show_fault(fault)

    async def _edit(self, **changes: str) -> None:
        self.draft, self.save_fault = replace(self.draft, **changes), ""
        self.load_fault = ""
        await self._check()

    async def _check(self) -> None:
        self.has_changes = not self.draft.is_like(self._saved or Draft())
        modal = await self.get_state(ModalState)
        modal.unsaved = StepName.GRADER.value if self.has_changes else NOTHING
        draft = self.draft
        try:
            await off_loop(lambda: check_grader(draft.to_spec()))
        except InvalidInputError as error:
            self._show_fault(error)
        else:
            self.fault_field, self.fault_message = "", ""
            self.fault_line, self.fault_column = 0, 0

    def _show_fault(self, error: RftError) -> None:
        self.fault_message = error.message
        self.fault_field = str(error.details.get("field", ""))
        line, column = error.details.get("line"), error.details.get("column")
        self.fault_line = line if isinstance(line, int) else 0
        self.fault_column = column if isinstance(column, int) else 0

    async def _show(self, step: StepView) -> None:
        dataset_id = self._dataset_id
        num_shown = self._num_versions
        versions, rows = await ask(lambda session: _list_versions(session, dataset_id, num_shown))
        self.versions, self.has_more_versions = rows, len(versions) > num_shown
        self._show_saved(versions[0] if versions else None)
        if not self.isolation:
            await self._show_isolation()
        await self._show_models()
        await self._check()

    async def _show_models(self) -> None:
        found = await ask(list_models)
        self.models = [ModelOption.of(model) for model in found.models]
        self.is_configured, self.how_to = found.is_configured, found.how_to
        self.provider = urlsplit(found.base_url).netloc

    def _show_saved(self, current: GraderVersion | None) -> None:
        self.next_version = f"v{current.version + 1 if current else 1}"
        self.current_label = current.label.replace("_", " ") if current else ""
        self.saved_at = self.versions[0].made if current else ""
        saved = Draft.of(current.spec) if current else None
        if saved is not None and (self._saved is None and not self.has_changes):
            self.draft = saved
        self._saved = saved

    async def _show_isolation(self) -> None:
        settings = get_settings()
        limits = f"{settings.script_timeout_s:g} s · {settings.script_memory_mb} MB"
        self.limits_hint = (
            f"At most {settings.script_timeout_s:g} s and {settings.script_memory_mb:,} MB on this"
            " installation."
        )
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


def _list_versions(
    session: Session, dataset_id: str, num_shown: int
) -> tuple[list[GraderVersion], list[VersionRow]]:
    """One version more than is shown, to tell what the last one changed."""
    versions = list_grader_versions(session, dataset_id, limit=num_shown + 1)
    return versions, version_rows(versions, num_shown)


def _read_file(name: str, raw: bytes) -> GraderSpec:
    if len(raw) > MAX_FILE_BYTES:
        raise InvalidInputError(f"It is larger than {size(MAX_FILE_BYTES)}.")
    spec = parse_grader(name, raw)
    check_grader(spec)
    return spec
