"""Run a step as a durable job."""

from dataclasses import dataclass
from typing import Any, Protocol

from sqlmodel import Session

from rft_app.domain.job import Job, JobError
from rft_app.domain.pipeline import StepName
from rft_app.jobs.context import JobContext
from rft_app.jobs.queue import enqueue, list_active_jobs
from rft_app.pipeline._base import Step
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.step_inputs import get_inputs
from rft_app.storage.steps import abandon_step, begin_step, fail_step, finish_step


class StepWatch(Protocol):
    """Hears in the same transaction how steps end."""

    def on_result(self, session: Session, dataset_id: str) -> None:
        """A step has a new result."""
        ...

    def on_stop(self, session: Session, dataset_id: str, step: StepName, words: str) -> None:
        """A step failed or was cancelled."""
        ...


@dataclass(frozen=True)
class StepJob:
    """The job kind of one step: settings are its arguments, the step's facts its result."""

    step: Step
    label: str
    follow_up: str | None = None
    """A kind of job to start when the step is done, unless one is on its way already."""
    watch: StepWatch | None = None

    @property
    def name(self) -> str:
        """The step's name."""
        return self.step.name.value

    def run(self, context: JobContext) -> dict[str, Any]:
        """Run the step and store its result together with what it read."""
        dataset_id = context.required_dataset_id
        settings = self.step.settings_type.model_validate(context.args)
        with unit_of_work() as session:
            begin_step(session, dataset_id, self.step.name, context.job_id)
        with reading() as session:
            read_before = self.step.input_hash(get_inputs(session, dataset_id), settings)
        result = self.step.run(context, dataset_id, settings)
        with unit_of_work() as session:
            finish_step(
                session,
                dataset_id,
                self.step.name,
                result,
                settings=settings.model_dump(mode="json"),
                input_hash=result.input_hash or read_before,
            )
            self._start_follow_up(session, dataset_id)
            if self.watch is not None:
                self.watch.on_result(session, dataset_id)
        return result.facts

    def _start_follow_up(self, session: Session, dataset_id: str) -> None:
        if self.follow_up is None:
            return
        if all(job.kind != self.follow_up for job in list_active_jobs(session, dataset_id)):
            enqueue(session, self.follow_up, dataset_id, {})

    def on_failed(self, session: Session, job: Job, error: JobError) -> None:
        """Show the failure on the node."""
        if job.dataset_id is not None:
            fail_step(session, job.dataset_id, self.step.name, error.message)
            self._tell_stop(session, job.dataset_id, error.message)

    def on_cancelled(self, session: Session, job: Job) -> None:
        """Let the result from before count again."""
        if job.dataset_id is not None:
            abandon_step(session, job.dataset_id, self.step.name)
            self._tell_stop(session, job.dataset_id, "cancelled.")

    def _tell_stop(self, session: Session, dataset_id: str, words: str) -> None:
        if self.watch is not None:
            self.watch.on_stop(session, dataset_id, self.step.name, words)
