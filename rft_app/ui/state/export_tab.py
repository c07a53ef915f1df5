"""The Export tab: a dataset, a format, its options, the bytes they give, the files made so far."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import reflex as rx
from sqlmodel import Session

from rft_app.domain.dataset import DatasetName
from rft_app.domain.export import ExportOptions, Lack
from rft_app.domain.record import Selection
from rft_app.errors import InvalidInputError, NotAvailableError, RftError
from rft_app.exports import EXPORTERS
from rft_app.exports.custom import read_template
from rft_app.jobs.queue import list_jobs
from rft_app.services.datasets import list_choices
from rft_app.services.export_counts import Qualifying
from rft_app.services.export_preview import ExportPreview, describe_preview
from rft_app.services.exports import check_export, list_formats, start_export
from rft_app.services.training_summary import recommend, summarise_training
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.choice import pick_dataset
from rft_app.ui.state.export_history import ExportHistory, read_history
from rft_app.ui.state.export_menu import ExportMenu
from rft_app.ui.state.export_options import ExportOptionsForm, Remembered
from rft_app.ui.state.export_scope import CHOSEN, WHOLE, ExportScope
from rft_app.ui.state.export_tab_view import (
    FormatCard,
    PreviewView,
    SummaryView,
    VariantChip,
    view_cards,
)
from rft_app.ui.state.progress import JobProgress
from rft_app.ui.state.training_page import export_address

NUM_PREVIEWED = 3
_KEPT = (
    *("remembered", "_followed_by", "_named_by", "_badges"),
    *("_selection", "_conditions", "_chosen_from"),
)
"""What outlives a visit; of chosen records it is the address that decides."""


class ExportTabState(ExportHistory, ExportMenu, ExportScope, ExportOptionsForm, rx.State):
    """What is chosen, what it would write, what was written."""

    remembered: str = rx.LocalStorage("", name="rft-export")
    summary: SummaryView = SummaryView()
    cards: list[FormatCard] = []
    family: str = ""
    variants: list[VariantChip] = []
    chosen: str = ""
    """The format."""
    chosen_label: str = ""
    unit: str = ""
    """What a row of the chosen format stands for."""
    has_argument_choice: bool = False
    template_fault: str = ""
    preview: PreviewView = PreviewView()
    preview_fault: str = ""
    """Why no row can be written as things are."""
    read_fault: str = ""
    """Why what was chosen could not be read."""
    is_pretty: bool = True
    is_raw: bool = False
    """The opposite of `is_pretty`."""
    is_blocked: bool = True

    _recommended: str = ""
    _qualifying: dict[str, Qualifying] = {}
    _changed_at: dict[str, datetime] = {}
    """When each dataset was changed last."""
    _seen_at: datetime | None = None
    """When the chosen one had been changed last before it was looked at."""

    @rx.event
    async def choose_dataset(self, dataset_id: str) -> Any:  # noqa: ANN401  # an event
        """Choose what to export."""
        self.fault = ""
        await self._show_dataset(dataset_id, WHOLE)
        return self._name_in_address()

    @rx.event
    async def choose_scope(self, scope: str) -> Any:  # noqa: ANN401  # an event
        """Choose which records of it."""
        self.fault = ""
        await self._show_dataset(self.dataset_id, scope)
        return self._name_in_address()

    @rx.event
    async def read_again(self) -> None:
        """Read what was chosen and could not be read."""
        await self._show_dataset(self.dataset_id, self.scope)

    @rx.event
    async def choose_family(self, family: str) -> None:
        """Choose a card: its recommended format, else its first."""
        names = [one.name for one in list_formats() if one.family == family]
        await self._choose_format(self._recommended if self._recommended in names else names[0])

    @rx.event
    async def choose_variant(self, name: str) -> None:
        """Choose one of the family's formats."""
        await self._choose_format(name)

    @rx.event
    def choose_pretty(self, is_pretty: bool) -> None:
        """Indent the preview, or show the bytes."""
        self.is_pretty, self.is_raw = is_pretty, not is_pretty

    @rx.event
    async def start(self) -> None:
        """Start the export as a job."""
        dataset_id, name = self.dataset_id, self.chosen
        self.fault = ""
        try:
            options, selection = self._asked()
            order = await ask(
                lambda session: check_export(
                    session,
                    dataset_id=dataset_id,
                    format=name,
                    options=options,
                    selection=selection,
                )
            )
            job = await tell(lambda session: start_export(session, order))
        except RftError as error:
            self.fault = error.message
            return
        self._await_file(job)

    def _enter(self) -> None:
        """Every visit starts without a dataset, but for one that the address names."""
        kept = {name: getattr(self, name) for name in _KEPT}
        self.reset()
        for name, value in kept.items():
            setattr(self, name, value)
        self._take_remembered(Remembered.read(str(self.remembered)))

    async def _refresh(self, *, is_forced: bool = False) -> Any:  # noqa: ANN401  # an event
        named = self.router.url.query_parameters.get("dataset", "")
        wanted = named if is_forced else self.dataset_id
        try:
            datasets = await ask(lambda session: list_choices(session, wanted))
            self._list_datasets(datasets)
            self._changed_at = {one.id: one.updated_at for one in datasets}
            await (self._open(datasets) if is_forced else self._keep_current())
            if not datasets:
                self.fault = ""  # there is nothing to choose instead
            events = await self._follow_job()
            if not self.is_blocked:
                self.read_fault = ""
            if self._find_unnamed() and not is_forced:
                events.append(ExportTabState.name_badges)
            return events or None
        except RftError as error:
            self.is_loading = False
            if self.dataset_id:
                self.read_fault = error.message
            else:
                self.fault = error.message
            return None

    async def _follow_job(self) -> list[Any]:
        dataset_id, ended = self.dataset_id, await self._find_ended()
        jobs = await ask(lambda session: list_jobs(session, dataset_id)) if dataset_id else []
        active = [job for job in jobs if job.kind == "export" and not job.status.is_settled]
        self.is_running = bool(active)
        self.job = JobProgress.of(active[0]) if active else JobProgress()
        self.history = await ask(read_history)
        return [] if ended is None else self._finish(ended)

    async def _open(self, datasets: Sequence[DatasetName]) -> None:
        """Show what the address names: a dataset, and which records of it."""
        self.cards = view_cards(list_formats(), {})
        parameters = self.router.url.query_parameters
        wanted, scope = parameters.get("dataset", ""), parameters.get("records", WHOLE)
        if scope != CHOSEN:
            self._drop_chosen()
        named = pick_dataset(datasets, wanted)
        if wanted and not named:
            self.fault = f"There is no dataset “{wanted}”. Choose another."
        await self._show_dataset(named, scope)
        self.is_loading = False

    async def _keep_current(self) -> None:
        """Look again at a dataset that was changed, and away from one that was deleted."""
        if self.dataset_id and self.dataset_id not in self._changed_at:
            self.dataset_id, self.is_blocked, self.preview = "", True, PreviewView()
            self.fault = "The dataset was deleted. Choose another."
        elif self.dataset_id and self._changed_at[self.dataset_id] != self._seen_at:
            await self._show_dataset(self.dataset_id, self.scope)

    async def _show_dataset(self, dataset_id: str, scope: str) -> None:
        if not dataset_id:
            return
        self.read_fault = ""
        try:
            summary = await ask(lambda session: summarise_training(session, dataset_id))
            self.has_grades = summary.has_grades
            await self._open_scope(dataset_id, scope)
            qualifying = await self._count_scope(dataset_id, self._judging())
        except RftError as error:
            self._leave_unread(dataset_id, scope, error)
            return
        self.dataset_id, self._seen_at = dataset_id, self._changed_at.get(dataset_id)
        self.summary, self._recommended = SummaryView.of(summary), recommend(qualifying)
        self._name(dataset_id, summary.badge)
        self._show_menu()
        self._qualifying = {one.format: one for one in qualifying}
        kept = self.chosen or Remembered.read(str(self.remembered)).format
        await self._choose_format(kept or self._recommended)

    def _leave_unread(self, dataset_id: str, scope: str, error: RftError) -> None:
        """Show what was chosen as unread: what was shown before is not exported instead."""
        if dataset_id != self.dataset_id:
            self.summary, self._qualifying = SummaryView(), {}
            self._show_cards()
        self.dataset_id, self.scope, self._seen_at = dataset_id, scope, None
        self.read_fault, self.is_blocked, self.preview = error.message, True, PreviewView()

    def _name_in_address(self) -> Any:  # noqa: ANN401  # an event
        address = export_address(self.dataset_id, self.scope)
        return rx.call_script(f"history.replaceState(null,'','{address}')")

    async def _choose_format(self, name: str) -> None:
        exporter = EXPORTERS.get(name)
        self.chosen, self.family, self.chosen_label = name, exporter.family, exporter.label
        self.has_argument_choice = exporter.has_argument_choice
        self.variants = [
            VariantChip(one.name, one.variant)
            for one in list_formats()
            if one.family == exporter.family and one.variant
        ]
        self._show_cards()
        await self._changed()

    async def _changed(self) -> None:
        self.remembered = self._to_remember(self.chosen)
        await self._show_preview()

    async def _show_preview(self) -> None:
        if not self.dataset_id or not self.chosen:
            return
        self.preview_fault = self.template_fault = self.number_fault = self.faulty = ""
        self.read_fault = ""
        exporter = EXPORTERS.get(self.chosen)
        try:
            options, selection = self._asked()
            if exporter.name == "custom":
                self._check_template()
            self.unit = exporter.unit_for(options).value
            found = await ask(self._preview_question(options, selection))
        except NotAvailableError as error:
            self._leave_unread(self.dataset_id, self.scope, error)
            return
        except RftError as error:
            is_marked = bool(self.template_fault or self.number_fault)
            self.preview_fault = "Mend what is marked in red." if is_marked else error.message
            self.is_blocked, self.preview = True, PreviewView()
            lacks = msgspec.convert(error.details.get("skipped", {}), dict[Lack, int])
            self._judge_chosen(sum(lacks.values()), lacks)
            return
        self.is_blocked, self.preview = False, PreviewView.of(found, exporter, options)
        self._judge_chosen(found.num_sampled, found.lacks)

    def _judge_chosen(self, num_read: int, lacks: Mapping[Lack, int]) -> None:
        """Let the chosen card say what these options lead to, not what the usual ones would."""
        if not num_read:
            return
        judged = Qualifying(
            format=self.chosen,
            num_qualifying=num_read - sum(lacks.values()),
            num_looked_at=num_read,
            num_records=num_read,
            lacks=tuple(lack.message for lack in lacks),
        )
        self._qualifying[self.chosen] = judged
        self._show_cards()

    def _show_cards(self) -> None:
        self.cards = view_cards(list_formats(), self._qualifying, self._recommended, self.chosen)

    def _judging(self) -> ExportOptions:
        """What decides which records fit, as far as it can be read."""
        try:
            read_template(self.template)
            return self._options(EXPORTERS.get("custom"), self._snapshot_id)
        except InvalidInputError:
            return ExportOptions(snapshot_id=self._snapshot_id)

    def _asked(self) -> tuple[ExportOptions, Selection]:
        """What an export would be asked for.

        Raises:
            InvalidInputError: A number is none, or out of its range.
        """
        options = self._options(EXPORTERS.get(self.chosen), self._snapshot_id)
        min_grade = self._number("min_grade", 0.0) if self.min_grade.strip() else None
        return options, self._scope_selection(min_grade)

    def _preview_question(self, options: ExportOptions, selection: Selection) -> Any:  # noqa: ANN401
        dataset_id, name = self.dataset_id, self.chosen

        def question(session: Session) -> ExportPreview:
            return describe_preview(
                session,
                dataset_id=dataset_id,
                format=name,
                options=options,
                selection=selection,
                limit=NUM_PREVIEWED,
            )

        return question

    def _check_template(self) -> None:
        try:
            read_template(self.template)
        except InvalidInputError as error:
            self.template_fault = error.message
            raise
