"""Datasets as training sees them: sources, feedback, formats they can give."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from rft_app.api.schemas.training import TrainingDataset
from rft_app.domain.dataset import Dataset, DatasetFilter
from rft_app.services.datasets import list_page
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
        page = list_page(session, DatasetFilter(), cursor=cursor, limit=limit)
        if page.next_cursor is not None:
            response.headers["X-Next-Cursor"] = page.next_cursor
        return [_describe(session, dataset) for dataset in page.rows]


def _describe(session: Session, dataset: Dataset) -> TrainingDataset:
    found = count_qualifying(session, dataset.id)
    feedback = count_feedback(session, dataset.id).num_feedback
    return TrainingDataset.of(dataset, summarise_training(session, dataset.id), found, feedback)
