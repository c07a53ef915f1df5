"""What a training would use: the draft of its form, and the data's side."""

from dataclasses import replace

import numpy as np
from pydantic import ValidationError
from sqlmodel import Session

from rft_app.domain.dry_run_rules import DryRunVerdict
from rft_app.domain.grader import GraderVersion
from rft_app.domain.pipeline import StepName
from rft_app.domain.record import Selection
from rft_app.domain.split import SplitRule
from rft_app.domain.training import TrainingDraft, TrainingOutlook
from rft_app.errors import InvalidInputError
from rft_app.services.graders import current_grader
from rft_app.services.pipeline import get_step
from rft_app.storage.snapshot_source import read_columns
from rft_app.storage.splits import find_test_side
from rft_app.storage.steps import get_step_row, keep_settings


def get_training_draft(session: Session, dataset_id: str) -> TrainingDraft:
    """The form as it was left, else its defaults."""
    return TrainingDraft.model_validate(get_step_row(session, dataset_id, StepName.TRAIN).settings)


def save_training_draft(session: Session, dataset_id: str, **changes: object) -> TrainingDraft:
    """Change fields of the form.

    Raises:
        InvalidInputError: A value is impossible; the message names the field.
    """
    before = get_training_draft(session, dataset_id)
    draft = _validate({**before.model_dump(), **changes})
    keep_settings(session, dataset_id, StepName.TRAIN, draft.model_dump(mode="json"))
    return draft


def plan_training(
    session: Session, dataset_id: str, draft: TrainingDraft | None = None
) -> TrainingOutlook:
    """What a training with a draft, the saved one unless given, would use as the data is now."""
    draft = draft or get_training_draft(session, dataset_id)
    rule = SplitRule(train_ratio=draft.train_ratio, test_generated=draft.test_generated)
    split = read_columns(session, dataset_id, Selection()).split
    cut = split if draft.stratify_by_topic else replace(split, topics=np.zeros_like(split.topics))
    is_test = find_test_side(cut, rule)
    topics, topics_held_out = np.unique(split.topics), np.unique(split.topics[is_test])
    grader = current_grader(session, dataset_id)
    dry_run = get_step(session, dataset_id, StepName.DRY_RUN)
    verdict = dry_run.facts.get("verdict")
    return TrainingOutlook(
        num_train=int((~is_test).sum()),
        num_held_out=int(is_test.sum()),
        num_topics=int((topics > 0).sum()),
        num_topics_held_out=int((topics_held_out > 0).sum()),
        grader=_name(grader) if grader else None,
        verdict=DryRunVerdict(verdict) if verdict else None,
        is_verdict_current=bool(verdict) and not dry_run.node.stale_reason,
    )


def _name(grader: GraderVersion) -> str:
    return f"{grader.spec.kind.replace('_', ' ')} v{grader.version}"


def _validate(values: dict[str, object]) -> TrainingDraft:
    try:
        return TrainingDraft.model_validate(values)
    except ValidationError as error:
        fault = error.errors()[0]
        field = str(fault["loc"][0]).replace("_", " ")
        raise InvalidInputError(f"The {field}: {fault['msg'].lower()}.", field=field) from error
