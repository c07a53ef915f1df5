"""The Export tab: a dataset, a format, its options, the bytes they give, the files made so far."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import reflex as rx
from sqlmodel import Session

from rft_app.domain.export import ExportOptions, ToolArguments
from rft_app.domain.job import JobStatus
from rft_app.domain.record import RecordFilter, Selection
from rft_app.errors import InvalidInputError, RftError
from rft_app.exports import EXPORTERS
from rft_app.exports.custom import DEFAULT_TEMPLATE, read_template
from rft_app.jobs.queue import get_job, list_jobs
from rft_app.services.datasets import get_dataset, list_datasets
from rft_app.services.export_preview import ExportPreview, describe_preview
from rft_app.services.exports import find_export_of_job, list_exports, list_formats, start_export
from rft_app.services.snapshots import list_snapshots
from rft_app.services.training_summary import summarise_training
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.export_tab_view import (
    DatasetOption,
    ExportRow,
    FormatCard,
    PreviewView,
    SummaryView,
    VariantChip,
    view_cards,
)
from rft_app.ui.state.following import Following
from rft_app.ui.state.progress import JobProgress
from rft_app.ui.words import ago, count

NUM_PREVIEWED = 3
NUM_LISTED = 10
NUM_SNAPSHOTS = 20
SWITCHES = ("include_test", "include_metadata", "shuffle", "balance", "as_completion", "is_array")


class _Remembered(msgspec.Struct):
    """What the browser keeps between visits."""

    format: str = ""
    switches: dict[str, bool] = {}
    template: str = ""


def _read_remembered(text: str) -> _Remembered:
    """What the browser kept; nothing where it is not ours."""
    try:
        kept = msgspec.json.decode(text, type=_Remembered)
    except msgspec.DecodeError:
        return _Remembered()
    return kept if kept.format in {"", *EXPORTERS.names()} else _Remembered()


def _read_history(session: Session) -> list[ExportRow]:
    """The last exports of all datasets whose files are still there."""
    made = [one for one in list_exports(session, limit=5 * NUM_LISTED) if one.is_done]
    kept = [one for one in made if one.expires_at > datetime.now(UTC)][:NUM_LISTED]
    names = {one.dataset_id: "" for one in kept}
    names = {dataset_id: get_dataset(session, dataset_id).name for dataset_id in names}
    return [ExportRow.of(one, names[one.dataset_id], EXPORTERS.get(one.format)) for one in kept]


def _read_snapshots(session: Session, dataset_id: str) -> list[DatasetOption]:
    """The newest snapshots, to export one of them."""
    found = [used.snapshot for used in list_snapshots(session, dataset_id, limit=NUM_SNAPSHOTS)]
    return [
        DatasetOption(
            one.id,
            f"{one.label or one.purpose.replace('_', ' ')} · {count(one.num_records, 'record')}"
            f" · {ago(one.created_at)}",
        )
        for one in found
    ]


class ExportTabState(Following, rx.State):
    """What is chosen, what it would write, what was written."""

    remembered: str = rx.LocalStorage("", name="rft-export")
    datasets: list[DatasetOption] = []
    dataset_id: str = ""
    summary: SummaryView = SummaryView()
    snapshots: list[DatasetOption] = []
    cards: list[FormatCard] = []
    family: str = ""
    variants: list[VariantChip] = []
    chosen: str = ""
    chosen_label: str = ""
    unit: str = ""
    """What a row of the chosen format stands for."""
    has_argument_choice: bool = False
    include_test: bool = True
    include_metadata: bool = True
    shuffle: bool = False
    balance: bool = False
    as_completion: bool = False
    is_array: bool = False
    tool_arguments: str = ToolArguments.DEFAULT.value
    template: str = DEFAULT_TEMPLATE
    template_fault: str = ""
    margin: str = "0.1"
    threshold: str = "0.5"
    min_grade: str = ""
    snapshot: str = ""
    number_fault: str = ""
    preview: PreviewView = PreviewView()
    preview_fault: str = ""
    is_previewing: bool = False
    is_pretty: bool = True
    is_raw: bool = False
    """The opposite of `is_pretty`."""
    is_blocked: bool = True
    history: list[ExportRow] = []

    _recommended: str = ""
    _started_job: str = ""
    """The job this tab started: its file is downloaded as soon as it is there."""

    @rx.event
    async def choose_dataset(self, dataset_id: str) -> Any:  # noqa: ANN401  # an event
        """Choose what to export."""
        await self._show_dataset(dataset_id)
        return rx.call_script(f"history.replaceState(null,'','?tab=export&dataset={dataset_id}')")

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
    async def switch(self, name: str, is_on: bool) -> None:
        """Turn one of `SWITCHES` on or off."""
        if name in SWITCHES:
            setattr(self, name, is_on)
            self._remember()
            await self._show_preview()

    @rx.event
    async def set_text(self, name: str, text: str) -> None:
        """Set one of the other options."""
        if name in {"margin", "threshold", "min_grade", "snapshot", "tool_arguments", "template"}:
            setattr(self, name, text)
            self._remember()
            await self._show_preview()

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
            options, selection = self._options(), self._selection()
            job = await tell(
                lambda session: start_export(
                    session,
                    dataset_id=dataset_id,
                    format=name,
                    options=options,
                    selection=selection,
                )
            )
        except RftError as error:
            self.fault = error.message
            return
        self._started_job, self.is_running, self.job = job.id, True, JobProgress.of(job)

    @rx.event
    def download(self, export_id: str, file_name: str) -> rx.event.EventSpec:
        """Download a finished file again."""
        return rx.download(url=f"/api/training/exports/{export_id}/file", filename=file_name)

    def _enter(self) -> None:
        """Every visit starts without a dataset, but for one that the address names."""
        remembered = str(self.remembered)
        self.reset()
        self.remembered = remembered
        kept = _read_remembered(remembered)
        for name, is_on in kept.switches.items():
            if name in SWITCHES:
                setattr(self, name, is_on)
        self.template = kept.template or DEFAULT_TEMPLATE

    async def _refresh(self, *, is_forced: bool = False) -> Any:  # noqa: ANN401  # an event
        if is_forced:
            await self._open()
        dataset_id = self.dataset_id
        jobs = await ask(lambda session: list_jobs(session, dataset_id)) if dataset_id else []
        active = [job for job in jobs if job.kind == "export" and not job.status.is_settled]
        self.is_running = bool(active)
        self.job = JobProgress.of(active[0]) if active else JobProgress()
        self.history = await ask(_read_history)
        return await self._finish() if self._started_job and not active else None

    async def _open(self) -> None:
        """Read the datasets; the address may name one by id or by name."""
        found = await ask(lambda session: list_datasets(session, sort="updated"))
        self.datasets = [DatasetOption.of(one) for one in found]
        self.cards = view_cards(list_formats(), {}, "")
        wanted = self.router.url.query_parameters.get("dataset", "")
        named = next((one.id for one in found if wanted in {one.id, one.name}), "")
        if wanted and not named:
            self.fault = f"There is no dataset “{wanted}”. Choose another."
        if named:
            await self._show_dataset(named)
        self.is_loading = False

    async def _show_dataset(self, dataset_id: str) -> None:
        if not dataset_id:
            return
        try:
            summary = await ask(lambda session: summarise_training(session, dataset_id))
            self.snapshots = await ask(lambda session: _read_snapshots(session, dataset_id))
        except RftError as error:
            self.fault = error.message
            return
        self.fault, self.dataset_id, self.snapshot = "", dataset_id, ""
        self.summary = SummaryView.of(summary)
        self._recommended = summary.recommended
        qualifying = {one.format: one for one in summary.qualifying}
        self.cards = view_cards(list_formats(), qualifying, summary.recommended)
        kept = self.chosen or _read_remembered(str(self.remembered)).format
        await self._choose_format(kept if kept in qualifying else summary.recommended)

    async def _choose_format(self, name: str) -> None:
        exporter = EXPORTERS.get(name)
        self.chosen, self.family, self.chosen_label = name, exporter.family, exporter.label
        self.has_argument_choice = exporter.has_argument_choice
        self.variants = [
            VariantChip(one.name, one.variant)
            for one in list_formats()
            if one.family == exporter.family and one.variant
        ]
        self._remember()
        await self._show_preview()

    async def _show_preview(self) -> None:
        if not self.dataset_id or not self.chosen:
            return
        self.preview_fault = self.template_fault = self.number_fault = ""
        exporter = EXPORTERS.get(self.chosen)
        try:
            options, selection = self._options(), self._selection()
            if exporter.name == "custom":
                self._check_template()
            self.unit = exporter.unit_for(options).value
            found = await ask(self._preview_question(options, selection))
        except RftError as error:
            if not self.template_fault and not self.number_fault:
                self.preview_fault = error.message
            self.is_blocked, self.preview = True, PreviewView()
            return
        self.is_blocked, self.preview = False, PreviewView.of(found, exporter, options)

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

    def _options(self) -> ExportOptions:
        """The options as chosen.

        Raises:
            InvalidInputError: A number is none, or out of its range.
        """
        exporter = EXPORTERS.get(self.chosen)
        is_custom, switches = exporter.name == "custom", {n: getattr(self, n) for n in SWITCHES}
        arguments = self.tool_arguments if exporter.has_argument_choice else "default"
        return ExportOptions(
            **switches,
            tool_arguments=ToolArguments(arguments),
            margin=self._number("margin", 0.01, 1.0) or 0.1,
            threshold=self._number("threshold", 0.0, 1.0) or 0.0,
            template=self.template if is_custom else "",
            snapshot_id=self.snapshot or None,
        )

    def _selection(self) -> Selection:
        if self.snapshot:
            return Selection()
        return Selection(filter=RecordFilter(min_grade=self._number("min_grade", 0.0, 1.0)))

    def _number(self, name: str, low: float, high: float) -> float | None:
        text: str = getattr(self, name).strip()
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not low <= value <= high:
            self.number_fault = f"A number from {low:g} to {high:g}; {text!r} is none."
            raise InvalidInputError(self.number_fault, field=name)
        return value

    def _remember(self) -> None:
        kept = _Remembered(
            format=self.chosen,
            switches={name: getattr(self, name) for name in SWITCHES},
            template="" if self.template == DEFAULT_TEMPLATE else self.template,
        )
        self.remembered = msgspec.json.encode(kept).decode()

    async def _finish(self) -> Any:  # noqa: ANN401  # events
        job_id, self._started_job = self._started_job, ""
        job = await ask(lambda session: get_job(session, job_id))
        if job.status is JobStatus.DONE:
            export_id = find_export_of_job(job)
            row = next((row for row in self.history if row.id == export_id), None)
            if row is None:
                return None
            url = f"/api/training/exports/{row.id}/file"
            return [
                rx.download(url=url, filename=row.file_name),
                rx.toast.success("Export downloaded"),
            ]
        if job.error is not None:
            self.fault = f"Export failed: {job.error.message}"
        return None
