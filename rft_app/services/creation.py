"""Create a dataset and start to fill it, in one transaction."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlmodel import Session

from rft_app.domain.dataset import Dataset
from rft_app.domain.entity import Entity
from rft_app.domain.pipeline import StepName
from rft_app.domain.scrubbing import NOTHING, ScrubRules
from rft_app.services.datasets import create_dataset
from rft_app.services.imports import start_import
from rft_app.services.pipeline import find_step, read_step_settings
from rft_app.storage.steps import get_step_row


class Upload(Entity):
    """A file that arrived, and how to read it."""

    path: Path
    file_name: str
    mapping: dict[str, str] = {}
    """Columns by target; empty when the shape is known."""
    scrub: ScrubRules = NOTHING
    """What is taken out of its traces before they are stored."""


def create_from_upload(
    session: Session, *, name: str, objective: str, upload: Upload, extract: Mapping[str, Any]
) -> Dataset:
    """Create a dataset, start the import of its file, and say how Extract shall run after it.

    Raises:
        InvalidInputError: Name, objective, file, mapping or a setting cannot work.
        TooLargeError: The file is larger than the limit.
    """
    settings = read_step_settings(find_step(StepName.EXTRACT), extract)
    dataset = create_dataset(session, name=name, objective=objective, source="upload")
    row = get_step_row(session, dataset.id, StepName.EXTRACT)
    row.settings = settings
    session.add(row)
    session.flush()
    start_import(
        session,
        dataset_id=dataset.id,
        path=upload.path,
        file_name=upload.file_name,
        mapping=upload.mapping,
        scrub=upload.scrub,
    )
    return dataset
