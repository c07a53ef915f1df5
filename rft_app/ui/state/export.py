"""The export dialog: a format, its options, the bytes it would write, the files made so far."""

from dataclasses import dataclass, field
from typing import Any

import reflex as rx

from rft_app.domain.export import Export, ExportOptions, Need
from rft_app.domain.job import JobStatus
from rft_app.domain.record import Selection
from rft_app.errors import RftError
from rft_app.exports import Exporter
from rft_app.jobs.queue import get_job, list_jobs
from rft_app.services.datasets import get_dataset
from rft_app.services.export_counts import Qualifying, count_qualifying
from rft_app.services.export_preview import describe_preview
from rft_app.services.exports import (
    find_export_of_job,
    list_exports,
    list_formats,
    start_export,
)
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.following import Following
from rft_app.ui.state.modal import ModalState
from rft_app.ui.state.progress import JobProgress
from rft_app.ui.words import ago, count, share, size

NUM_PREVIEWED = 3
NEEDS = {
    Need.OUTPUT: "a recorded answer",
    Need.REFERENCE: "a reference answer",
    Need.QUESTION: "an input that ends with a user or tool turn",
    Need.ANSWER: "a reference or a recorded answer",
    Need.PAIR: "a better and a worse answer",
    Need.LABEL: "an answer that is known to be good or bad",
}


@dataclass(frozen=True)
class FormatCard:
    """One format to choose."""

    name: str
    label: str
    description: str
    suffix: str
    needs: str
    qualifying: str
    lacks: str
    """What the other records lack; empty when all qualify."""
    is_empty: bool
    """Whether no record qualifies."""


@dataclass(frozen=True)
class ExportRow:
    """One export of the history."""

    id: str
    file_name: str
    format: str
    rows: str
    size: str
    made: str
    is_done: bool
    state: str


@dataclass(frozen=True)
class PreviewView:
    """What the chosen export would hold."""

    rows: list[str]
    text: str
    num_records: str = ""
    split: str = ""
    files: list[str] = field(default_factory=list[str])
    size: str = ""
    more: str = ""


def view_format(exporter: Exporter, found: Qualifying) -> FormatCard:
    """Describe one format for this dataset."""
    needs = " and ".join(NEEDS[need] for need in exporter.needs)
    return FormatCard(
        name=exporter.name,
        label=exporter.label,
        description=exporter.description,
        suffix=exporter.layout(ExportOptions()).suffix,
        needs=f"Needs {needs}" if needs else "Needs only the input",
        qualifying=describe_qualifying(found),
        lacks=f"The others have {found.lacks[0]}." if found.lacks else "",
        is_empty=found.num_qualifying == 0,
    )


def describe_qualifying(found: Qualifying) -> str:
    """How many records can be written, and how sure that is.

    Example:
        >>> exact = Qualifying(format="x", num_qualifying=3, num_looked_at=4, num_records=4)
        >>> describe_qualifying(exact)
        '3 of 4 records qualify'
        >>> describe_qualifying(exact.model_copy(update={"num_records": 9_000}))
        'about 75% of 9,000 records qualify'
    """
    if found.is_exact:
        return f"{found.num_qualifying:,} of {count(found.num_records, 'record')} qualify"
    part = found.num_qualifying / found.num_looked_at
    return f"about {share(part)} of {count(found.num_records, 'record')} qualify"


def view_export(export: Export, labels: dict[str, str]) -> ExportRow:
    """Describe one export of the history."""
    test = f" · {export.num_test:,} test" if export.num_test else ""
    return ExportRow(
        id=export.id,
        file_name=export.file_name,
        format=labels.get(export.format, export.format),
        rows=f"{export.num_train:,} train{test}" if export.is_done else "–",
        size=size(export.size_bytes) if export.size_bytes is not None else "–",
        made=ago(export.created_at),
        is_done=export.is_done,
        state="" if export.is_done else "not complete",
    )


class ExportState(Following, rx.State):
    """What is chosen, what it would write, what was written."""

    is_previewing: bool = False
    preview_fault: str = ""
    dataset_name: str = ""
    cards: list[FormatCard] = []
    chosen: str = ""
    chosen_label: str = ""
    include_test: bool = True
    include_metadata: bool = True
    preview: PreviewView = PreviewView(rows=[], text="")
    is_pretty: bool = True
    is_raw: bool = False
    """The opposite of `is_pretty`."""
    history: list[ExportRow] = []
    is_blocked: bool = True
    blocked_reason: str = ""
    sources: str = ""
    """What was chosen to be exported, in words; empty for the whole dataset."""

    _selection: dict[str, Any] = {}
    """Empty for the whole dataset."""
    _started_job: str = ""
    """The job this dialog started: its file is downloaded as soon as it is there."""

    def start_from(self, selection: Selection, words: str) -> Any:  # noqa: ANN401  # an event
        """Open the dialog for chosen records; for handlers of other states.

        Args:
            selection: The records.
            words: What they are, e.g. `12 selected records`.
        """
        self._enter()
        self._selection, self.sources = selection.model_dump(mode="json"), words
        return ModalState.open_export()

    @rx.event
    async def drop_sources(self) -> None:
        """Export the whole dataset instead of chosen records."""
        self._selection, self.sources = {}, ""
        await self._open(self._dataset_id)

    @rx.event
    def leave(self) -> None:
        """The dialog closed; what was chosen for it is chosen no longer."""
        super().leave()
        self._selection, self.sources = {}, ""

    @rx.event
    async def choose(self, name: str) -> None:
        """Choose a format."""
        self.chosen = name
        await self._show_preview()

    @rx.event
    async def toggle_test(self, is_on: bool) -> None:
        """Write the test split to its own file, or not."""
        self.include_test = is_on
        await self._show_preview()

    @rx.event
    async def toggle_metadata(self, is_on: bool) -> None:
        """Add `metadata.json`, or not."""
        self.include_metadata = is_on
        await self._show_preview()

    @rx.event
    def choose_pretty(self, is_pretty: bool) -> None:
        """Indent the preview, or show the bytes."""
        self.is_pretty, self.is_raw = is_pretty, not is_pretty

    @rx.event
    async def start(self) -> None:
        """Start the export as a job."""
        dataset_id, name, options = self._dataset_id, self.chosen, self._options()
        selection = self._chosen
        self.fault = ""
        try:
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
        return _download(export_id, file_name)

    def _options(self) -> ExportOptions:
        return ExportOptions(include_test=self.include_test, include_metadata=self.include_metadata)

    @property
    def _chosen(self) -> Selection:
        return Selection.model_validate(self._selection)

    async def _show_preview(self) -> None:
        dataset_id, name, options = self._dataset_id, self.chosen, self._options()
        selection = self._chosen
        card = next(card for card in self.cards if card.name == name)
        self.chosen_label, self.preview_fault = card.label, ""
        try:
            found = await ask(
                lambda session: describe_preview(
                    session,
                    dataset_id=dataset_id,
                    format=name,
                    options=options,
                    selection=selection,
                    limit=NUM_PREVIEWED,
                )
            )
        except RftError as error:
            self.preview_fault = self.blocked_reason = error.message
            self.is_blocked, self.preview = True, PreviewView(rows=[], text="")
            return
        rows = [row.decode().removesuffix("\n") for row in found.rows]
        num_records = found.num_train + found.num_test
        about = f"about {size(found.estimated_file_bytes)}"
        self.is_blocked, self.blocked_reason = False, ""
        self.preview = PreviewView(
            rows=rows,
            text="\n".join(rows),
            num_records=card.qualifying,
            split=f"{found.num_train:,} train · {found.num_test:,} test"
            if options.include_test
            else f"{found.num_train:,} train only",
            files=list(found.file_names),
            size=about,
            more=f"… and {num_records - len(rows):,} more records"
            if num_records > len(rows)
            else "",
        )

    async def _show_history(self) -> None:
        dataset_id = self._dataset_id
        labels = {card.name: card.label for card in self.cards}
        found = await ask(lambda session: list_exports(session, dataset_id, 10))
        self.history = [view_export(export, labels) for export in found if export.is_done]

    async def _refresh(self, *, is_forced: bool = False) -> rx.event.EventSpec | None:
        dataset_id = self._dataset_id
        if is_forced and not await self._open(dataset_id):
            return None
        jobs = await ask(lambda session: list_jobs(session, dataset_id))
        active = [job for job in jobs if job.kind == "export" and not job.status.is_settled]
        self.is_running = bool(active)
        self.job = JobProgress.of(active[0]) if active else JobProgress()
        if active:
            return None
        await self._show_history()
        return await self._finish() if self._started_job else None

    async def _open(self, dataset_id: str) -> bool:
        """Read what does not change while the dialog is open; whether that went well."""
        selection = self._chosen
        try:
            dataset = await ask(lambda session: get_dataset(session, dataset_id))
            found = await ask(lambda s: count_qualifying(s, dataset_id, selection))
        except RftError as error:
            self.fault, self.is_loading = error.message, False
            return False
        self.dataset_name = dataset.name
        self.cards = [
            view_format(exporter, one) for exporter, one in zip(list_formats(), found, strict=True)
        ]
        useful = [card.name for card in self.cards if not card.is_empty]
        if self.chosen == "":
            self.chosen = (useful or [self.cards[0].name])[0]
        await self._show_preview()
        await self._show_history()
        self.is_loading = False
        return True

    async def _finish(self) -> rx.event.EventSpec | None:
        job_id, self._started_job = self._started_job, ""
        job = await ask(lambda session: get_job(session, job_id))
        if job.status is JobStatus.DONE:
            export_id = find_export_of_job(job)
            row = next((row for row in self.history if row.id == export_id), None)
            return _download(row.id, row.file_name) if row else None
        if job.error is not None:
            self.fault = f"The export failed. {job.error.message}"
        return None


def _download(export_id: str, file_name: str) -> rx.event.EventSpec:
    return rx.download(url=f"/api/training/exports/{export_id}/file", filename=file_name)
