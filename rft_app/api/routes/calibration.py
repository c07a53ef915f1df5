"""Comparing a grader with people."""

from typing import Annotated

from fastapi import APIRouter, Query

from rft_app.api.schemas.calibration import CalibrationGrading, GraderCalibration
from rft_app.api.schemas.grader_attack import GraderAttackEstimate
from rft_app.services.calibration import get_calibration
from rft_app.services.calibration_grading import MAX_GRADED, estimate_lacking, grade_lacking
from rft_app.storage.session import reading

router = APIRouter(
    prefix="/api/optimization/datasets/{dataset_id}/grader/calibration", tags=["grading"]
)
Seed = Annotated[int, Query(ge=0, lt=2**63, description="Of the bootstrap intervals.")]
Limit = Annotated[
    int | None,
    Query(ge=1, le=MAX_GRADED, description="Most answers; 50 where a model is asked, else 1,000."),
]


@router.get("")
def calibrate(dataset_id: str, seed: Seed = 0) -> GraderCalibration:
    """The grader's stored grades beside what people said of the same answers; grades nothing."""
    with reading() as session:
        return GraderCalibration.of(get_calibration(session, dataset_id, seed))


@router.post("/grades")
def grade(dataset_id: str, limit: Limit = None, seed: Seed = 0) -> CalibrationGrading:
    """Grade rated answers that lack a grade, and compare again. A judge's calls are paid, once."""
    done = grade_lacking(dataset_id, limit)
    with reading() as session:
        return CalibrationGrading.of(done, get_calibration(session, dataset_id, seed))


@router.post("/estimate")
def estimate(dataset_id: str, limit: Limit = None) -> GraderAttackEstimate | None:
    """What grading them would ask of a judge and cost; `null` where the grader asks no model."""
    with reading() as session:
        found = estimate_lacking(session, dataset_id, limit)
    return None if found is None else GraderAttackEstimate.of(found)
