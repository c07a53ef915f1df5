"""Use cases around the seven steps."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlmodel import Session

from rft_app.domain.dataset import DatasetStats
from rft_app.domain.dry_run import DryRunSettings
from rft_app.domain.entity import Entity
from rft_app.domain.job import Job
from rft_app.domain.pipeline import Node, StepName, require_startable
from rft_app.errors import InvalidInputError, NotAvailableError
from rft_app.jobs.queue import enqueue
from rft_app.pipeline._base import Step
from rft_app.pipeline._budget import require_prices
from rft_app.pipeline.grader import require_grader, require_provider
from rft_app.pipeline.steps import STEPS
from rft_app.services.datasets import get_dataset
from rft_app.services.topic_locks import require_settled
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.steps import begin_step, get_step_row


class StepView(Entity):
    """One step with all that is stored of it."""

    node: Node
    stats: DatasetStats
    """Of the dataset."""
    facts: dict[str, Any]
    settings: dict[str, Any]
    """What the last result was made with; empty before the first."""
    error: str | None
    job_id: str | None
    started_at: datetime | None
    finished_at: datetime | None


def find_step(name: StepName) -> Step:
    """The implementation of a step.

    Raises:
        NotAvailableError: This version of the product does not have it.
    """
    for step in STEPS:
        if step.name is name:
            return step
    raise NotAvailableError(f"This version cannot {name.value.replace('_', ' ')} yet.", step=name)


def start_step(
    session: Session, dataset_id: str, name: StepName, settings: Mapping[str, Any] | None = None
) -> Job:
    """Start a step as a job.

    Raises:
        NotFoundError: There is no such dataset.
        ConflictError: An earlier step has no result, or a step or a job on topics or records runs.
        InvalidInputError: A setting has an impossible value; the message names it.  Or there is a
            budget and a model without a price.
        NotAvailableError: The dry run asks a model, for answers or grades, and there is none.
    """
    find_step(name)
    dataset = get_dataset(session, dataset_id)
    require_startable(name, dataset.nodes)
    require_settled(session, dataset_id)
    if name is StepName.DRY_RUN:
        require_provider(session, dataset_id)
        _require_sampler(session, dataset_id, settings or {})
    return queue_step(session, dataset_id, name, settings)


def _require_sampler(session: Session, dataset_id: str, settings: Mapping[str, Any]) -> None:
    """Check that there is the model that is asked for the answers, and that a budget can hold."""
    wanted = read_step_settings(find_step(StepName.DRY_RUN), settings)
    chosen = DryRunSettings.model_validate(wanted)
    if chosen.sampling is not None:
        read_catalogue(session).choose(chosen.sampling.model)
    require_prices(session, chosen, require_grader(session, dataset_id).spec)


def queue_step(
    session: Session, dataset_id: str, name: StepName, settings: Mapping[str, Any] | None = None
) -> Job:
    """As `start_step`, for a job that cannot wait until everything else is done."""
    step = find_step(name)
    values = read_step_settings(step, settings or {})
    job = enqueue(session, name.value, dataset_id, values)
    begin_step(session, dataset_id, name, job.id)
    return job


def read_step_settings(step: Step, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Validate settings of a step and fill in its defaults.

    Raises:
        InvalidInputError: A name is unknown or a value impossible.
    """
    try:
        return step.settings_type.model_validate(dict(settings)).model_dump(mode="json")
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(str(part) for part in fault["loc"])
        raise InvalidInputError(f"The setting {field!r}: {fault['msg']}.", field=field) from error


def get_step(session: Session, dataset_id: str, name: StepName) -> StepView:
    """One step of a dataset.

    Raises:
        NotFoundError: There is no such dataset.
    """
    dataset = get_dataset(session, dataset_id)
    row = get_step_row(session, dataset_id, name)
    return StepView(
        node=dataset.nodes[name.number - 1],
        stats=dataset.stats,
        facts=row.facts,
        settings=row.settings,
        error=row.error,
        job_id=row.job_id,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )
