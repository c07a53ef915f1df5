"""Extract and coverage."""

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import Field

from rft_app.api.schemas._base import WireRequest
from rft_app.api.schemas.coverage import CoverageReport
from rft_app.api.schemas.job import Job
from rft_app.api.schemas.topic_requests import TargetsRequest
from rft_app.api.schemas.topics import TopicHierarchy
from rft_app.api.views import view_coverage
from rft_app.api.waiting import Wait, start
from rft_app.domain.pipeline import StepName
from rft_app.services.pipeline import start_step
from rft_app.services.topic_edits import set_targets
from rft_app.storage.session import reading, unit_of_work

router = APIRouter(prefix="/api/optimization/datasets/{dataset_id}", tags=["steps"])


class ExtractRequest(WireRequest):
    """What records are made of."""

    mode: Literal["last", "every"] = "last"
    """The last assistant turn of each trace, or every one."""
    max_tokens: int | None = Field(default=None, gt=0)
    """A longer record is invalid with `too_long`; `null` takes the installation's limit."""


@router.post("/extract", status_code=202)
async def extract(
    response: Response, dataset_id: str, request: ExtractRequest | None = None, wait: Wait = 0
) -> Job:
    """Make records of the traces; the result is the dataset."""
    settings = (request or ExtractRequest()).model_dump(by_alias=False, exclude_none=True)
    return await start(
        response, wait, lambda session: start_step(session, dataset_id, StepName.EXTRACT, settings)
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


@router.put("/coverage/targets")
def update_targets(dataset_id: str, request: TargetsRequest) -> TopicHierarchy:
    """Set the share that leaves should hold; the analysis is out of date until it runs again."""
    targets = {
        key: None if percentage is None else percentage / 100
        for key, percentage in request.targets.items()
    }
    with unit_of_work() as session:
        done = set_targets(session, dataset_id, targets, version=request.revision)
    return TopicHierarchy.of_tree(done.tree)
