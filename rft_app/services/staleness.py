"""Which results are out of date, and why."""

from collections.abc import Mapping

from sqlmodel import Session

from rft_app.domain.pipeline import StepName
from rft_app.pipeline._base import changed_parts
from rft_app.pipeline.steps import STEPS
from rft_app.storage.step_inputs import StepInputs, get_inputs
from rft_app.storage.steps import list_step_rows
from rft_app.storage.tables import StepRow

_WORDS = {
    "traces": "Traces arrived",
    "fingerprints": "The way duplicates are found changed",
    "records": "Records changed",
    "topics": "Topics changed",
    "targets": "Targets changed",
    "grader": "The grader changed",
    "rollouts": "Rollouts arrived",
}


def find_stale(steps: Mapping[StepName, StepRow], inputs: StepInputs) -> dict[StepName, str]:
    """For each step whose inputs changed since its result: what changed, as a sentence."""
    reasons: dict[StepName, str] = {}
    for step in STEPS:
        row = steps[step.name]
        if row.outcome is None or row.input_hash is None or row.is_processing:
            continue
        settings = step.settings_type.model_validate(row.settings)
        now = step.input_hash(inputs, settings)
        if changed := changed_parts(row.input_hash, now):
            reasons[step.name] = f"{_join(changed)} after this ran."
    return reasons


def list_outdated(session: Session, dataset_id: str) -> frozenset[StepName]:
    """The steps whose result no longer fits what it was made from."""
    steps, inputs = list_step_rows(session, dataset_id), get_inputs(session, dataset_id)
    return frozenset(find_stale(steps, inputs))


def _join(parts: tuple[str, ...]) -> str:
    first, *others = (_WORDS.get(part, part.capitalize() + " changed") for part in parts)
    return " and ".join([first, *(other[0].lower() + other[1:] for other in others)])
