"""Everything about one dataset that its page shows, read at one moment."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from rft_app.domain.dataset import Dataset
from rft_app.domain.entity import Entity
from rft_app.domain.imports import ImportReport
from rft_app.domain.job import Job, JobStatus
from rft_app.domain.pipeline import Node, StepName
from rft_app.jobs.queue import list_jobs
from rft_app.services.datasets import get_dataset
from rft_app.services.imports import latest_import
from rft_app.storage.steps import list_step_rows

NUM_RECENT = 8


class CanvasStep(Entity):
    """One step with what is stored of its last result."""

    node: Node
    facts: dict[str, Any]
    error: str | None
    job_id: str | None
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def has_result(self) -> bool:
        """Whether it ever ended in a result."""
        return bool(self.facts)

    @property
    def took_s(self) -> float | None:
        """How long the last result took; `None` while it runs or before the first."""
        if self.started_at is None or self.finished_at is None:
            return None
        seconds = (self.finished_at - self.started_at).total_seconds()
        return seconds if seconds >= 0 else None


class Canvas(Entity):
    """One dataset, its steps and its jobs."""

    dataset: Dataset
    steps: tuple[CanvasStep, ...]
    jobs: tuple[Job, ...]
    """The latest, newest first."""

    def step(self, name: StepName) -> CanvasStep:
        """One of the seven."""
        return self.steps[name.number - 1]

    report: ImportReport | None
    """How the latest import of traces stands; `None` when there was none."""

    @property
    def num_unreadable(self) -> int:
        """Lines of the latest import that are not among the records, not even as invalid ones."""
        return 0 if self.report is None else self.report.num_unreadable

    @property
    def active_job(self) -> Job | None:
        """What runs now, else what waits."""
        active = [job for job in self.jobs if not job.status.is_settled]
        running = [job for job in active if job.status is JobStatus.RUNNING]
        return (running or active or [None])[-1]


def get_canvas(session: Session, dataset_id: str) -> Canvas:
    """Read a dataset with its steps and latest jobs.

    Raises:
        NotFoundError: There is no such dataset.
    """
    dataset = get_dataset(session, dataset_id)
    rows = list_step_rows(session, dataset_id)
    steps = tuple(
        CanvasStep(
            node=node,
            facts=rows[node.name].facts,
            error=rows[node.name].error,
            job_id=rows[node.name].job_id,
            started_at=rows[node.name].started_at,
            finished_at=rows[node.name].finished_at,
        )
        for node in dataset.nodes
    )
    return Canvas(
        dataset=dataset,
        steps=steps,
        jobs=tuple(list_jobs(session, dataset_id, NUM_RECENT)),
        report=latest_import(session, dataset_id),
    )
