"""Snapshots: list, make, compare, restore."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from rft_app.api.schemas.job import Job
from rft_app.api.schemas.snapshot import Snapshot, SnapshotDifference, SnapshotRequest
from rft_app.api.waiting import Wait, start
from rft_app.services import snapshots as use_cases
from rft_app.storage.session import reading, unit_of_work

router = APIRouter(prefix="/api/optimization/datasets/{dataset_id}/snapshots", tags=["snapshots"])


@router.get("")
def list_snapshots(
    response: Response,
    dataset_id: str,
    cursor: Annotated[str | None, Query(description="`X-Next-Cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=use_cases.MAX_PAGE)] = 50,
) -> list[Snapshot]:
    """Snapshots newest first, with what used them."""
    with reading() as session:
        found = use_cases.list_snapshots(session, dataset_id, before=cursor, limit=limit + 1)
    if len(found) > limit:
        response.headers["X-Next-Cursor"] = found[limit - 1].snapshot.id
    return [Snapshot.of_used(each) for each in found[:limit]]


@router.post("", status_code=201)
def create_snapshot(dataset_id: str, request: SnapshotRequest | None = None) -> Snapshot:
    """Keep every current record as it is now."""
    label = request.label if request is not None else ""
    with unit_of_work() as session:
        return Snapshot.of(use_cases.create_snapshot(session, dataset_id, label))


@router.get("/{snapshot_id}")
def get_snapshot(dataset_id: str, snapshot_id: str) -> Snapshot:
    """One snapshot."""
    with reading() as session:
        return Snapshot.of(use_cases.get_snapshot(session, dataset_id, snapshot_id))


@router.get("/{snapshot_id}/compare")
def compare_snapshot(
    dataset_id: str,
    snapshot_id: str,
    other: Annotated[
        str | None, Query(alias="with", description="A snapshot; absent for the current records.")
    ] = None,
) -> SnapshotDifference:
    """What the other list of records adds to this snapshot and lacks of it."""
    with reading() as session:
        return SnapshotDifference.of(
            use_cases.compare_snapshots(session, dataset_id, snapshot_id, other)
        )


@router.post("/{snapshot_id}/restore", status_code=202)
async def restore_snapshot(
    response: Response, dataset_id: str, snapshot_id: str, wait: Wait = 0
) -> Job:
    """Make exactly these records current; what is current now becomes another snapshot."""
    return await start(
        response,
        wait,
        lambda session: use_cases.start_restore(session, dataset_id, snapshot_id),
    )
