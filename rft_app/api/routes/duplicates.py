"""Near-duplicates: search, groups, review.  Exact ones are records with `duplicate=true`."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from rft_app.api.schemas.job import Job
from rft_app.api.schemas.near_duplicate import (
    ArchivedDuplicates,
    KeptRecords,
    NearDuplicateGroup,
    NearDuplicateReport,
    NearDuplicateSearch,
)
from rft_app.api.waiting import Wait, start
from rft_app.domain.near_duplicate import NearState
from rft_app.domain.record import RecordId
from rft_app.services import near_duplicates as use_cases
from rft_app.services.near_duplicate_jobs import start_search
from rft_app.storage.session import reading, unit_of_work

LAST = 2**31 - 1
router = APIRouter(
    prefix="/api/optimization/datasets/{dataset_id}/duplicates", tags=["near-duplicates"]
)
Position = Annotated[int, Path(ge=1, le=LAST)]


@router.get("")
def read_report(dataset_id: str) -> NearDuplicateReport | None:
    """What the last search found; nothing before the first."""
    with reading() as session:
        report = use_cases.find_report(session, dataset_id)
    return None if report is None else NearDuplicateReport.of(report)


@router.post("/search", status_code=202)
async def search(
    response: Response, dataset_id: str, wanted: NearDuplicateSearch, wait: Wait = 0
) -> Job:
    """Look for records that ask nearly the same; replaces the groups of before."""
    return await start(
        response, wait, lambda session: start_search(session, dataset_id, wanted.threshold)
    )


@router.get("/groups")
def list_groups(
    response: Response,
    dataset_id: str,
    state: NearState | None = None,
    cursor: Annotated[int, Query(ge=0, le=LAST, description="`X-Next-Cursor` of before.")] = 0,
    limit: Annotated[int, Query(ge=1, le=use_cases.MAX_PAGE)] = 20,
) -> list[NearDuplicateGroup]:
    """One page of groups, the largest first."""
    with reading() as session:
        found = use_cases.list_groups(
            session, dataset_id, state=state, after=cursor, limit=limit + 1
        )
    if len(found) > limit:
        response.headers["X-Next-Cursor"] = str(found[limit - 1].position)
    return [NearDuplicateGroup.of(group) for group in found[:limit]]


@router.get("/groups/{position}")
def get_group(dataset_id: str, position: Position) -> NearDuplicateGroup:
    """One group."""
    with reading() as session:
        return NearDuplicateGroup.of(use_cases.get_group(session, dataset_id, position))


@router.post("/groups/{position}/keep")
def keep_records(dataset_id: str, position: Position, kept: KeptRecords) -> NearDuplicateGroup:
    """Keep these records of the group and archive its others."""
    ids = [RecordId(id_) for id_ in kept.record_ids]
    with unit_of_work() as session:
        return NearDuplicateGroup.of(use_cases.keep_records(session, dataset_id, position, ids))


@router.post("/groups/{position}/dismiss")
def dismiss_group(dataset_id: str, position: Position) -> NearDuplicateGroup:
    """Keep all records of the group; later searches leave it aside, too."""
    with unit_of_work() as session:
        return NearDuplicateGroup.of(use_cases.keep_all(session, dataset_id, position))


@router.post("/groups/{position}/reopen")
def reopen_group(dataset_id: str, position: Position) -> NearDuplicateGroup:
    """Take a decision back; what was archived comes back."""
    with unit_of_work() as session:
        return NearDuplicateGroup.of(use_cases.reopen_group(session, dataset_id, position))


@router.post("/keep-suggested")
def keep_suggested(dataset_id: str) -> ArchivedDuplicates:
    """Keep the suggested record of every open group and archive the others."""
    with unit_of_work() as session:
        change = use_cases.keep_suggested(session, dataset_id)
    return ArchivedDuplicates(change_id=change.id, records=change.num_records, job_id=change.job_id)
