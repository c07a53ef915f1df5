"""The topics dialog's core: the tree as it is stored, the chosen topic and its records."""

from dataclasses import dataclass
from typing import Any, ClassVar

import reflex as rx
from sqlmodel import Session

from rft_app.domain.job import Job
from rft_app.domain.pipeline import StepName
from rft_app.domain.record import RecordFilter
from rft_app.domain.topic import FEW_SURE, TopicTree
from rft_app.errors import RftError
from rft_app.jobs.queue import get_job, list_active_jobs
from rft_app.services.models import list_models
from rft_app.services.pipeline import StepView
from rft_app.services.records import list_records
from rft_app.services.topic_edits import TopicHistory, list_changes
from rft_app.services.topics import get_topics
from rft_app.ui.state.asking import ask
from rft_app.ui.state.generation_view import ModelOption
from rft_app.ui.state.paging import Paging
from rft_app.ui.state.progress import JobProgress
from rft_app.ui.state.record_row import RecordRow
from rft_app.ui.state.step_modal import StepModal
from rft_app.ui.state.topic_row import (
    ChosenTopic,
    TopicRow,
    filter_rows,
    tree_rows,
    view_topic,
)
from rft_app.ui.words import count, share

PAGE_SIZE = 20
METHODS = {
    "minilm": "MiniLM sentence vectors, k-means",
    "tfidf": "TF-IDF of letter groups, k-means",
    "manual": "Made by hand",
    "customer_support": "Template",
    "coding_assistant": "Template",
    "shopping": "Template",
    "knowledge_base": "Template",
}
WORK = frozenset({"generate_topics", "categorize", "split_topic"})
"""Jobs of this dialog besides the step's own."""


@dataclass(frozen=True)
class _Read:
    tree: TopicTree
    history: TopicHistory
    job: Job | None
    """The dialog's job that runs, else the one that was followed."""


def _read(session: Session, dataset_id: str, job_id: str) -> _Read:
    active = [job for job in list_active_jobs(session, dataset_id) if job.kind in WORK]
    job = next(iter(active), None)
    if job is None and job_id:
        job = get_job(session, job_id)
    return _Read(get_topics(session, dataset_id), list_changes(session, dataset_id), job)


class TopicTreeView(StepModal, Paging, mixin=True):
    """The tree, the chosen topic, and the records of that."""

    step: ClassVar[StepName] = StepName.TOPICS

    search: str = ""
    rows: list[TopicRow] = []
    has_topics: bool = False
    num_topics: str = ""
    num_records: str = ""
    share_sure: str = ""
    few_sure: str = ""
    """That few records are sure of their topic; empty where enough are."""
    mean_confidence: str = ""
    method: str = ""
    used_seed: str = ""
    num_without_topic: str = ""
    undo_words: str = ""
    """What undo would take back; empty when there is nothing."""
    redo_words: str = ""
    checked: list[str] = []
    """Topics marked for merging or deleting."""
    chosen: str = ""
    chosen_topic: ChosenTopic = ChosenTopic()
    records: list[RecordRow] = []
    position: str = ""
    total: str = ""
    work_note: str = ""
    """How the last job of this dialog ended."""
    work_tone: str = ""
    models: list[ModelOption] = []
    no_model: str = ""
    """How to configure a provider; empty where there is one."""

    _all_rows: list[TopicRow] = []
    _version: int = 0
    _tree_seen: str = ""
    _facts: dict[str, Any] = {}
    _work_id: str = ""

    @rx.event
    def search_for(self, text: str) -> None:
        """Filter the tree."""
        self.search = text
        self.rows = filter_rows(self._all_rows, text)

    @rx.event
    async def choose(self, key: str) -> None:
        """Show a topic and its records."""
        dataset_id = self._dataset_id
        tree = await ask(lambda session: get_topics(session, dataset_id))
        await self._choose(tree, key)

    @rx.event
    def check(self, key: str) -> None:
        """Mark a topic for merging or deleting, or unmark it."""
        marked = set(self.checked) ^ {key}
        self.checked = [row.key for row in self._all_rows if row.key in marked]

    @rx.event
    def uncheck_all(self) -> None:
        """Unmark every topic."""
        self.checked = []

    @rx.event
    def forget_note(self) -> None:
        """Take away the note of the last job."""
        self.work_note = ""

    async def _show_models(self) -> None:
        try:
            choices = await ask(list_models)
        except RftError as error:
            self.fault = error.message
            return
        self.models, self.no_model = list(map(ModelOption.of, choices.models)), choices.how_to

    async def _choose(self, tree: TopicTree, key: str) -> None:
        row = next((row for row in self._all_rows if row.key == key), None)
        is_same = key == self.chosen
        self.chosen, self.chosen_topic = key, view_topic(tree, key, row.sure if row else "")
        await self._turn_to(self._cursors if is_same else [])

    async def _turn_to(self, cursors: list[str]) -> None:
        dataset_id = self._dataset_id
        wanted = RecordFilter(topic=self.chosen, is_valid=True)
        cursor = cursors[-1] if cursors else None
        try:
            page = await ask(
                lambda session: list_records(
                    session, dataset_id, wanted, cursor=cursor, limit=PAGE_SIZE
                )
            )
        except RftError as error:
            self.fault = error.message
            return
        self._turned(cursors, page.next_cursor)
        first = len(cursors) * PAGE_SIZE
        self.records = [RecordRow.of(summary) for summary in page.rows]
        self.position = f"{first + 1:,}–{first + len(page.rows):,}" if page.rows else ""
        self.total = page.total_text

    async def _show_step(self, step: StepView) -> None:
        await super()._show_step(step)
        self._facts = dict(step.facts or {})

    async def _refresh(self, *, is_forced: bool = False) -> None:
        await super()._refresh(is_forced=is_forced)
        dataset_id, job_id = self._dataset_id, self._work_id
        try:
            found = await ask(lambda session: _read(session, dataset_id, job_id))
            await self._show_work(found.job)
            self._show_history(found.history)
            seen = f"{found.tree.version} {found.tree.num_records} {self._facts}"
            if is_forced or seen != self._tree_seen:
                self._tree_seen = seen
                await self._show_tree(found.tree)
        except RftError as error:
            self.fault = error.message

    async def _show_work(self, job: Job | None) -> None:
        """Follow a job of this dialog beside the step's own."""
        if job is None:
            return
        if not job.status.is_settled:
            self._work_id, self.is_running, self.job = job.id, True, JobProgress.of(job)
            self.work_note = ""
        elif job.id == self._work_id:
            self._work_id = ""
            await self._end_work(job)

    async def _end_work(self, job: Job) -> None:
        """A job of this dialog ended; what it came to goes into `work_note`."""

    def _show_history(self, history: TopicHistory) -> None:
        self.undo_words, self.redo_words = history.undo_label or "", history.redo_label or ""

    async def _show_tree(self, tree: TopicTree) -> None:
        facts = self._facts
        self._version, self.has_topics = tree.version, bool(tree.nodes)
        self.has_result = self.has_result or self.has_topics
        self.num_topics = count(len(tree.leaves), "topic")
        self.num_records = count(tree.num_records, "record")
        self.share_sure = _or_dash(facts.get("share_sure"), share)
        self.few_sure = describe_few_sure(
            facts.get("share_sure"), facts.get("num_judged", tree.num_records)
        )
        self.mean_confidence = _or_dash(facts.get("mean_confidence"), lambda mean: f"{mean:.2f}")
        method = str(facts.get("method") or "")
        self.method = METHODS.get(method, f"Model {method}" if method else "")
        self.used_seed = str(facts.get("seed") or 0)
        missing = tree.num_without_topic
        self.num_without_topic = count(missing, "record") if missing else ""
        self._all_rows = tree_rows(tree, facts.get("topics", ()))
        keys = [row.key for row in self._all_rows]
        self.checked = [key for key in self.checked if key in keys]
        self.rows = filter_rows(self._all_rows, self.search)
        leaves = [leaf.key for leaf in tree.leaves]
        if self.chosen not in keys:
            self.chosen, self._cursors = (leaves[0] if leaves else ""), []
        await self._choose(tree, self.chosen)


def describe_few_sure(share_sure: float | None, num_records: int) -> str:
    """That few records are sure of their topic; empty where enough are.

    Example:
        >>> describe_few_sure(0.29, 200), describe_few_sure(0.6, 200), describe_few_sure(None, 0)
        ('Only 29% of 200 records are sure of their topic.', '', '')
    """
    if share_sure is None or share_sure >= FEW_SURE:
        return ""
    return f"Only {share(share_sure)} of {count(num_records, 'record')} are sure of their topic."


def _or_dash(value: Any, words: Any) -> str:  # noqa: ANN401  # a fact and its wording
    return "–" if value is None else words(value)
