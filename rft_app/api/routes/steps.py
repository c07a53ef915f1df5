"""Extract, topics and coverage."""

from typing import Any, Literal

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from rft_app.api.errors import not_available
from rft_app.api.schemas._base import WireRequest
from rft_app.api.schemas.coverage import CoverageReport
from rft_app.api.schemas.job import Job
from rft_app.api.schemas.topics import TopicHierarchy
from rft_app.api.views import view_coverage
from rft_app.api.waiting import Wait, start
from rft_app.domain.pipeline import StepName
from rft_app.errors import NotFoundError
from rft_app.services.pipeline import start_step
from rft_app.services.topics import get_topics
from rft_app.storage.session import reading

router = APIRouter(prefix="/api/optimization/datasets/{dataset_id}", tags=["steps"])


class ExtractRequest(WireRequest):
    """What records are made of."""

    mode: Literal["last", "every"] = "last"
    """The last assistant turn of each trace, or every one."""


class TopicsRequest(WireRequest):
    """How topics are found."""

    method: Literal["auto", "template"] = "auto"
    template_id: str | None = None
    max_depth: int = Field(default=1, ge=1)
    instructions: str | None = None
    num_topics: int | None = Field(default=None, ge=1)
    """`null` finds a number."""
    seed: int = Field(default=0, ge=0)


@router.post("/extract", status_code=202)
async def extract(
    response: Response, dataset_id: str, request: ExtractRequest | None = None, wait: Wait = 0
) -> Job:
    """Make records of the traces; the result is the dataset."""
    settings = (request or ExtractRequest()).model_dump()
    return await start(
        response, wait, lambda session: start_step(session, dataset_id, StepName.EXTRACT, settings)
    )


@router.post("/topics/generate", status_code=202)
async def generate_topics(
    response: Response, dataset_id: str, request: TopicsRequest | None = None, wait: Wait = 0
) -> Job:
    """Find topics and assign every record to one; the result is the hierarchy."""
    asked = request or TopicsRequest()
    if asked.method == "template" or asked.instructions or asked.max_depth > 1:
        raise not_available("find topics by template, instructions or on several levels")
    settings: dict[str, Any] = {"num_topics": asked.num_topics, "seed": asked.seed}
    return await start(
        response, wait, lambda session: start_step(session, dataset_id, StepName.TOPICS, settings)
    )


@router.get("/topics")
def read_topics(dataset_id: str) -> TopicHierarchy | None:
    """The topic tree; `null` before topics were found."""
    with reading() as session:
        return TopicHierarchy.of(get_topics(session, dataset_id))


@router.get("/topics/export")
def export_topics(dataset_id: str) -> Response:
    """The topic tree as a file."""
    hierarchy = read_topics(dataset_id)
    if hierarchy is None:
        raise NotFoundError("Topics were not found yet. Run Topics first.")
    return JSONResponse(
        hierarchy.to_json(),
        headers={"Content-Disposition": f'attachment; filename="{dataset_id}-topics.json"'},
    )


@router.get("/coverage")
def read_coverage(dataset_id: str) -> CoverageReport:
    """The last analysis; 404 before the first."""
    with reading() as session:
        return view_coverage(session, dataset_id)


@router.post("/coverage", status_code=202)
async def analyse_coverage(response: Response, dataset_id: str, wait: Wait = 0) -> Job:
    """Analyse coverage again; the result is the report."""
    return await start(
        response, wait, lambda session: start_step(session, dataset_id, StepName.COVERAGE)
    )
