"""Datasets as training sees them: sources, feedback, formats they can give."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from rft_app.api.schemas.training import TrainingDataset
from rft_app.domain.dataset import Dataset
from rft_app.errors import NotFoundError
from rft_app.services.datasets import list_datasets as list_all
from rft_app.services.export_counts import count_qualifying
from rft_app.services.feedback import count_feedback
from rft_app.services.training_summary import summarise_training
from rft_app.storage.session import reading

router = APIRouter(prefix="/api/training/datasets", tags=["exports"])


@router.get("")
def list_training_datasets(
    response: Response,
    cursor: Annotated[str | None, Query(description="`X-Next-Cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
) -> list[TrainingDataset]:
    """Each dataset with its sources, feedback and how many records each format can take."""
    with reading() as session:
        found = list_all(session)
        start = _find_start(found, cursor)
        page = found[start : start + limit]
        if start + limit < len(found):
            response.headers["X-Next-Cursor"] = page[-1].id
        return [_describe(session, dataset) for dataset in page]


def _find_start(datasets: list[Dataset], cursor: str | None) -> int:
    if cursor is None:
        return 0
    ids = [dataset.id for dataset in datasets]
    if cursor not in ids:
        raise NotFoundError(f"The dataset {cursor!r} after which to go on is gone. Start again.")
    return ids.index(cursor) + 1


def _describe(session: Session, dataset: Dataset) -> TrainingDataset:
    found = count_qualifying(session, dataset.id)
    feedback = count_feedback(session, dataset.id).num_feedback
    return TrainingDataset.of(dataset, summarise_training(session, dataset.id), found, feedback)
