"""Near-duplicates in the dialog of step 1: search, look at a group, keep some or all."""

from collections.abc import Callable
from typing import Any

import reflex as rx
from sqlmodel import Session

from rft_app.domain.job import Job, JobStatus
from rft_app.domain.near_duplicate import DEFAULT_THRESHOLD, NearGroup, NearReport
from rft_app.domain.record import RecordId
from rft_app.errors import RftError
from rft_app.jobs.queue import list_jobs
from rft_app.services import near_duplicates as use_cases
from rft_app.services.near_duplicate_jobs import NEAR_DUPLICATES, start_search
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.following import Following
from rft_app.ui.state.near_view import GroupView, ReportView
from rft_app.ui.state.progress import JobProgress

THRESHOLDS = ("0.7", "0.75", "0.8", "0.85", "0.9", "0.95")
LAST_JOBS = 50


class NearDuplicatesState(Following, rx.State):
    """One dataset's near-duplicates."""

    threshold: str = str(DEFAULT_THRESHOLD)
    report: ReportView = ReportView()
    has_report: bool = False
    group: GroupView = GroupView()
    kept: list[str] = []
    """Ids of the records that are ticked."""
    has_next: bool = False
    has_previous: bool = False
    is_confirming: bool = False
    error: str = ""
    """Why the last search failed."""
    _befores: list[int] = []
    """Positions behind which the groups so far were found."""
    _seen: str = ""

    @rx.var
    def keep_words(self) -> str:
        """What the button does."""
        num_gone = sum(member.is_current for member in self.group.members) - len(self.kept)
        return f"Keep {len(self.kept):,}, archive {max(0, num_gone):,}"

    @rx.var
    def can_keep(self) -> bool:
        """Whether some stay and some go."""
        return 0 < len(self.kept) < len(self.group.members)

    @rx.event
    def set_threshold(self, value: str) -> None:
        """Least similarity of the next search."""
        self.threshold = value

    @rx.event
    async def search(self) -> None:
        """Start the search."""
        dataset_id, threshold = self._dataset_id, float(self.threshold)
        self.fault = self.error = ""
        try:
            job = await tell(lambda session: start_search(session, dataset_id, threshold))
        except RftError as error:
            self.fault = error.message
            return
        self.is_running, self.job = True, JobProgress.of(job)

    @rx.event
    def toggle_kept(self, record_id: str) -> None:
        """Keep a record, or let it go."""
        others = [id_ for id_ in self.kept if id_ != record_id]
        self.kept = others if record_id in self.kept else [*self.kept, record_id]

    @rx.event
    async def next_group(self) -> None:
        """Look at the next group."""
        await self._look([*self._befores, self.group.position])

    @rx.event
    async def previous_group(self) -> None:
        """Look at the group before."""
        await self._look(self._befores[:-1] or [0])

    @rx.event
    async def keep_chosen(self) -> None:
        """Keep what is ticked, archive the others, and go on."""
        ids = [RecordId(id_) for id_ in self.kept]
        await self._decide(lambda session: use_cases.keep_records(session, *self._place(), ids))

    @rx.event
    async def keep_all(self) -> None:
        """Keep every record of the group, now and in later searches."""
        await self._decide(lambda session: use_cases.keep_all(session, *self._place()))

    @rx.event
    async def take_back(self) -> None:
        """Undo the decision about this group."""
        await self._decide(lambda session: use_cases.reopen_group(session, *self._place()))

    @rx.event
    def ask_for_all(self) -> None:
        """Ask before every suggestion is followed."""
        self.is_confirming = True

    @rx.event
    def stop_asking(self) -> None:
        """Leave everything as it is."""
        self.is_confirming = False

    @rx.event
    async def keep_suggested(self) -> None:
        """Keep the suggested record of every open group."""
        self.is_confirming = False
        dataset_id = self._dataset_id
        await self._decide(lambda session: use_cases.keep_suggested(session, dataset_id))

    def _place(self) -> tuple[str, int]:
        return self._dataset_id, self.group.position

    async def _decide(self, order: Callable[[Session], object]) -> None:
        self.fault = ""
        try:
            await tell(order)
        except RftError as error:
            self.fault = error.message
        await self._show_report()
        await self._look(self._befores or [0])

    async def _refresh(self, *, is_forced: bool = False) -> None:
        dataset_id = self._dataset_id
        try:
            job = await ask(lambda session: _find_job(session, dataset_id))
        except RftError as error:
            self.fault, self.is_loading = error.message, False
            return
        self.is_running = job is not None and not job.status.is_settled
        self.job = JobProgress.of(job) if job is not None and self.is_running else JobProgress()
        has_failed = job is not None and job.status is JobStatus.FAILED
        self.error = job.error.message if job and has_failed and job.error else ""
        seen = f"{job and job.id} {job and job.status}"
        if is_forced or seen != self._seen:
            self._seen = seen
            await self._show_report()
            await self._look([0])
        self.is_loading = False

    async def _show_report(self) -> None:
        dataset_id = self._dataset_id
        try:
            report: NearReport | None = await ask(
                lambda session: use_cases.find_report(session, dataset_id)
            )
        except RftError as error:
            self.fault = error.message
            return
        self.has_report = report is not None
        if report is not None:
            self.report = ReportView.of(report)
            if self.is_loading:
                self.threshold = f"{report.threshold:g}"

    async def _look(self, befores: list[int]) -> None:
        """Show the first group behind the last of these positions, and whether one follows."""
        dataset_id, after = self._dataset_id, befores[-1]
        try:
            found: list[NearGroup] = await ask(
                lambda session: use_cases.list_groups(session, dataset_id, after=after, limit=2)
            )
        except RftError as error:
            self.fault = error.message
            return
        self._befores = befores
        self.has_previous, self.has_next = len(befores) > 1, len(found) > 1
        self.group = GroupView.of(found[0]) if found else GroupView()
        self.kept = [member.id for member in self.group.members if member.is_suggested]


def _find_job(session: Session, dataset_id: str) -> Job | None:
    jobs: list[Any] = list_jobs(session, dataset_id, LAST_JOBS)
    return next((job for job in jobs if job.kind == NEAR_DUPLICATES), None)
