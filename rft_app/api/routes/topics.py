"""Topics: generate, edit, categorise, review, files."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from rft_app.api.forms import form
from rft_app.api.schemas import topic_requests as wire
from rft_app.api.schemas.job import Job
from rft_app.api.schemas.topic_views import (
    CategorizationResult,
    ReviewItem,
    TopicEdited,
    TopicHistory,
    TopicImportPreview,
    TopicTemplate,
)
from rft_app.api.schemas.topics import TopicHierarchy
from rft_app.api.uploads import Upload, receive_upload
from rft_app.api.waiting import Wait, start
from rft_app.domain import job as domain
from rft_app.domain.pipeline import StepName
from rft_app.domain.topic import TopicNode
from rft_app.errors import InvalidInputError
from rft_app.services import topic_edits as edits
from rft_app.services import topic_files as files
from rft_app.services import topic_generation as generation
from rft_app.services import topic_review as review
from rft_app.services.categorising import CategoriseSettings, start_categorise
from rft_app.services.pipeline import start_step
from rft_app.services.topics import get_topics
from rft_app.storage.session import reading, unit_of_work

router = APIRouter(prefix="/api/optimization/datasets/{dataset_id}/topics", tags=["topics"])
templates_router = APIRouter(prefix="/api/optimization/topic-templates", tags=["topics"])


@templates_router.get("")
def list_templates() -> list[TopicTemplate]:
    """Trees written for common kinds of products."""
    return [TopicTemplate.of(template) for template in generation.list_templates()]


@router.get("")
def read_topics(dataset_id: str) -> TopicHierarchy | None:
    """The topic tree; `null` before topics were found."""
    with reading() as session:
        return TopicHierarchy.of(get_topics(session, dataset_id))


@router.put("")
def update_topics(dataset_id: str, request: wire.TopicHierarchyUpdate) -> TopicHierarchy:
    """Put a whole tree in the place of the dataset's; records stay where paths are found again."""
    nodes = request.to_nodes()
    with unit_of_work() as session:
        done = edits.replace_topics(
            session,
            dataset_id,
            nodes,
            version=request.revision,
            keeps_records=request.keep_assignments,
        )
    return TopicHierarchy.of_tree(done.tree)


@router.post("/generate", status_code=202)
async def generate_topics(
    response: Response,
    dataset_id: str,
    request: wire.GenerateRequest | None = None,
    wait: Wait = 0,
) -> Job:
    """Make a tree and place every record, or propose one; the result is the hierarchy.

    A tree that a person edited is replaced only with `replaceEdited`; undo brings it back.
    """
    asked = request or wire.GenerateRequest()
    return await start(response, wait, lambda session: _begin(session, dataset_id, asked))


@router.post("/apply")
def apply_topics(dataset_id: str, request: wire.ApplyRequest) -> TopicHierarchy:
    """Put a proposal in the place of the tree; categorise the records without a topic after it."""
    with unit_of_work() as session:
        proposal = generation.get_proposal(session, dataset_id, request.job_id)
        done = generation.apply_proposal(
            session,
            dataset_id,
            proposal,
            version=request.revision,
            keeps_records=request.keep_assignments,
        )
    return TopicHierarchy.of_tree(done.tree)


@router.post("/edits")
def edit_topics(dataset_id: str, request: wire.EditRequest) -> TopicEdited:
    """Make one change of the tree."""
    with unit_of_work() as session:
        return TopicEdited.of(_edit(session, dataset_id, request))


@router.post("/split", status_code=202)
async def split_topic(
    response: Response, dataset_id: str, request: wire.SplitRequest, wait: Wait = 0
) -> Job:
    """Divide the records of a leaf among new topics below it; the result is the hierarchy."""
    return await start(
        response,
        wait,
        lambda session: edits.start_split(
            session, dataset_id, request.to_plan(), version=request.revision
        ),
    )


@router.get("/changes")
def list_changes(dataset_id: str) -> TopicHistory:
    """The latest changes, newest first, and what undo and redo would do."""
    with reading() as session:
        return TopicHistory.of(edits.list_changes(session, dataset_id))


@router.post("/undo")
def undo(dataset_id: str, request: wire.Revised | None = None) -> TopicEdited:
    """Take back the last change."""
    version = request.revision if request else None
    with unit_of_work() as session:
        return TopicEdited.of(edits.undo(session, dataset_id, version=version))


@router.post("/redo")
def redo(dataset_id: str, request: wire.Revised | None = None) -> TopicEdited:
    """Do again what was undone last."""
    version = request.revision if request else None
    with unit_of_work() as session:
        return TopicEdited.of(edits.redo(session, dataset_id, version=version))


@router.post("/categorize", status_code=202)
async def categorize_records(
    response: Response,
    dataset_id: str,
    request: wire.CategorizeRequest | None = None,
    wait: Wait = 0,
) -> Job:
    """Place records by the topics' words, by meaning, and by a model where one is named."""
    asked = request or wire.CategorizeRequest()
    settings = CategoriseSettings(
        mode=asked.mode,
        includes_manual=asked.include_manual,
        is_confirmed=asked.confirm,
        seed=asked.seed,
        model=asked.model,
    )
    return await start(
        response, wait, lambda session: start_categorise(session, dataset_id, settings)
    )


@router.post(
    "/import", openapi_extra=form(keepAssignments="`true` or `false`; `true` when absent?")
)
async def import_topics(request: Request, dataset_id: str) -> TopicHierarchy:
    """Put the tree of a file in the place of the dataset's."""
    nodes, upload = await _receive(request)
    keeps = _read_flag(upload, "keepAssignments")

    def take() -> TopicHierarchy:
        with unit_of_work() as session:
            done = files.import_topics(session, dataset_id, nodes, keeps_records=keeps)
        return TopicHierarchy.of_tree(done.tree)

    return await run_in_threadpool(take)


@router.post("/import/preview", openapi_extra=form())
async def preview_import(request: Request, dataset_id: str) -> TopicImportPreview:
    """What taking a file would change; nothing is changed."""
    nodes, _ = await _receive(request)

    def look() -> TopicImportPreview:
        with reading() as session:
            return TopicImportPreview.of(files.preview_import(session, dataset_id, nodes))

    return await run_in_threadpool(look)


@router.get("/export")
def export_topics(dataset_id: str) -> Response:
    """The topic tree as a file that `topics/import` reads."""
    with reading() as session:
        content = files.write_topic_file(session, dataset_id)
    return Response(
        content,
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{dataset_id}-topics.json"'},
    )


@router.get("/review")
def list_review(
    response: Response,
    dataset_id: str,
    topic: Annotated[str | None, Query(description="Only this topic and those below it.")] = None,
    cursor: Annotated[str | None, Query(description="`X-Next-Cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=review.MAX_PAGE)] = 20,
) -> list[ReviewItem]:
    """Records that are unsure of their topic, a page at a time; `X-Total-Count` counts them all."""
    with reading() as session:
        page = review.list_review(session, dataset_id, topic=topic, cursor=cursor, limit=limit)
    response.headers["X-Total-Count"] = str(page.total)
    if page.next_cursor is not None:
        response.headers["X-Next-Cursor"] = page.next_cursor
    return [ReviewItem.of(item) for item in page.items]


@router.put("/review/{record_id}")
def assign_topic(
    dataset_id: str, record_id: str, request: wire.AssignRequest
) -> CategorizationResult:
    """Put a record into a leaf because a person says so."""
    with unit_of_work() as session:
        done = review.assign(session, dataset_id, record_id, request.topic)
    return CategorizationResult(topic=done.topic, confidence=done.confidence, method=done.method)


def _begin(session: Session, dataset_id: str, asked: wire.GenerateRequest) -> domain.Job:
    if asked.method == "auto" and asked.apply and not asked.instructions:
        if not asked.replace_edited:
            generation.require_unedited(session, dataset_id)
        return start_step(
            session,
            dataset_id,
            StepName.TOPICS,
            {
                "num_topics": asked.num_topics,
                "seed": asked.seed,
                "max_depth": asked.depth,
                "edited_tree": "replace",
            },
        )
    return generation.start_generate(
        session,
        dataset_id,
        generation.GenerateSettings(
            source=asked.method,
            template_id=asked.template_id,
            num_topics=asked.num_topics,
            max_depth=asked.depth,
            instructions=asked.instructions or "",
            model=asked.model,
            seed=asked.seed,
            is_applied=asked.apply,
            replaces_edited=asked.replace_edited,
        ),
    )


def _edit(session: Session, dataset_id: str, asked: wire.EditRequest) -> edits.TopicEdit:
    seen = asked.revision
    if isinstance(asked, wire.AddTopic):
        topic = TopicNode(
            key=asked.key, description=asked.description, keywords=tuple(asked.keywords)
        )
        return edits.add_topic(session, dataset_id, topic, version=seen)
    if isinstance(asked, wire.MoveTopic):
        return edits.move_topic(
            session, dataset_id, asked.key, asked.parent, version=seen, position=asked.position
        )
    if isinstance(asked, wire.MergeTopics):
        return edits.merge_topics(session, dataset_id, asked.keys, asked.into, version=seen)
    if isinstance(asked, wire.DeleteTopics):
        return edits.delete_topics(
            session, dataset_id, asked.keys, version=seen, move_to=asked.move_to
        )
    return _reword(session, dataset_id, asked)


def _reword(
    session: Session,
    dataset_id: str,
    asked: wire.RenameTopic | wire.DescribeTopic | wire.SetKeywords,
) -> edits.TopicEdit:
    key, seen = asked.key, asked.revision
    if isinstance(asked, wire.RenameTopic):
        return edits.rename_topic(session, dataset_id, key, asked.name, version=seen)
    if isinstance(asked, wire.DescribeTopic):
        return edits.describe_topic(session, dataset_id, key, asked.description, version=seen)
    return edits.set_keywords(session, dataset_id, key, asked.keywords, version=seen)


async def _receive(request: Request) -> tuple[tuple[TopicNode, ...], Upload]:
    """The tree of an uploaded file; the file itself is deleted."""
    upload = await receive_upload(request)

    def read() -> tuple[TopicNode, ...]:
        try:
            with upload.path.open("rb") as file:
                return files.read_topic_file(file.read(files.MAX_FILE_BYTES + 1))
        finally:
            upload.path.unlink(missing_ok=True)

    return await run_in_threadpool(read), upload


def _read_flag(upload: Upload, name: str) -> bool:
    said = upload.fields.get(name, "true").strip().lower()
    if said not in {"true", "false"}:
        raise InvalidInputError(f"The field {name!r} is true or false, not {said!r}.", field=name)
    return said == "true"
