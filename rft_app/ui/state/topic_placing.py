"""Categorising: which records are put into the topics, what that overwrites, what it came to."""

from collections.abc import Mapping

import reflex as rx
from sqlmodel import Session

from rft_app.domain.job import Job, JobStatus
from rft_app.domain.topic import Method
from rft_app.errors import RftError
from rft_app.llm.failures import FailureTally
from rft_app.services.categorising import (
    CategoriseCounts,
    CategoriseReport,
    CategoriseSettings,
    count_by_method,
    count_calls,
    count_categorisable,
    start_categorise,
)
from rft_app.services.generation import find_paid
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.generation_view import describe_paid, find_demo
from rft_app.ui.state.progress import JobProgress
from rft_app.ui.state.topic_tree import TopicTreeView
from rft_app.ui.words import count

UNLABELED, ALL = "unlabeled_only", "recategorize_all"
_METHODS: Mapping[Method, str] = {
    "keyword": "by words",
    "embedding": "by meaning",
    "llm": "by a model",
    "manual": "by hand",
    "generated": "made for it",
}


class TopicPlacing(TopicTreeView, mixin=True):
    """The dialog that starts categorising."""

    is_placing: bool = False
    mode: str = UNLABELED
    takes_manual: bool = False
    num_unlabeled: int = 0
    num_all: int = 0
    num_manual: int = 0
    unlabeled_words: str = ""
    all_words: str = ""
    manual_words: str = ""
    methods_words: str = ""
    """How the records that have a topic came to it."""
    placing_model: str = ""
    """Who is asked about records that stay unsure; empty for nobody."""
    placing_fault: str = ""

    @rx.var
    def num_to_place(self) -> int:
        """Records that the button is about."""
        if self.mode == UNLABELED:
            return self.num_unlabeled
        return self.num_all - (0 if self.takes_manual else self.num_manual)

    @rx.var
    def place_verb(self) -> str:
        """The button."""
        return f"Categorise {count(self.num_to_place, 'record')}"

    @rx.var
    def asking_words(self) -> str:
        """What becomes of records that words and meaning leave unsure."""
        if self.no_model:
            return self.no_model
        if not self.placing_model:
            return "Records below 70% sure wait in the review queue."
        hint = find_demo(self.models, self.placing_model)
        calls = count(count_calls(self.num_to_place, is_demo=bool(hint)), "call")
        words = f"It is asked about records that stay below 70% sure: at most {calls}."
        if not hint:
            return words
        return f"{words} What it places counts as unsure and waits in the review queue. {hint}"

    @rx.event
    async def open_placing(self) -> None:
        """Open the dialog with fresh counts."""
        dataset_id = self._dataset_id
        self.takes_manual, self.placing_fault = False, ""
        await self._show_models()
        if self.placing_model not in [model.name for model in self.models]:
            self.placing_model = ""
        try:
            counts = await ask(lambda session: count_categorisable(session, dataset_id))
            self.methods_words = await ask(lambda session: _methods(session, dataset_id))
        except RftError as error:
            self.fault = error.message
            return
        self._show_counts(counts)
        self.is_placing = True

    @rx.event
    def close_placing(self) -> None:
        """Close it."""
        self.is_placing = False

    @rx.event
    def choose_mode(self, mode: str) -> None:
        """Only records without a topic, or all."""
        self.mode, self.takes_manual = mode, False

    @rx.event
    def set_takes_manual(self, takes: bool) -> None:
        """Also records that a person placed."""
        self.takes_manual = takes

    @rx.event
    def choose_placing_model(self, name: str) -> None:
        """Ask a model about records that stay unsure, or nobody."""
        self.placing_model = name

    @rx.event
    async def place(self) -> None:
        """Start the job."""
        dataset_id = self._dataset_id
        settings = CategoriseSettings(
            mode="unlabeled_only" if self.mode == UNLABELED else "recategorize_all",
            includes_manual=self.takes_manual,
            is_confirmed=self.takes_manual,
            model=self.placing_model or None,
        )
        try:
            job = await tell(lambda session: start_categorise(session, dataset_id, settings))
        except RftError as error:
            self.placing_fault = error.message
            return
        self.is_placing, self._work_id = False, job.id
        self.is_running, self.job, self.work_note = True, JobProgress.of(job), ""

    def _show_counts(self, counts: CategoriseCounts) -> None:
        self.num_unlabeled, self.num_all = counts.num_unlabeled, counts.num_all
        self.num_manual = counts.num_manual
        self.mode = UNLABELED if counts.num_unlabeled else ALL
        self.unlabeled_words = f"{count(counts.num_unlabeled, 'record')} without a topic"
        placed = counts.num_all - counts.num_unlabeled - counts.num_manual
        self.all_words = f"All: overwrites the topic of {count(placed, 'record')}"
        self.manual_words = (
            f"Also the {count(counts.num_manual, 'record')} that people placed"
            if counts.num_manual
            else ""
        )

    async def _end_placing(self, job: Job) -> None:
        dataset_id = self._dataset_id
        paid = ""
        if job.args.get("model"):
            paid = f" {describe_paid(await ask(lambda session: find_paid(session, job.id)))}"
        if job.status is not JobStatus.DONE or job.result is None:
            why = job.error.message if job.error else "It was cancelled."
            self.work_tone = "warn" if job.error is None else "bad"
            self.work_note = f"Categorising ended early. {why} What was placed stays.{paid}"
            return
        report = CategoriseReport.model_validate(job.result)
        methods = await ask(lambda session: _methods(session, dataset_id))
        low = "all sure"
        if report.low_confidence:
            low = f"{count(report.low_confidence, 'record')} below 70% sure, to review"
        placed = f"{count(report.categorized, 'record')} categorised, {low}. Now {methods}."
        self.work_tone = "warn" if report.failures else "ok"
        self.work_note = f"{placed}{paid}{_describe_failures(report)}"


def _describe_failures(report: CategoriseReport) -> str:
    if not report.failures:
        return ""
    calls = count(sum(report.failures.values()), "call")
    return f" {calls} brought nothing. {FailureTally(messages=report.failure_messages).describe()}"


def _methods(session: Session, dataset_id: str) -> str:
    found = count_by_method(session, dataset_id)
    parts = [
        f"{found[method]:,} {words}" for method, words in _METHODS.items() if found.get(method)
    ]
    return ", ".join(parts) or "no record has a topic"
