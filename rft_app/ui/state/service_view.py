"""A training at a service, ready to show."""

from rft_app.domain.job import JobStatus
from rft_app.domain.training_remote import RemoteTraining
from rft_app.domain.training_run import TrainingRun
from rft_app.services.training_runs import ENDED_BADLY
from rft_app.ui.state.figure import Figure


def can_resume(run: TrainingRun) -> bool:
    """Whether it can go on; a job that failed at its service cannot."""
    is_over_there = run.remote is not None and run.remote.status in ENDED_BADLY
    return run.status in {JobStatus.FAILED, JobStatus.CANCELLED} and not is_over_there


def list_remote(remote: RemoteTraining) -> list[Figure]:
    """What is known of it there."""
    facts = [
        Figure("Provider", remote.provider),
        Figure("Job there", remote.job_id or "none yet"),
        Figure("It says", remote.status.replace("_", " ") or "nothing yet"),
    ]
    if remote.model:
        facts.append(Figure("Tuned model", f"{remote.provider}/{remote.model}"))
    if remote.trained_tokens is not None:
        facts.append(Figure("Tokens billed", f"{remote.trained_tokens:,}"))
    chosen = remote.settings.model_dump(exclude_none=True)
    facts += [
        Figure(name.replace("_", " ").replace("num ", "number of ").capitalize(), str(value))
        for name, value in chosen.items()
        if value != ""
    ]
    return facts
