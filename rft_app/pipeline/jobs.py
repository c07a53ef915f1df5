"""Run a step as a durable job."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from rft_app.domain.job import Job, JobError
from rft_app.domain.pipeline import StepName
from rft_app.jobs.context import JobContext
from rft_app.pipeline._base import Step
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.steps import abandon_step, begin_step, fail_step, finish_step


@dataclass(frozen=True)
class StepJob:
    """The job kind of one step: settings are its arguments, the step's facts its result."""

    step: Step
    label: str

    @property
    def name(self) -> str:
        """The step's name."""
        return self.step.name.value

    def run(self, context: JobContext) -> dict[str, Any]:
        """Run the step and store its result together with what it read."""
        dataset_id = require_dataset(context)
        settings = self.step.settings_type.model_validate(context.args)
        with unit_of_work() as session:
            begin_step(session, dataset_id, self.step.name, context.job_id)
        with reading() as session:
            read_before = self.step.input_hash(session, dataset_id, settings)
        result = self.step.run(context, dataset_id, settings)
        with unit_of_work() as session:
            finish_step(
                session,
                dataset_id,
                self.step.name,
                result,
                settings=settings.model_dump(mode="json"),
                input_hash=read_before,
            )
        return result.facts

    def on_failed(self, session: Session, job: Job, error: JobError) -> None:
        """Show the failure on the node."""
        if job.dataset_id is not None:
            fail_step(session, job.dataset_id, StepName(self.name), error.message)

    def on_cancelled(self, session: Session, job: Job) -> None:
        """Let the result from before count again."""
        if job.dataset_id is not None:
            abandon_step(session, job.dataset_id, StepName(self.name))


def require_dataset(context: JobContext) -> str:
    """The dataset the job is about.

    Raises:
        ValueError: The job was enqueued without one, which is a defect.
    """
    if context.dataset_id is None:
        raise ValueError(f"Job {context.job_id} of kind has no dataset.")
    return context.dataset_id
