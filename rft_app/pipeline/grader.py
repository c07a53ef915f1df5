"""Step 4: how answers are graded.

Nothing runs here: a grader is configured by storing a version of its spec.
"""

from pydantic import BaseModel
from sqlmodel import Session

from rft_app.domain.entity import Entity
from rft_app.domain.grader import GraderSpec, GraderVersion, list_asking, spec_hash
from rft_app.domain.pipeline import StepName, StepResult, StepStatus
from rft_app.errors import ConflictError
from rft_app.graders import check_grader, load_grader
from rft_app.jobs.context import JobContext
from rft_app.pipeline._base import fingerprint
from rft_app.storage import graders
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.session import unit_of_work
from rft_app.storage.step_inputs import StepInputs


class GraderSettings(Entity):
    """What can be chosen."""

    spec: GraderSpec | None = None
    """The grader; `None` keeps the current version."""


class GraderStep:
    """Stores the dataset's grader."""

    name = StepName.GRADER
    settings_type = GraderSettings

    def input_hash(self, inputs: StepInputs, settings: BaseModel) -> str:
        """The spec itself: a grader depends on nothing before it."""
        spec = GraderSettings.model_validate(settings.model_dump()).spec
        if spec is not None:
            return fingerprint(grader=spec_hash(spec))
        return fingerprint(grader=inputs.grader)

    def run(self, context: JobContext, dataset_id: str, settings: BaseModel) -> StepResult:
        """Store the chosen spec, or confirm the current version.

        Raises:
            InvalidInputError: The spec cannot work.
            ConflictError: None was chosen and there is no version yet.
        """
        spec = GraderSettings.model_validate(settings.model_dump()).spec
        if spec is not None:
            load_grader(spec)
        with unit_of_work() as session:
            if spec is not None:
                return describe_grader(store_spec(session, dataset_id, spec))
            return describe_grader(require_grader(session, dataset_id))


def store_spec(session: Session, dataset_id: str, spec: GraderSpec) -> GraderVersion:
    """Check a spec and make it the current version; an unchanged one adds none.

    Raises:
        InvalidInputError: The spec cannot work; details have `line` and `column` where known.
    """
    check_grader(spec)
    require_model(session, spec)
    current = graders.find_current(session, dataset_id)
    if current is not None and current.spec_hash == spec_hash(spec):
        return current
    return graders.add_version(session, dataset_id, spec)


def require_model(session: Session, spec: GraderSpec) -> None:
    """Check that there is the model that a spec names, unless there is none at all.

    Raises:
        InvalidInputError: There is no such model; the message lists those there are.
    """
    if asking := list_asking(spec):
        catalogue = read_catalogue(session)
        for part in asking.values():
            catalogue.find(part.model)


def require_grader(session: Session, dataset_id: str) -> GraderVersion:
    """The current version.

    Raises:
        ConflictError: There is none.
    """
    if (version := graders.find_current(session, dataset_id)) is None:
        raise ConflictError("There is no grader yet. Configure one in step 4.")
    return version


def require_provider(session: Session, dataset_id: str) -> None:
    """Check that the current grader can be asked, where it is a judge.

    Raises:
        NotAvailableError: No provider is configured; the message says how to.
        InvalidInputError: There is no such model.
    """
    version = graders.find_current(session, dataset_id)
    if version is not None and (asking := list_asking(version.spec)):
        catalogue = read_catalogue(session)
        for part in asking.values():
            catalogue.choose(part.model)


def describe_grader(version: GraderVersion) -> StepResult:
    """The step's result for a version."""
    return StepResult(
        outcome=StepStatus.CONFIGURED,
        summary=version.label,
        made_at=version.created_at,
        facts={
            "version": version.version,
            "kind": version.spec.kind,
            "spec_hash": version.spec_hash,
        },
    )
