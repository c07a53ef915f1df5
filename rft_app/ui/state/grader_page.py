"""The frame of the grader's page: which dataset it is about, and whether that is there."""

import reflex as rx
from sqlmodel import Session

from rft_app.domain.dataset import Dataset
from rft_app.services.datasets import get_dataset
from rft_app.ui.state.dataset_page import DatasetPage


class GraderPageState(DatasetPage, rx.State):
    """One visitor's view of the page; what is edited is in `GraderState`."""

    id: str = ""
    name: str = "Dataset"

    def _enter(self, dataset_id: str) -> None:
        super()._enter(dataset_id)
        self.id = dataset_id

    def _read(self, session: Session, dataset_id: str) -> Dataset:
        return get_dataset(session, dataset_id)

    def _show(self, found: Dataset, /) -> None:
        self.name = found.name
