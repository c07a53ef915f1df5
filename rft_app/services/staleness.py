"""Which results are out of date, and why."""

from collections.abc import Mapping, Sequence

from sqlmodel import Session

from rft_app.domain.pipeline import StepName
from rft_app.pipeline._base import changed_parts
from rft_app.pipeline.steps import STEPS
from rft_app.storage.step_inputs import StepInputs, get_inputs
from rft_app.storage.steps import list_step_rows
from rft_app.storage.tables import StepRow

_NAMES = {
    "traces": "traces",
    "fingerprints": "the way duplicates are found",
    "records": "records",
    "topics": "topics",
    "targets": "targets",
    "grader": "the grader",
    "rollouts": "rollouts",
}
_ARRIVE = {"traces", "rollouts"}


def find_stale(steps: Mapping[StepName, StepRow], inputs: StepInputs) -> dict[StepName, str]:
    """For each step whose inputs changed since its result: what changed, as a sentence."""
    reasons: dict[StepName, str] = {}
    for step in STEPS:
        row = steps[step.name]
        if row.outcome is None or row.input_hash is None or row.is_processing:
            continue
        settings = step.settings_type.model_validate(row.settings)
        now = step.input_hash(inputs, settings)
        if changes := describe_changes(row.input_hash, now):
            reasons[step.name] = f"{changes} after this ran."
    return reasons


def describe_changes(before: str, now: str) -> str:
    """What differs between two fingerprints of inputs; empty where nothing does.

    Example:
        >>> describe_changes("records=1 topics=1", "records=2 topics=2")
        'Records and topics changed'
    """
    changed = changed_parts(before, now)
    return _join(changed) if changed else ""


def list_outdated(session: Session, dataset_id: str) -> frozenset[StepName]:
    """The steps whose result no longer fits what it was made from."""
    steps, inputs = list_step_rows(session, dataset_id), get_inputs(session, dataset_id)
    return frozenset(find_stale(steps, inputs))


def _join(parts: tuple[str, ...]) -> str:
    """What changed, then what arrived.

    Example:
        >>> _join(("records", "topics", "rollouts")), _join(("traces",)), _join(("max_tokens",))
        ('Records and topics changed and rollouts arrived', 'Traces arrived', 'Max tokens changed')
    """
    changed = [part for part in parts if part not in _ARRIVE]
    arrived = [part for part in parts if part in _ARRIVE]
    said = [
        f"{_list(some)} {verb}"
        for some, verb in ((changed, "changed"), (arrived, "arrived"))
        if some
    ]
    text = " and ".join(said)
    return text[0].upper() + text[1:]


def _list(parts: Sequence[str]) -> str:
    *others, last = (_NAMES.get(part, part.replace("_", " ")) for part in parts)
    return f"{', '.join(others)} and {last}" if others else last
