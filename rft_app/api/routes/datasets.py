"""Datasets: list, create from a file, change, delete."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session

from rft_app.api.forms import form
from rft_app.api.importing import read_mapping, read_scrub, start_upload
from rft_app.api.schemas.dataset import DatasetPatch, OptimizationDataset
from rft_app.api.schemas.job import Job
from rft_app.api.uploads import Upload, receive_upload
from rft_app.api.views import view_dataset
from rft_app.api.waiting import Wait, start
from rft_app.domain import job as domain
from rft_app.domain.dataset import DatasetFilter, DatasetPhase, DatasetSort
from rft_app.services import datasets as use_cases
from rft_app.services import resetting
from rft_app.services.duplication import start_duplicate
from rft_app.services.imports import start_import
from rft_app.storage.session import reading, unit_of_work

router = APIRouter(prefix="/api/optimization/datasets", tags=["datasets"])


@router.get("")
def list_datasets(
    response: Response,
    search: Annotated[str, Query(description="Words of name or objective; all must occur.")] = "",
    status: Annotated[DatasetPhase | None, Query()] = None,
    sort: Annotated[DatasetSort, Query()] = "updated",
    cursor: Annotated[str | None, Query(description="`X-Next-Cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=use_cases.MAX_PAGE)] = 50,
) -> list[OptimizationDataset]:
    """One page of the datasets that match.

    `X-Next-Cursor` names the next page and is absent on the last; it belongs to one order.
    """
    wanted = DatasetFilter(search=search, phase=status, sort=sort)
    with reading() as session:
        page = use_cases.list_page(session, wanted, cursor=cursor, limit=limit)
        if page.next_cursor is not None:
            response.headers["X-Next-Cursor"] = page.next_cursor
        return [view_dataset(session, dataset) for dataset in page.rows]


@router.get("/{dataset_id}")
def get_dataset(dataset_id: str) -> OptimizationDataset:
    """One dataset."""
    with reading() as session:
        return view_dataset(session, use_cases.get_dataset(session, dataset_id))


@router.patch("/{dataset_id}")
def update_dataset(dataset_id: str, patch: DatasetPatch) -> OptimizationDataset:
    """Change name or objective."""
    with unit_of_work() as session:
        dataset = use_cases.update_dataset(
            session, dataset_id, name=patch.name, objective=patch.objective
        )
        return view_dataset(session, dataset)


@router.delete("/{dataset_id}", status_code=204)
def delete_dataset(dataset_id: str) -> None:
    """Delete a dataset with everything that belongs to it; 409 while a job works on it."""
    with unit_of_work() as session:
        use_cases.delete_dataset(session, dataset_id)


@router.post("/{dataset_id}/duplicate", status_code=202)
async def duplicate_dataset(response: Response, dataset_id: str, wait: Wait = 0) -> Job:
    """Copy a dataset with its records, topics, grader and the results of steps 1 to 4.

    The job's `datasetId` is the copy's; its result is the copy.
    """
    return await start(response, wait, lambda session: start_duplicate(session, dataset_id))


@router.post("/{dataset_id}/reset")
def reset_pipeline(dataset_id: str) -> OptimizationDataset:
    """Clear the results of every step; records, snapshots, jobs and exports stay."""
    with unit_of_work() as session:
        return view_dataset(session, resetting.reset_pipeline(session, dataset_id))


@router.post(
    "/from-upload",
    status_code=202,
    openapi_extra=form(
        name="Name of the dataset",
        objective="What the model should learn",
        shape="Name of the row shape; found when absent?",
        mapping="JSON object, target to column, for rows of no known shape?",
        scrub="What is taken out before traces are stored, e.g. `email,phone`; or rules as JSON?",
    ),
)
async def create_from_upload(request: Request, response: Response, wait: Wait = 0) -> Job:
    """Create a dataset of a file: traces are stored, then Extract starts.

    The job carries `datasetId` from the start; its result is the dataset.
    """
    upload = await receive_upload(request)

    def begin(session: Session, received: Upload) -> domain.Job:
        dataset = use_cases.create_dataset(
            session, name=received.require("name"), objective=received.require("objective")
        )
        return start_import(
            session,
            dataset_id=dataset.id,
            path=received.path,
            file_name=received.file_name,
            shape=received.fields.get("shape") or None,
            mapping=read_mapping(received),
            scrub=read_scrub(received),
        )

    return await start_upload(response, wait, upload, begin)
