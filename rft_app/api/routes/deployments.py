"""Deployments: an alias of the gateway that goes to a tuned model, and back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from rft_app.api.schemas.deployment import (
    AdjustRequest,
    Deployment,
    DeploymentReport,
    DeployRequest,
    DeployResult,
    ReasonRequest,
)
from rft_app.services import deployments as use_cases
from rft_app.services.deployment_figures import report_deployment
from rft_app.services.intake_keys import find_sender
from rft_app.storage import deployments as stored
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.session import reading, unit_of_work

router = APIRouter(prefix="/api/optimization", tags=["deployments"])
ENDPOINT = "/gateway/v1"


async def _find_key(request: Request) -> str:
    """The key that a request came with, whose name goes into the history; empty without one."""
    return await find_sender(request.headers.get) or ""


KeyId = Annotated[str, Depends(_find_key)]


@router.post("/datasets/{dataset_id}/deploy", status_code=201)
def deploy(dataset_id: str, wanted: DeployRequest, key_id: KeyId) -> DeployResult:
    """Let an alias go to a tuned model; gateways know within a second."""
    with unit_of_work() as session:
        made = use_cases.deploy(
            session,
            dataset_id,
            wanted.to_draft(),
            reason=wanted.reason,
            actor=use_cases.name_actor(session, key_id),
        )
    return DeployResult(model_id=made.alias, endpoint=ENDPOINT, deployment=Deployment.of(made))


@router.get("/datasets/{dataset_id}/deployments")
def list_of_dataset(dataset_id: str) -> list[Deployment]:
    """Those of a dataset; active ones first."""
    with reading() as session:
        get_dataset_row(session, dataset_id)
        found = stored.list_deployments(session, dataset_id)
    return [Deployment.of(one) for one in found]


@router.get("/deployments")
def list_deployments() -> list[Deployment]:
    """All of them; active ones first."""
    with reading() as session:
        return [Deployment.of(one) for one in stored.list_deployments(session)]


@router.get("/deployments/{deployment_id}")
def read_deployment(deployment_id: str) -> DeploymentReport:
    """One: figures of each model, the comparison, the history."""
    with reading() as session:
        found = use_cases.get_deployment(session, deployment_id)
        return DeploymentReport.of(report_deployment(session, found))


@router.patch("/deployments/{deployment_id}")
def adjust(deployment_id: str, wanted: AdjustRequest, key_id: KeyId) -> Deployment:
    """Change the share of the tuned model, or how much is graded."""
    with unit_of_work() as session:
        actor = use_cases.name_actor(session, key_id)
        change, reason = wanted.to_change(), wanted.reason
        return Deployment.of(
            use_cases.adjust(session, deployment_id, change, reason=reason, actor=actor)
        )


@router.post("/deployments/{deployment_id}/promote")
def promote(deployment_id: str, wanted: ReasonRequest, key_id: KeyId) -> Deployment:
    """Let the tuned model answer all of the alias."""
    with unit_of_work() as session:
        actor = use_cases.name_actor(session, key_id)
        return Deployment.of(
            use_cases.promote(session, deployment_id, reason=wanted.reason, actor=actor)
        )


@router.post("/deployments/{deployment_id}/rollback")
def roll_back(deployment_id: str, wanted: ReasonRequest, key_id: KeyId) -> Deployment:
    """Let the base answer all of the alias again; gateways know within a second."""
    with unit_of_work() as session:
        actor = use_cases.name_actor(session, key_id)
        return Deployment.of(
            use_cases.roll_back(session, deployment_id, reason=wanted.reason, actor=actor)
        )
