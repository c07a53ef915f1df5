"""The review: generated records that wait, one of them open, and what a person decides."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import reflex as rx
from sqlmodel import Session

from rft_app.domain.candidate import CandidateChecks, CandidateState, GeneratedDraft
from rft_app.domain.generation import GenerationReport
from rft_app.domain.job import Job, JobStatus
from rft_app.errors import RftError
from rft_app.jobs.queue import get_job, list_active_jobs
from rft_app.services.generation_review import (
    ACCEPT_GENERATED,
    ReviewQuery,
    accept,
    check_edited,
    edit_and_accept,
    get_review,
    list_review,
    reject,
    reopen,
    start_accepting,
)
from rft_app.services.models import list_models
from rft_app.services.regeneration import REGENERATE, start_regeneration
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.following import Following
from rft_app.ui.state.modal import NOTHING, REVIEW, ModalState
from rft_app.ui.state.paging import Paging
from rft_app.ui.state.progress import JobProgress
from rft_app.ui.state.review_form import TextField, read_fields, write_fields
from rft_app.ui.state.review_view import CandidateRow, CandidateView, ProgressView, view_candidate
from rft_app.ui.words import count

PAGE_SIZE = 20
WAITING, PASSING, FAULTY, ACCEPTED, REJECTED = "waiting", "passing", "faulty", "ok", "rejected"
QUERIES = {
    WAITING: ReviewQuery(state=CandidateState.PENDING),
    PASSING: ReviewQuery(state=CandidateState.PENDING, passes=True),
    FAULTY: ReviewQuery(state=CandidateState.PENDING, passes=False),
    ACCEPTED: ReviewQuery(state=CandidateState.ACCEPTED),
    REJECTED: ReviewQuery(state=CandidateState.REJECTED),
}
JOB_TITLES = {
    ACCEPT_GENERATED: "Records that pass are being accepted",
    REGENERATE: "A record is being made again",
}
KEYS = {"a": "accept", "r": "reject", "e": "edit", "g": "regenerate"}
AnswerT = TypeVar("AnswerT")


class ReviewState(Following, Paging, rx.State):
    """One visitor's review of a dataset's generated records."""

    shown: str = WAITING
    rows: list[CandidateRow] = []
    progress: ProgressView = ProgressView()
    open_id: str = ""
    view: CandidateView = CandidateView()
    is_reading: bool = False
    """Whether a phone shows the record instead of the list."""
    fields: list[TextField] = []
    """The texts under edit; empty while nothing is."""
    is_changed: bool = False
    edit_fault: str = ""
    said: str = ""
    """What the last decision did."""
    undo_id: str = ""
    """The record whose rejection can be taken back at once."""
    job_title: str = ""
    remade: list[str] = []
    """Records that are being made again."""
    how_to: str = ""
    """How to configure a provider, where there is none."""

    _job_id: str = ""

    @rx.event
    async def choose_shown(self, name: str) -> None:
        """Show those that wait, pass, have faults, or were decided about."""
        self.shown, self.is_reading = name, False
        await self._turn_to([])

    @rx.event
    async def open_candidate(self, candidate_id: str) -> None:
        """Show one beside its source."""
        self.is_reading = True
        if candidate_id == self.open_id:
            return
        if self.is_changed:
            self.edit_fault = "Save or discard what you changed here first."
            return
        self.fields = []
        await self._open(candidate_id)

    @rx.event
    def show_list(self) -> None:
        """On a phone: back to the list."""
        self.is_reading = False

    @rx.event
    async def press(self, key: str, candidate_id: str) -> Any:  # noqa: ANN401  # an event
        """A key, about the record that showed when it was pressed."""
        if self.fields or candidate_id != self.open_id:
            return None
        if key in {"j", "k"}:
            await self._move(1 if key == "j" else -1)
            return None
        if self.view.state != CandidateState.PENDING.value:
            return None
        return getattr(ReviewState, KEYS[key])(candidate_id)

    @rx.event
    async def accept(self, candidate_id: str) -> None:
        """Make a record of it."""
        dataset_id = self._dataset_id
        made = await self._do(lambda s: accept(s, dataset_id, [candidate_id]))
        if made is not None:
            self.said = f"Accepted as {made[0]}."
            await self._reload()

    @rx.event
    async def reject(self, candidate_id: str) -> None:
        """Turn it down."""
        dataset_id = self._dataset_id
        if await self._do(lambda s: reject(s, dataset_id, [candidate_id])) is not None:
            self.said, self.undo_id = "Rejected.", candidate_id
            await self._reload()

    @rx.event
    async def reopen(self, candidate_id: str) -> None:
        """Take a rejection back."""
        dataset_id = self._dataset_id
        if await self._do(lambda s: reopen(s, dataset_id, [candidate_id])) is not None:
            self.said = "It waits for review again."
            await self._reload()

    @rx.event
    async def regenerate(self, candidate_id: str) -> None:
        """Have it made again; the new one comes at the end of the list."""
        dataset_id = self._dataset_id
        job = await self._do(lambda s: start_regeneration(s, dataset_id, [candidate_id]))
        if job is not None:
            self._show_job(job)

    @rx.event
    async def accept_passing(self) -> None:
        """Make records of all that pass, as a job."""
        dataset_id = self._dataset_id
        job = await self._do(lambda s: start_accepting(s, dataset_id))
        if job is not None:
            self._show_job(job)

    @rx.event
    async def edit(self, candidate_id: str) -> None:
        """Put the texts into fields."""
        dataset_id = self._dataset_id
        found = await self._do(lambda s: get_review(s, dataset_id, candidate_id))
        if found is not None:
            self.fields, self.edit_fault = read_fields(found.candidate.draft), ""

    @rx.event
    async def set_text(self, key: str, text: str) -> None:
        """One text was edited."""
        self.fields = [replace(one, text=text) if one.key == key else one for one in self.fields]
        self.is_changed = True
        await self._mark_unsaved(REVIEW)

    @rx.event
    async def stop_editing(self) -> None:
        """Leave the record as it was generated."""
        self.fields, self.is_changed, self.edit_fault = [], False, ""
        await self._mark_unsaved(NOTHING)

    @rx.event
    async def save(self, candidate_id: str) -> None:
        """Accept it with the edited texts."""
        dataset_id, fields = self._dataset_id, list(self.fields)

        def check(session: Session) -> tuple[GeneratedDraft, CandidateChecks]:
            draft = get_review(session, dataset_id, candidate_id).candidate.draft
            edited = write_fields(draft, fields)
            return edited, check_edited(session, dataset_id, candidate_id, edited)

        try:
            draft, checks = await ask(check)
            made = await tell(lambda s: edit_and_accept(s, dataset_id, candidate_id, draft, checks))
        except RftError as error:
            self.edit_fault = error.message
            return
        await self.stop_editing()
        self.said = " ".join([f"Edited and accepted as {made}.", *checks.faults])
        self.undo_id = ""
        await self._reload()

    async def _mark_unsaved(self, name: str) -> None:
        (await self.get_state(ModalState)).unsaved = name

    async def _do(self, order: Callable[[Session], AnswerT]) -> AnswerT | None:
        """The answer to a change; nothing where it was refused, which is then shown."""
        self.fault, self.said, self.undo_id = "", "", ""
        try:
            return await tell(order)
        except RftError as error:
            self.fault = error.message
            return None

    async def _move(self, by: int) -> None:
        at = self._place_of(self.open_id) + by
        if at >= len(self.rows) and self._next_cursor:
            await self._turn_to([*self._cursors, self._next_cursor])
        elif at < 0 and self._cursors:
            await self._turn_to(self._cursors[:-1], at=-1)
        elif 0 <= at < len(self.rows):
            await self._open(self.rows[at].id)

    def _place_of(self, candidate_id: str) -> int:
        ids = [row.id for row in self.rows]
        return ids.index(candidate_id) if candidate_id in ids else 0

    async def _reload(self) -> None:
        """Read the page again; where the open one has left it, the next takes its place."""
        await self._turn_to(self._cursors, at=self._place_of(self.open_id), keep=self.open_id)
        if not self.rows and self._cursors:
            await self._turn_to(self._cursors[:-1], at=-1)

    async def _turn_to(self, cursors: list[str], *, at: int = 0, keep: str = "") -> None:
        dataset_id, query = self._dataset_id, QUERIES[self.shown]
        cursor = cursors[-1] if cursors else None
        try:
            page = await ask(
                lambda s: list_review(s, dataset_id, query, cursor=cursor, limit=PAGE_SIZE)
            )
        except RftError as error:
            self.fault = error.message
            return
        self._turned(cursors, page.next_cursor)
        self.rows = [CandidateRow.of(row.candidate) for row in page.rows]
        self.progress = ProgressView.of(page.counts)
        if not self.rows:
            self.open_id, self.view, self.is_reading = "", CandidateView(), False
            return
        ids = [row.id for row in self.rows]
        await self._open(keep if keep in ids else ids[max(-1, min(at, len(ids) - 1))])

    async def _open(self, candidate_id: str) -> None:
        dataset_id = self._dataset_id
        try:
            found = await ask(lambda s: get_review(s, dataset_id, candidate_id))
        except RftError as error:
            self.fault = error.message
            return
        self.open_id, self.view = candidate_id, view_candidate(found)

    async def _refresh(self, *, is_forced: bool = False) -> None:
        dataset_id = self._dataset_id
        if is_forced:
            models = await ask(list_models)
            self.how_to, self.said, self.undo_id = models.how_to, "", ""
        try:
            job = await ask(lambda s: _find_job(s, dataset_id, self._job_id))
        except RftError as error:
            self.fault, self.is_loading = error.message, False
            return
        self._show_job(job)
        if not self.fields:
            await self._reload()
        self.is_loading = False

    def _show_job(self, job: Job | None) -> None:
        if job is not None and job.status.is_settled:
            self._say_how_it_ended(job)
            job = None
        self.is_running = job is not None
        self._job_id = "" if job is None else job.id
        self.job = JobProgress() if job is None else JobProgress.of(job)
        self.job_title = "" if job is None else JOB_TITLES[job.kind]
        self.remade = [] if job is None else list(job.args.get("candidate_ids", []))

    def _say_how_it_ended(self, job: Job) -> None:
        result = job.result or {}
        if job.error is not None:
            self.fault = job.error.message
        elif job.kind == ACCEPT_GENERATED and job.status is JobStatus.DONE:
            self.said = f"{count(result['accepted'], 'record')} accepted."
        elif job.status is JobStatus.DONE:
            report = GenerationReport.model_validate(result)
            self.fault = " ".join(report.failure_messages.values())
            self.said = "" if self.fault else "Made again; the new one is last in the list."


def _find_job(session: Session, dataset_id: str, job_id: str) -> Job | None:
    """The job that was followed, else one that is on its way."""
    if job_id:
        return get_job(session, job_id)
    active = list_active_jobs(session, dataset_id)
    return next((job for job in active if job.kind in JOB_TITLES), None)
