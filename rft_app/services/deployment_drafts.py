"""The choices of the deployment form, kept per dataset until a deployment uses them."""

from pydantic import ValidationError
from sqlmodel import Session

from rft_app.domain.deployment import DeploymentDraft, explain_fault
from rft_app.domain.pipeline import StepName
from rft_app.services.tuned_models import find_tuned_pair
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.steps import get_step_row, keep_settings


def get_deployment_draft(session: Session, dataset_id: str) -> DeploymentDraft:
    """The form as it was left, else its defaults.

    Where no model is chosen yet, the newest one that a training proved better stands there, and its
    base.
    """
    row = get_step_row(session, dataset_id, StepName.DEPLOY)
    draft = DeploymentDraft.model_validate(row.settings)
    if draft.tuned_model or draft.base_model:
        return draft
    better = find_tuned_pair(session, dataset_id, read_catalogue(session), is_better=True)
    if better is None:
        return draft
    return draft.model_copy(update={"base_model": better.base, "tuned_model": better.tuned})


def save_deployment_draft(session: Session, dataset_id: str, **changes: object) -> DeploymentDraft:
    """Change fields of the form.

    Raises:
        InvalidInputError: A value is impossible; the message names the field.
    """
    before = get_deployment_draft(session, dataset_id)
    try:
        draft = DeploymentDraft.model_validate({**before.model_dump(), **changes})
    except ValidationError as error:
        raise explain_fault(error) from error
    keep_settings(session, dataset_id, StepName.DEPLOY, draft.model_dump(mode="json"))
    return draft
