"""Configure a dataset's grader; versions are in `grader_versions`, trying is in `grader_trial`."""

from sqlmodel import Session

from rft_app import graders as kinds
from rft_app.domain.grader import GraderSpec, GraderVersion, list_asking
from rft_app.domain.pipeline import StepName
from rft_app.graders.sandbox import Isolation, probe_isolation
from rft_app.pipeline._base import fingerprint
from rft_app.pipeline.grader import describe_grader, require_model, store_spec
from rft_app.storage import graders
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.steps import finish_step


def save_grader(session: Session, dataset_id: str, spec: GraderSpec) -> GraderVersion:
    """Make `spec` the dataset's grader; a changed one is the next version.

    Raises:
        NotFoundError: There is no such dataset.
        InvalidInputError: The spec cannot work; details have `line` and `column` where known.
    """
    get_dataset_row(session, dataset_id)
    version = store_spec(session, dataset_id, spec)
    finish_step(
        session,
        dataset_id,
        StepName.GRADER,
        describe_grader(version),
        settings={},
        input_hash=fingerprint(grader=version.spec_hash),
    )
    return version


def check_grader(spec: GraderSpec) -> None:
    """Find the faults of a spec that can be seen without grading anything.

    Opens its own transaction where the spec names a model.

    Raises:
        InvalidInputError: It cannot work; details have `line` and `column` where known.
    """
    kinds.check_grader(spec)
    _require_model(spec)


def load_grader(spec: GraderSpec) -> None:
    """Load a grader once, to see what only shows then; may take seconds.

    Opens its own transaction where the spec names a model.

    Raises:
        InvalidInputError: It cannot work; details have `line` and `column` where known.
    """
    kinds.load_grader(spec)
    _require_model(spec)


def _require_model(spec: GraderSpec) -> None:
    if list_asking(spec):
        with reading() as session:
            require_model(session, spec)


def configure_grader(dataset_id: str, spec: GraderSpec) -> GraderVersion:
    """Load a grader once, then save it.

    Opens its own transaction, because loading may take long.

    Raises:
        NotFoundError: There is no such dataset.
        InvalidInputError: The spec cannot work; details have `line` and `column` where known.
    """
    load_grader(spec)
    with unit_of_work() as session:
        return save_grader(session, dataset_id, spec)


def current_grader(session: Session, dataset_id: str) -> GraderVersion | None:
    """The version dry runs use; `None` before the first."""
    return graders.find_current(session, dataset_id)


def check_isolation() -> Isolation:
    """How well this system can confine scripts; starts a process, some 40 ms.

    Raises:
        NotAvailableError: Scripts cannot run here at all.
    """
    return probe_isolation()
