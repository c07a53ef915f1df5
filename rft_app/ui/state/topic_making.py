"""New topics: how a tree is made, and the proposal before it replaces the one that is there."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from rft_app.domain.job import Job, JobStatus
from rft_app.domain.topic_proposal import TopicProposal
from rft_app.errors import ConflictError, RftError
from rft_app.services.categorising import start_categorise
from rft_app.services.generation import find_paid
from rft_app.services.topic_edits import TopicEdit
from rft_app.services.topic_files import TopicImportPreview, preview_import
from rft_app.services.topic_generation import (
    GenerateSettings,
    apply_proposal,
    find_open_proposal,
    get_proposal,
    list_templates,
    propose_template,
    start_generate,
)
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.generation_view import describe_paid, find_demo
from rft_app.ui.state.progress import JobProgress
from rft_app.ui.state.step_modal import read_whole
from rft_app.ui.state.topic_tree import TopicTreeView
from rft_app.ui.words import ago, count, share

AUTO, TEMPLATE, MODEL = "auto", "template", "model"


@dataclass(frozen=True)
class TemplateCard:
    """One template to choose."""

    id: str
    name: str
    description: str
    size: str


@dataclass(frozen=True)
class ProposedTopic:
    """One topic of a proposal."""

    key: str
    name: str
    depth: int
    description: str
    keywords: str
    share: str
    is_new: bool


def describe_change(preview: TopicImportPreview) -> str:
    """What taking a tree would do to the one that is there."""
    parts = [
        f"{len(keys):,} {word}"
        for keys, word in (
            (preview.added, "new"),
            (preview.removed, "removed"),
            (preview.moved, "moved"),
            (preview.kept, "kept"),
        )
        if keys
    ]
    return ", ".join(parts)


class TopicMaking(TopicTreeView, mixin=True):
    """The dialog that makes a tree; nothing changes before the proposal is taken."""

    is_making: bool = False
    source: str = AUTO
    templates: list[TemplateCard] = []
    template_id: str = ""
    is_auto: bool = True
    is_chosen: bool = False
    """The opposite of `is_auto`: the number of topics is given."""
    wanted_topics: str = "12"
    max_depth: str = "1"
    instructions: str = ""
    model: str = ""
    seed: str = "0"
    making_fault: str = ""
    proposal: list[ProposedTopic] = []
    proposal_title: str = ""
    change_words: str = ""
    records_words: str = ""
    can_keep_records: bool = False
    keeps_records: bool = True
    paid_words: str = ""
    """What the proposal cost; empty where no model was asked."""
    waiting_words: str = ""
    """The model's latest proposal, where it was neither taken nor overtaken; else empty."""
    is_applying: bool = False

    _waiting_job: str = ""
    _making_job: str = ""
    _proposal_version: int = 0

    @rx.var
    def model_hint(self) -> str:
        """What the model gets, and what to know of it."""
        hint = "It sees a sample of what users wrote."
        return " ".join(filter(None, [hint, find_demo(self.models, self.model)]))

    @rx.event
    async def open_making(self) -> None:
        """Open the dialog."""
        self.is_making, self.making_fault = True, ""
        await self._show_models()
        if self.model not in [model.name for model in self.models]:
            self.model = self.models[0].name if self.models else ""
        self.templates = [
            TemplateCard(each.id, each.name, each.description, count(each.num_leaves, "topic"))
            for each in list_templates()
        ]
        self.template_id = self.template_id or self.templates[0].id
        if not self.proposal and self._holds(self._filled):
            self.max_depth = "2"
        await self._look_for_waiting()

    async def _look_for_waiting(self) -> None:
        dataset_id = self._dataset_id
        try:
            job = await ask(lambda session: find_open_proposal(session, dataset_id))
        except RftError as error:
            self.making_fault = error.message
            return
        self._waiting_job = job.id if job else ""
        self.waiting_words = ""
        if job is not None and job.finished_at is not None:
            self.waiting_words = f"The model's last proposal, {ago(job.finished_at)}, still waits."

    @rx.event
    async def show_waiting(self) -> None:
        """Show the model's last proposal again; it is not paid for twice."""
        self._making_job = self._waiting_job
        try:
            await self._show_proposal(await self._get_proposal())
        except RftError as error:
            self.making_fault = error.message

    @rx.event
    def close_making(self) -> None:
        """Close it; a search that runs goes on, and its proposal waits here."""
        self.is_making = False

    @rx.event
    def set_wish(self, name: str, value: str) -> None:
        """Change how the tree is made."""
        setattr(self, name, value)
        self.making_fault = ""

    @rx.event
    def choose_auto(self, is_auto: bool) -> None:
        """Find the number of topics, or take the one given."""
        self.is_auto, self.is_chosen = is_auto, not is_auto

    @rx.event
    def set_keeps_records(self, keeps: bool) -> None:
        """Whether records stay where their topic is found again."""
        self.keeps_records = keeps

    @rx.event
    async def make(self) -> None:
        """Make a proposal: a template's at once, others as a job."""
        self.making_fault = ""
        dataset_id = self._dataset_id
        try:
            if self.source == TEMPLATE:
                self._making_job = ""
                await self._show_proposal(propose_template(self.template_id, int(self.max_depth)))
                return
            wish = self._wish()
            job = await tell(lambda session: start_generate(session, dataset_id, wish))
        except RftError as error:
            self.making_fault = error.message
            return
        self._making_job = self._work_id = job.id
        self.is_running, self.job = True, JobProgress.of(job)

    @rx.event
    def drop_proposal(self) -> None:
        """Go back to the settings; the tree stays as it is."""
        self.proposal, self.proposal_title, self.making_fault = [], "", ""

    @rx.event
    async def take_proposal(self) -> Any:  # noqa: ANN401  # an event
        """Replace the tree, then put the records that have no topic into it."""
        if self.is_applying:
            return None
        self.is_applying, self.making_fault = True, ""
        try:
            return await self._take()
        except ConflictError as error:
            self.making_fault = error.message
            await self._show_proposal(await self._get_proposal())
        except RftError as error:
            self.making_fault = error.message
        finally:
            self.is_applying = False
        return None

    async def _take(self) -> Any:  # noqa: ANN401  # an event
        dataset_id, version, keeps = self._dataset_id, self._proposal_version, self.keeps_records
        proposal = await self._get_proposal()

        def order(session: Any) -> tuple[TopicEdit, Job]:  # noqa: ANN401  # a session
            edit = apply_proposal(
                session, dataset_id, proposal, version=version, keeps_records=keeps
            )
            return edit, start_categorise(session, dataset_id)

        edit, job = await tell(order)
        self._work_id, self.is_making = job.id, False
        self.drop_proposal()
        self._making_job = ""
        await self._refresh(is_forced=True)
        return rx.toast.success(edit.label, description="Records are put into them now.")

    async def _get_proposal(self) -> TopicProposal:
        if not self._making_job:
            return propose_template(self.template_id, int(self.max_depth))
        dataset_id, job_id = self._dataset_id, self._making_job
        return await ask(lambda session: get_proposal(session, dataset_id, job_id))

    async def _show_proposal(self, proposal: TopicProposal) -> None:
        dataset_id, job_id = self._dataset_id, self._making_job
        self.paid_words = ""
        if proposal.source == "model":
            self.paid_words = describe_paid(await ask(lambda session: find_paid(session, job_id)))
        preview = await ask(lambda session: preview_import(session, dataset_id, proposal.nodes))
        self._proposal_version = preview.version
        added = {*preview.added, *(move.after for move in preview.moved)}
        has_tree = bool(preview.kept or preview.removed or preview.moved)
        self.proposal = [
            ProposedTopic(
                key=node.key,
                name=node.name,
                depth=node.key.count("/"),
                description=node.description,
                keywords=", ".join(node.keywords[:6]),
                share=share(proposal.shares[node.key]) if node.key in proposal.shares else "",
                is_new=bool(preview.kept) and node.key in added,
            )
            for node in proposal.nodes
        ]
        parents = {node.parent_key for node in proposal.nodes}
        leaves = sum(node.key not in parents for node in proposal.nodes)
        self.proposal_title = f"{count(leaves, 'topic')} proposed"
        self.change_words = describe_change(preview) if has_tree else ""
        kept, anew = preview.num_records_kept, count(preview.num_records_without, "record")
        self.can_keep_records = kept > 0
        self.records_words = f"{anew} are placed anew."
        if kept:
            self.records_words = (
                f"{count(kept, 'record')} stay where the topic is found again; {anew} are placed "
                "anew."
            )

    async def _end_making(self, job: Job) -> None:
        """The search of this tab ended: show what it found."""
        if job.id != self._making_job:
            return
        if job.status is JobStatus.DONE:
            await self._show_proposal(await self._get_proposal())
            return
        self._making_job = ""
        self.making_fault = job.error.message if job.error else "The search was cancelled."
        if job.args.get("source") == "model":
            paid = await ask(lambda session: find_paid(session, job.id))
            self.making_fault += f" {describe_paid(paid)}"

    def _wish(self) -> GenerateSettings:
        number = None if self.is_auto else read_whole(self.wanted_topics, "number of topics")
        is_model = self.source == MODEL
        return GenerateSettings(
            source="model" if is_model else "auto",
            num_topics=number,
            max_depth=int(self.max_depth),
            instructions=self.instructions.strip() if is_model else "",
            model=self.model or None if is_model else None,
            seed=read_whole(self.seed, "seed"),
        )
