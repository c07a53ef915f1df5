"""Retrying jobs under the rules under which they could be started."""

import pytest

from rft_app.domain.job import JobStatus
from rft_app.domain.pipeline import StepName, StepResult, StepStatus
from rft_app.errors import ConflictError
from rft_app.jobs.queue import get_job
from rft_app.pipeline.steps import STEPS
from rft_app.services.pipeline import queue_step
from rft_app.services.retrying import retry
from rft_app.services.topic_locks import CATEGORIZE
from rft_app.storage import jobs
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.step_inputs import get_inputs
from rft_app.storage.steps import abandon_step, finish_step, get_step_row
from tests.pipeline.graded_dataset import DATASET, NUMBER_OF_TEXT, add_records, configure

pytestmark = pytest.mark.usefixtures("database")


def stop(kind: str) -> str:
    """A job that was cancelled; every step has a result."""
    add_records(["1", "0"])
    configure(NUMBER_OF_TEXT)
    with unit_of_work() as session:
        done = StepResult(outcome=StepStatus.COMPLETE, summary="done")
        for step in STEPS:
            read = step.input_hash(get_inputs(session, DATASET), step.settings_type())
            finish_step(session, DATASET, step.name, done, settings={}, input_hash=read)
        job = jobs.add_job(session, kind, DATASET, {})
        jobs.begin_job(session, job.id, 0, "w1")
        jobs.settle_job(session, job.id, "w1", JobStatus.CANCELLED)
    return job.id


@pytest.mark.parametrize("kind", [StepName.DRY_RUN.value, CATEGORIZE])
def test_nothing_is_retried_while_a_step_changes_what_it_reads(kind: str) -> None:
    job_id = stop(kind)
    with unit_of_work() as session:
        extract = queue_step(session, DATASET, StepName.EXTRACT)
    with (
        unit_of_work() as session,
        pytest.raises(ConflictError, match=r"(?i)extract.* Wait for it"),
    ):
        retry(session, job_id)
    with unit_of_work() as session:
        jobs.begin_job(session, extract.id, 0, "w1")
        jobs.settle_job(session, extract.id, "w1", JobStatus.CANCELLED)
        abandon_step(session, DATASET, StepName.EXTRACT)
    with unit_of_work() as session:
        retry(session, job_id)
    with reading() as session:
        assert get_job(session, job_id).status is JobStatus.QUEUED


def test_a_step_that_is_retried_is_shown_as_running_at_once() -> None:
    job_id = stop(StepName.DRY_RUN.value)
    with unit_of_work() as session:
        retry(session, job_id)
    with reading() as session:
        assert get_step_row(session, DATASET, StepName.DRY_RUN).is_processing
    with unit_of_work() as session, pytest.raises(ConflictError, match="already running"):
        retry(session, job_id)
