"""What speaks for and against a training by verl."""

from sqlmodel import Session

from rft_app.domain.training import TrainingDraft
from rft_app.domain.training_plan import TrainingCheck
from rft_app.domain.training_run import TrainingSettings
from rft_app.errors import InvalidInputError
from rft_app.services.graders import current_grader
from rft_app.trainers.ray_verl import find_base_folder
from rft_app.trainers.verl_order import list_differences, write_grader


def check_verl(
    session: Session, dataset_id: str, draft: TrainingDraft, settings: TrainingSettings
) -> tuple[TrainingCheck, ...]:
    """Whether verl can call the grader and read the base model, and what it does otherwise."""
    found = (
        _check_grader(session, dataset_id),
        _check_base(draft.base_model),
        TrainingCheck(
            name="verl",
            level="caution",
            finding=" ".join(list_differences(settings)),
            remedy="Train with TRL on the cluster to have these.",
        ),
    )
    return tuple(one for one in found if one is not None)


def _check_grader(session: Session, dataset_id: str) -> TrainingCheck | None:
    grader = current_grader(session, dataset_id)
    if grader is None:
        return None
    try:
        write_grader(grader.spec)
    except InvalidInputError as error:
        finding, _, remedy = error.message.partition(". ")
        return TrainingCheck(name="rewards", level="stop", finding=f"{finding}.", remedy=remedy)
    return None


def _check_base(base_model: str) -> TrainingCheck | None:
    folder = find_base_folder(base_model)
    if (folder / "config.json").is_file():
        return None
    return TrainingCheck(
        name="base_model",
        level="stop",
        finding=f"verl reads a base model as a folder, and {folder} is none.",
        remedy="Name another; the embedded model is unpacked by its first training here.",
    )
