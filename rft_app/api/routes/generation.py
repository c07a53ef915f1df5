"""Generation: the models there are, a plan, a run."""

from fastapi import APIRouter, Response

from rft_app.api.schemas.generation import (
    CandidateIds,
    GenerateRequest,
    GenerationPlan,
    Models,
    PlanRequest,
)
from rft_app.api.schemas.job import Job
from rft_app.api.waiting import Wait, start
from rft_app.services.generation import plan_generation, start_generation
from rft_app.services.models import list_models
from rft_app.services.regeneration import start_regeneration
from rft_app.storage.session import reading

router = APIRouter(prefix="/api/optimization", tags=["generation"])
_DATASET = "/datasets/{dataset_id}"


@router.get("/models")
def read_models() -> Models:
    """The models that can be asked and their prices, or how to configure a provider."""
    with reading() as session:
        return Models.of(list_models(session))


@router.post(_DATASET + "/generate/plan")
def create_plan(dataset_id: str, request: PlanRequest | None = None) -> GenerationPlan:
    """What a run with these settings would do, and about what it would cost; nothing is asked."""
    asked = request or PlanRequest()
    with reading() as session:
        settings, selection = asked.to_settings(), asked.to_selection()
        return GenerationPlan.of(plan_generation(session, dataset_id, settings, selection))


@router.post(_DATASET + "/generate", status_code=202)
async def generate(
    response: Response, dataset_id: str, request: GenerateRequest | None = None, wait: Wait = 0
) -> Job:
    """Make records that wait for review; the result has `generated` and `valid`."""
    asked = request or GenerateRequest()
    settings, selection = asked.config.to_settings(), asked.to_selection()
    return await start(
        response,
        wait,
        lambda session: start_generation(session, dataset_id, settings, selection),
    )


@router.post(_DATASET + "/generate/review/regenerate", status_code=202)
async def regenerate(
    response: Response, dataset_id: str, request: CandidateIds, wait: Wait = 0
) -> Job:
    """Make candidates of one run again; each new one takes the place of the old one."""
    return await start(
        response,
        wait,
        lambda session: start_regeneration(session, dataset_id, request.candidate_ids),
    )
