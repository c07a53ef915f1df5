"""The import dialog: more records, or other ones, or recorded answers, from a file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import reflex as rx
from sqlmodel import Session

from rft_app.domain.imports import FilePreview, ImportMode, ImportReport
from rft_app.domain.job import Job, JobStatus
from rft_app.domain.scrubbing import NOTHING, ScrubRules
from rft_app.errors import RftError
from rft_app.jobs.queue import get_job, list_active_jobs
from rft_app.services.datasets import get_dataset
from rft_app.services.imports import (
    get_import,
    list_import_errors,
    start_import,
    start_rollouts_import,
)
from rft_app.services.rollout_preview import preview_rollouts
from rft_app.services.scrub_preview import preview_file
from rft_app.services.scrubbing import find_dataset_rules
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.following import Following
from rft_app.ui.state.progress import JobProgress
from rft_app.ui.state.scrub_form import Look, ScrubForm
from rft_app.ui.state.upload import FileUpload
from rft_app.ui.state.upload_view import FaultLine, describe_fault
from rft_app.ui.words import count

KINDS = frozenset({"import_traces", "import_rollouts"})
RECORDS, ROLLOUTS = "records", "rollouts"
"""What a file holds."""
FAULTS_PAGE = 50
NUM_PREVIEWED = 300
"""Rows that a preview of what is replaced looks at."""


@dataclass(frozen=True)
class ImportResult:
    """What an import did, in words."""

    title: str = ""
    """Empty before it has ended."""
    words: str = ""
    is_failed: bool = False
    num_bad: str = ""
    has_replaced: bool = False
    without_answers: str = ""
    """What it means that rows hold no answer; empty where all hold one."""
    missing_half: str = ""
    """Which file of a batch is missing; empty where both are there."""


def describe_result(job: Job, report: ImportReport) -> ImportResult:
    """How an import ended."""
    noun = "answer" if report.kind == "rollouts" else "row"
    if job.status is JobStatus.CANCELLED:
        kept = count(report.num_parsed, noun)
        return ImportResult("The import was cancelled.", f"{kept} read before stay.", True)
    if job.error is not None:
        return ImportResult("The import failed.", job.error.message, is_failed=True)
    has_replaced = job.args.get("mode") == ImportMode.REPLACE
    after = "Extract makes records of them now." if report.kind == "traces" else ""
    if num_same := report.reasons.get("duplicate", 0):
        after = f"{num_same:,} of them were there already."
    if has_replaced:
        after += " What was there before is kept as a snapshot."
    is_damaged = report.damage is not None
    return ImportResult(
        title=f"{count(report.num_parsed, noun)} imported"
        + (", but the file is not whole." if is_damaged else "."),
        words=f"{report.damage or ''} {after}".strip(),
        is_failed=is_damaged,
        num_bad=f"{report.num_invalid:,}" if report.num_invalid else "",
        has_replaced=has_replaced,
        without_answers=report.without_answers,
        missing_half=report.missing_half,
    )


@dataclass(frozen=True)
class _Read:
    num_records: int
    name: str
    job: Job | None
    report: ImportReport | None
    rules: ScrubRules


def _read(session: Session, dataset_id: str, job_id: str) -> _Read:
    dataset = get_dataset(session, dataset_id)
    active = [job for job in list_active_jobs(session, dataset_id) if job.kind in KINDS]
    job = get_job(session, job_id) if job_id else next(iter(active), None)
    report = get_import(session, job.args["import_id"]) if job is not None else None
    rules = find_dataset_rules(session, dataset_id)
    return _Read(dataset.stats.num_records, dataset.name, job, report, rules)


class ImportState(Following, FileUpload, ScrubForm, rx.State):
    """One visitor's import into one dataset."""

    upload_id = "import_file"

    dataset_name: str = ""
    num_records: int = 0
    kind: str = RECORDS
    mode: str = ImportMode.APPEND.value
    is_starting: bool = False
    result: ImportResult = ImportResult()
    bad_lines: list[FaultLine] = []
    has_more: bool = False
    _job_id: str = ""
    _import_id: str = ""
    _last_line: int = 0
    _is_rules_shown: bool = False
    """Whether it began with what the dataset's other imports replaced."""

    @rx.var
    def can_preview(self) -> bool:
        """Whether there is something to try on what is replaced."""
        return self.kind == RECORDS and not self._file_blocker()

    @rx.var
    def blocker(self) -> str:
        """Why the import cannot start yet; empty when it can."""
        if self.kind == ROLLOUTS and not self.num_records:
            return "The dataset has no records that these answers could belong to."
        return self._file_blocker()

    @rx.var
    def effect(self) -> str:
        """What the button will do."""
        if self.kind == ROLLOUTS:
            return "Each answer joins the record it names. Records stay as they are."
        if self.mode == ImportMode.REPLACE and self.num_records:
            noun = count(self.num_records, "record")
            return f"Archives {noun} once the file is read; they are kept as a snapshot."
        stay = f"The {count(self.num_records, 'record')} there stay. " if self.num_records else ""
        return f"{stay}Extract makes records of the new rows."

    @rx.var
    def verb(self) -> str:
        """The button."""
        if self.kind == ROLLOUTS:
            return "Import rollouts"
        if self.mode == ImportMode.REPLACE and self.num_records:
            return f"Replace {count(self.num_records, 'record')}"
        return "Add records"

    @rx.event
    def choose_kind(self, kind: str) -> None:
        """Say what the file holds; a file of the other kind is dropped."""
        if kind != self.kind:
            self.kind = kind
            self._clear_file()

    @rx.event
    def choose_mode(self, mode: str) -> None:
        """Say what becomes of the records that are there."""
        self.mode = mode

    @rx.event
    async def start(self) -> None:
        """Start the import as a job; the uploaded file is the job's from then on."""
        if self.blocker or self.is_starting:
            return
        rules = NOTHING if self.kind == ROLLOUTS else self._read_scrub()
        if rules is None:
            self.fault = self._scrub_fault()
            return
        self.is_starting, self.fault = True, ""
        try:
            job = await tell(self._begin(rules))
        except RftError as error:
            self.fault = error.message
            return
        finally:
            self.is_starting = False
        self._job_id, self._import_id = job.id, str(job.args["import_id"])
        self._path = ""
        self._clear_file()
        self.is_running, self.job = True, JobProgress.of(job)

    def _begin(self, rules: ScrubRules) -> Any:  # noqa: ANN401  # a callable for `tell`
        dataset_id, path, file_name = self._dataset_id, Path(self._path), self.file_name
        if self.kind == ROLLOUTS:
            return lambda session: start_rollouts_import(
                session, dataset_id=dataset_id, path=path, file_name=file_name
            )
        mode = ImportMode(self.mode)
        mapping = self._mapping()
        return lambda session: start_import(
            session,
            dataset_id=dataset_id,
            path=path,
            file_name=file_name,
            mapping=mapping,
            mode=mode,
            scrub=rules,
        )

    def _scrub_unit(self) -> str:
        return "row"

    def _look_at(self, rules: ScrubRules) -> Look | None:
        if not self.can_preview:
            return None
        path, name, mapping = self._path, self.file_name, self._mapping()
        return lambda _: preview_file(
            path, rules, file_name=name, mapping=mapping, num_rows=NUM_PREVIEWED
        )

    async def _look(self, *, is_new: bool) -> None:
        await super()._look(is_new=is_new)
        async with self:
            self._forget_preview()

    def _clear_file(self) -> None:
        super()._clear_file()
        self._forget_preview()

    @rx.event
    def again(self) -> None:
        """Import another file."""
        self._forget_result()

    def _forget_result(self) -> None:
        self.result, self.bad_lines, self._job_id = ImportResult(), [], ""

    @rx.event
    async def show_more(self) -> None:
        """Show the next bad lines."""
        await self._show_bad_lines()

    def _preview(self, path: str, file_name: str, mapping: dict[str, str]) -> FilePreview:
        if self.kind == ROLLOUTS:
            return preview_rollouts(path, file_name=file_name)
        return super()._preview(path, file_name, mapping)

    async def _refresh(self, *, is_forced: bool = False) -> None:
        if is_forced and not self.is_running:
            self._forget_result()
        dataset_id, job_id = self._dataset_id, self._job_id
        try:
            found = await ask(lambda session: _read(session, dataset_id, job_id))
        except RftError as error:
            self.fault, self.is_loading = error.message, False
            return
        self.num_records, self.dataset_name = found.num_records, found.name
        self.is_loading = False
        if not self._is_rules_shown:
            self._show_rules(found.rules)
            self._is_rules_shown = True
        if found.job is None or found.report is None:
            return
        self._job_id, self._import_id = found.job.id, found.report.id
        was_running, self.is_running = self.is_running, not found.job.status.is_settled
        self.job = JobProgress.of(found.job) if self.is_running else JobProgress()
        if not self.is_running and (was_running or not self.result.title):
            self.result = describe_result(found.job, found.report)
            self.bad_lines, self._last_line = [], 0
            await self._show_bad_lines()

    async def _show_bad_lines(self) -> None:
        import_id, after = self._import_id, self._last_line
        found = await ask(
            lambda session: list_import_errors(
                session, import_id, after_line=after, limit=FAULTS_PAGE + 1
            )
        )
        self.has_more = len(found) > FAULTS_PAGE
        shown = found[:FAULTS_PAGE]
        self._last_line = shown[-1].line_number if shown else after
        self.bad_lines = [*self.bad_lines, *map(describe_fault, shown)]
