"""Versions of a grader: list, compare, restore."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from rft_app.api.schemas.grader import GraderConfig
from rft_app.api.schemas.grader_version import GraderDifference, GraderVersion
from rft_app.services import grader_versions as use_cases
from rft_app.services.datasets import get_dataset
from rft_app.storage.session import reading

router = APIRouter(
    prefix="/api/optimization/datasets/{dataset_id}/grader/versions", tags=["grading"]
)
LARGEST = 2**31 - 1
Number = Annotated[int, Path(ge=1, le=LARGEST)]
QueryNumber = Annotated[int, Query(ge=1, le=LARGEST)]


@router.get("")
def list_grader_versions(
    response: Response,
    dataset_id: str,
    cursor: Annotated[
        int | None, Query(ge=1, le=LARGEST, description="`X-Next-Cursor` of the page before.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=use_cases.MAX_PAGE)] = 50,
) -> list[GraderVersion]:
    """Versions newest first; the first of all is the one that dry runs use."""
    with reading() as session:
        get_dataset(session, dataset_id)
        found = use_cases.list_grader_versions(session, dataset_id, before=cursor, limit=limit + 1)
    if len(found) > limit:
        response.headers["X-Next-Cursor"] = str(found[limit - 1].version)
    return [GraderVersion.of(version) for version in found[:limit]]


@router.get("/compare")
def compare_grader_versions(
    dataset_id: str, first: QueryNumber, second: QueryNumber
) -> GraderDifference:
    """What the version numbered `second` changed against `first`."""
    with reading() as session:
        get_dataset(session, dataset_id)
        return GraderDifference.of(use_cases.compare_versions(session, dataset_id, first, second))


@router.get("/{version}")
def read_grader_version(dataset_id: str, version: Number) -> GraderVersion:
    """One version by its number."""
    with reading() as session:
        get_dataset(session, dataset_id)
        return GraderVersion.of(use_cases.get_grader_version(session, dataset_id, version))


@router.post("/{version}/restore")
def restore_grader_version(dataset_id: str, version: Number) -> GraderConfig:
    """Make an earlier version the grader again, as a new version."""
    with reading() as session:
        get_dataset(session, dataset_id)
    return GraderConfig.of(use_cases.restore_version(dataset_id, version))
