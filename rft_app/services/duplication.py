"""Duplicate a dataset: traces, records, feedback, topics, grader and results of steps 1 to 4."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from sqlmodel import Session

from rft_app.domain.job import Job, JobError
from rft_app.domain.pipeline import StepName
from rft_app.jobs.context import JobContext
from rft_app.jobs.queue import enqueue
from rft_app.pipeline._base import Step, changed_parts, fingerprint
from rft_app.pipeline.steps import STEPS
from rft_app.services.busy import DUPLICATE, require_idle
from rft_app.services.datasets import NAME_LENGTH
from rft_app.services.search_jobs import SEARCH_INDEX
from rft_app.storage import duplication, search
from rft_app.storage.datasets import (
    add_dataset,
    delete_dataset_row,
    get_dataset_row,
    has_dataset,
    list_all_names,
)
from rft_app.storage.duplication import Shifts, Target
from rft_app.storage.record_counts import refresh_counts
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.step_inputs import get_inputs
from rft_app.storage.steps import begin_step, fail_step, get_step_row
from rft_app.storage.tables import StepRow
from rft_app.storage.tags import copy_tags

ROWS_PER_BATCH: Final = 20_000
COPIED: Final = (StepName.EXTRACT, StepName.TOPICS, StepName.COVERAGE, StepName.GRADER)
"""A dry run stays with the dataset that it was made on, and so do snapshots and exports."""


def start_duplicate(session: Session, dataset_id: str) -> Job:
    """Start to copy a dataset under a name of its own; the job names the copy from the start.

    Raises:
        NotFoundError: There is no such dataset.
        ConflictError: A job works on it.
    """
    require_idle(session, dataset_id)
    source = get_dataset_row(session, dataset_id)
    copy_id = add_dataset(
        session,
        name=name_copy(source.name, list_all_names(session)),
        objective=source.objective,
        source="gateway" if source.source == "gateway" else "upload",
    )
    shifts = duplication.reserve_keys(session, dataset_id)
    imports = duplication.copy_small_rows(session, dataset_id, copy_id, shifts)
    args = {"source_id": dataset_id, "shifts": list(shifts), "imports": imports}
    job = enqueue(session, DUPLICATE, copy_id, args)
    begin_step(session, copy_id, StepName.EXTRACT, job.id)
    return job


def name_copy(name: str, taken: Iterable[str]) -> str:
    """A free name for a copy.

    Example:
        >>> name_copy("bank", []), name_copy("bank", ["bank copy"]), name_copy("bank copy", [])
        ('bank copy', 'bank copy 2', 'bank copy copy')
    """
    names = set(taken)
    endings = (" copy", *(f" copy {number}" for number in range(2, len(names) + 3)))
    found = (name[: NAME_LENGTH - len(ending)] + ending for ending in endings)
    return next(candidate for candidate in found if candidate not in names)


class DuplicateDataset:
    """Copies rows a batch a transaction, then the results of the steps."""

    name = DUPLICATE
    label = "Duplicate"

    def run(self, context: JobContext) -> dict[str, Any]:
        """Go on where the last run ended.

        Raises:
            NotFoundError: The source is gone.
        """
        target_id, source_id = context.required_dataset_id, str(context.args["source_id"])
        shifts = Shifts(*context.args["shifts"])
        target = Target(source_id, target_id, shifts, context.args["imports"])
        with reading() as session:
            get_dataset_row(session, source_id)
            total = duplication.count_rows(session, source_id)
        done = 0
        for table in duplication.LARGE:
            for first, last, number in _ranges(table, source_id):
                with unit_of_work() as session:
                    duplication.copy_range(session, table, target, (first, last))
                done += number
                context.progress(done, total, f"{done:,} of {total:,} rows copied")
        with unit_of_work() as session:
            duplication.copy_faults(session, target.imports)
        with unit_of_work() as session:
            copy_tags(session, source_id, target_id, shifts.record)
            refresh_counts(session, target_id)
            _copy_steps(session, source_id, target_id)
            enqueue(session, SEARCH_INDEX, target_id, {})
        return {"dataset_id": target_id}

    def on_failed(self, session: Session, job: Job, error: JobError) -> None:
        """Say that the copy is not complete; the job can be run again."""
        if job.dataset_id is not None and has_dataset(session, job.dataset_id):
            words = f"The copy is not complete. {error.message}"
            fail_step(session, job.dataset_id, StepName.EXTRACT, words)

    def on_cancelled(self, session: Session, job: Job) -> None:
        """Leave nothing behind."""
        if job.dataset_id is not None and has_dataset(session, job.dataset_id):
            search.delete_texts(session, job.dataset_id)
            delete_dataset_row(session, job.dataset_id)


def _ranges(table: str, source_id: str) -> Iterator[tuple[int, int, int]]:
    """First key, last key and number of rows of one batch after the other."""
    first = 0
    while True:
        with reading() as session:
            last, number = duplication.find_range(
                session, table, source_id, first - 1, ROWS_PER_BATCH
            )
        if not number:
            return
        yield first, last, number
        first = last + 1


def _copy_steps(session: Session, source_id: str, target_id: str) -> None:
    for step in STEPS:
        row = get_step_row(session, source_id, step.name)
        copy = get_step_row(session, target_id, step.name)
        if step.name not in COPIED or row.outcome is None:
            if copy in session:
                session.delete(copy)
            continue
        values = row.model_dump(exclude={"dataset_id", "job_id", "input_hash", "is_processing"})
        copy.sqlmodel_update(values)
        copy.is_processing, copy.job_id = False, None
        copy.input_hash = _carry_hash(session, step, row, target_id)
        session.add(copy)
    session.flush()


def _carry_hash(session: Session, step: Step, row: StepRow, target_id: str) -> str | None:
    """What the copy's result read: what is true of the copy now, but for what changed since."""
    if row.input_hash is None:
        return None
    settings = step.settings_type.model_validate(row.settings)
    read = step.input_hash(get_inputs(session, row.dataset_id), settings)
    changed = changed_parts(row.input_hash, read)
    now = step.input_hash(get_inputs(session, target_id), settings)
    parts = dict(part.split("=", 1) for part in now.split(" "))
    return fingerprint(**parts | dict.fromkeys(changed, "changed"))
