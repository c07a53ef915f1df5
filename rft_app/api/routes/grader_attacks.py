"""Attacking a grader."""

from fastapi import APIRouter

from rft_app.api.schemas.grader_attack import (
    GraderAttack,
    GraderAttackEstimate,
    GraderAttackRequest,
)
from rft_app.api.views import saved_spec
from rft_app.domain.grader import GraderSpec
from rft_app.services.grader_attacks import attack_grader, estimate_attack
from rft_app.storage.session import reading

router = APIRouter(prefix="/api/optimization/datasets/{dataset_id}/grader/attack", tags=["grading"])


@router.post("")
def attack(dataset_id: str, request: GraderAttackRequest | None = None) -> GraderAttack:
    """Grade answers that no good model gives; no grade is stored. A judge's calls are paid."""
    asked = request or GraderAttackRequest()
    spec = _choose_spec(dataset_id, asked)
    return GraderAttack.of(attack_grader(dataset_id, spec, asked.sample_size, asked.seed))


@router.post("/estimate")
def estimate(
    dataset_id: str, request: GraderAttackRequest | None = None
) -> GraderAttackEstimate | None:
    """What an attack would ask of a judge and cost; `null` where the grader asks no model."""
    asked = request or GraderAttackRequest()
    spec = _choose_spec(dataset_id, asked)
    with reading() as session:
        found = estimate_attack(session, dataset_id, spec, asked.sample_size, asked.seed)
    return None if found is None else GraderAttackEstimate.of(found)


def _choose_spec(dataset_id: str, asked: GraderAttackRequest) -> GraderSpec:
    return asked.config.to_spec() if asked.config else saved_spec(dataset_id)
