"""Make a topic tree: found in the records, from a template, or by a model.

What is made is a proposal: it replaces the tree only when somebody applies it, and that can be
undone.
"""

from contextlib import closing
from typing import Any

from pydantic import Field
from sqlmodel import Session

from rft_app.domain import topic_edit
from rft_app.domain.entity import Entity
from rft_app.domain.job import Job, JobStatus
from rft_app.domain.topic_proposal import Source, TopicProposal
from rft_app.domain.words import count
from rft_app.errors import ConflictError, InvalidInputError, NotFoundError
from rft_app.jobs.context import JobContext
from rft_app.jobs.queue import enqueue, get_job, list_jobs
from rft_app.pipeline._tree_asking import MAX_LEAVES
from rft_app.pipeline.topics import MAX_TOPICS, choose_kind
from rft_app.services.categorising import start_categorise
from rft_app.services.topic_edits import TopicEdit
from rft_app.services.topic_locks import lock_idle
from rft_app.services.topic_results import refresh_result
from rft_app.services.topic_templates import TEMPLATES, TopicTemplate, find_template
from rft_app.storage import topics
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.datasets import get_dataset_row, touch
from rft_app.storage.paid_calls import StoredPaidCalls
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.topic_assignments import (
    Placement,
    place_records,
    read_sample,
    read_unplaced,
)
from rft_app.storage.topic_changes import begin_change, finish_change, list_change_rows

GENERATE = "generate_topics"
MAX_INSTRUCTIONS = 4000
NUM_JOBS = 50
"""Latest jobs among which a proposal is looked for."""


class GenerateSettings(Entity):
    """How a tree is made."""

    source: Source = "auto"
    """`auto` groups what users want; `template` takes a tree written for a kind of product;
    `model` asks a configured model."""
    template_id: str | None = None
    num_topics: int | None = Field(default=None, ge=1, le=MAX_TOPICS)
    """Leaves; `None` finds a number. A template has its own."""
    max_depth: int = Field(default=2, ge=1, le=3)
    instructions: str = Field(default="", max_length=MAX_INSTRUCTIONS)
    """What the model should mind; only `model` reads it."""
    model: str | None = None
    """Name of a configured model; `None` is the first."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    is_applied: bool = False
    """Apply what was made at once, and categorise the records that have no topic then."""
    replaces_edited: bool = False
    """Apply it also over a tree that a person edited."""


def list_templates() -> tuple[TopicTemplate, ...]:
    """The templates, each with its whole tree."""
    return TEMPLATES


def propose_template(template_id: str | None, max_depth: int = 2) -> TopicProposal:
    """A template's tree as a proposal, at once.

    Raises:
        InvalidInputError: There is no such template.
    """
    template = find_template(template_id)
    return TopicProposal(nodes=template.to_nodes(max_depth), source="template", method=template.id)


def start_generate(session: Session, dataset_id: str, settings: GenerateSettings) -> Job:
    """Make a proposal as a job; the tree stays as it is.

    Raises:
        NotFoundError: There is no such dataset.
        NotAvailableError: A model is asked for and none is configured; the message says how.
        InvalidInputError: There is no such template or model, or instructions would not be read.
        ConflictError: There is no valid record, a tree is being made already, or applying it
            would replace a tree that a person edited.
    """
    row = get_dataset_row(session, dataset_id)
    if settings.is_applied and not settings.replaces_edited:
        require_unedited(session, dataset_id)
    if settings.instructions and settings.source != "model":
        raise InvalidInputError(
            "Only a model reads instructions. Choose the model, or leave them out."
        )
    if settings.source == "template":
        find_template(settings.template_id)
    elif not row.num_records - row.num_invalid:
        raise ConflictError("There are no valid records to group. See the issues of Extract.")
    if settings.source == "model":
        read_catalogue(session).choose(settings.model)
        if (settings.num_topics or 0) > MAX_LEAVES:
            raise InvalidInputError(f"A model makes at most {MAX_LEAVES} topics. Ask for fewer.")
    return enqueue(session, GENERATE, dataset_id, settings.model_dump(mode="json"))


def require_unedited(session: Session, dataset_id: str) -> None:
    """Check that no person's tree is there.

    Raises:
        ConflictError: One is; the message says how to go on.
    """
    tree = topics.get_tree(session, dataset_id)
    if tree.is_edited and tree.nodes:
        raise ConflictError(
            "The topics were edited by hand. Say that the edited tree may be replaced "
            "(it can be undone), or categorise the records that have no topic."
        )


def get_proposal(session: Session, dataset_id: str, job_id: str) -> TopicProposal:
    """What a finished job of `start_generate` made.

    Raises:
        NotFoundError: There is no such job in this dataset.
        ConflictError: It has not finished, or it failed.
    """
    job = get_job(session, job_id)
    if job.kind != GENERATE or job.dataset_id != dataset_id:
        raise NotFoundError(f"This dataset has no proposal of topics {job_id}.")
    if job.status is not JobStatus.DONE or job.result is None:
        raise ConflictError(f"The proposal is {job.status}; only a finished one can be applied.")
    return TopicProposal.model_validate(job.result["proposal"])


def find_open_proposal(session: Session, dataset_id: str) -> Job | None:
    """The job of the latest proposal of a model, unless the tree was changed since."""
    jobs = (job for job in list_jobs(session, dataset_id, NUM_JOBS) if job.kind == GENERATE)
    job = next((job for job in jobs if job.status is JobStatus.DONE), None)
    if job is None or job.finished_at is None or job.args.get("source") != "model":
        return None
    changes = list_change_rows(session, dataset_id, limit=1)
    is_older = bool(changes) and changes[0].created_at > job.finished_at
    return None if is_older or job.args.get("is_applied") else job


def apply_proposal(
    session: Session,
    dataset_id: str,
    proposal: TopicProposal,
    *,
    version: int | None = None,
    keeps_records: bool = True,
) -> TopicEdit:
    """Put a proposal in the place of the tree.

    Records stay where their topic is found again by path, and records that stand for a found
    topic are placed.  All others have no topic until they are categorised.

    Raises:
        NotFoundError: There is no such dataset.
        ConflictError: The tree changed meanwhile, or a job works on topics.
    """
    row = lock_idle(session, dataset_id, version)
    tree = topics.get_tree(session, dataset_id)
    label = f"Took {count(len(proposal.nodes), 'topic')} from {_name(proposal)}"
    edit = topic_edit.replace(
        tree, proposal.nodes, label=label, keeps_records=keeps_records, keeps_targets=True
    )
    change = begin_change(session, row, label)
    row.is_edited = True
    ids = topics.apply_edit(session, change, edit)
    wanted = {
        seq: (ids[key], sure) for key, found in proposal.examples.items() for seq, sure in found
    }
    free = read_unplaced(session, dataset_id, sorted(wanted))
    placements = [Placement(seq, *wanted[seq], proposal.method) for seq in free]
    place_records(session, change, placements)
    finish_change(session, change)
    refresh_result(session, dataset_id, origin={"method": proposal.method, "seed": proposal.seed})
    touch(session, dataset_id)
    return TopicEdit(
        tree=topics.get_tree(session, dataset_id), label=label, num_records=change.num_records
    )


class GenerateTopics:
    """Makes a proposal; writes nothing but its own result."""

    name = GENERATE
    label = "Search for topics"

    def run(self, context: JobContext) -> dict[str, Any]:
        """Make it from the start; the same records and settings give the same proposal.

        Raises:
            RftError: It cannot be made; the message says why.
            JobCancelledError: Somebody asked to stop.
        """
        wanted = GenerateSettings.model_validate(context.args)
        if wanted.source == "template":
            proposal = propose_template(wanted.template_id, wanted.max_depth)
        elif wanted.source == "model":
            proposal = _ask(context, wanted)
        else:
            proposal = _find(context, wanted)
        if wanted.is_applied:
            _apply(context, proposal)
        return {"proposal": proposal.model_dump(mode="json"), "is_applied": wanted.is_applied}


def _apply(context: JobContext, proposal: TopicProposal) -> None:
    dataset_id = context.required_dataset_id
    context.check_cancelled()
    with unit_of_work() as session:
        apply_proposal(session, dataset_id, proposal)
        start_categorise(session, dataset_id)


def _find(context: JobContext, wanted: GenerateSettings) -> TopicProposal:
    from rft_app.pipeline._grouping import Grouper
    from rft_app.text.features import choose_features

    dataset_id = context.required_dataset_id
    with reading() as session:
        keys = topics.read_record_keys(session, dataset_id)
    features = choose_features(choose_kind("auto"), wanted.seed)
    outline = Grouper(context, dataset_id, keys, features).outline(
        num_groups=wanted.num_topics, seed=wanted.seed, max_depth=wanted.max_depth
    )
    return TopicProposal(
        nodes=outline.nodes,
        source="auto",
        method=features.name,
        examples=outline.examples,
        shares=outline.shares,
        seed=wanted.seed,
    )


def _ask(context: JobContext, wanted: GenerateSettings) -> TopicProposal:
    from rft_app.llm.client import ChatClient
    from rft_app.pipeline._intents import read_intents
    from rft_app.pipeline._tree_asking import SHOWN, TreeAsker, TreeWish

    dataset_id = context.required_dataset_id
    with reading() as session:
        objective = get_dataset_row(session, dataset_id).objective
        sample = read_sample(session, dataset_id, SHOWN)
        catalogue = read_catalogue(session)
    choice = catalogue.choose(wanted.model)
    wish = TreeWish(
        max_depth=wanted.max_depth,
        num_topics=wanted.num_topics,
        instructions=wanted.instructions,
    )
    ledger = StoredPaidCalls(context.job_id, dataset_id)
    with closing(ChatClient(choice.endpoint, ledger.lose)) as client:
        asker = TreeAsker(
            context=context,
            client=client,
            ledger=ledger,
            model=choice.model.name,
            is_small=choice.endpoint.provider.is_demo,
        )
        nodes = asker.ask(objective, read_intents(context, dataset_id, sample), wish)
    return TopicProposal(
        nodes=nodes,
        source="model",
        method=catalogue.name_of(choice),
        seed=wanted.seed,
        instructions=wanted.instructions,
    )


def _name(proposal: TopicProposal) -> str:
    if proposal.source == "template":
        return f"the template {find_template(proposal.method).name}"
    return f"the model {proposal.method}" if proposal.source == "model" else "the records"
