"""Use cases around coverage."""

from sqlmodel import Session

from rft_app.domain.coverage import CoverageReport
from rft_app.domain.pipeline import StepName
from rft_app.errors import NotFoundError
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.steps import get_step_row


def find_coverage(session: Session, dataset_id: str) -> CoverageReport | None:
    """The last analysis, whether or not it is still current; `None` before the first.

    Raises:
        NotFoundError: There is no such dataset.
    """
    get_dataset_row(session, dataset_id)
    facts = get_step_row(session, dataset_id, StepName.COVERAGE).facts
    return CoverageReport.model_validate(facts) if facts else None


def get_coverage(session: Session, dataset_id: str) -> CoverageReport:
    """The last analysis, whether or not it is still current.

    Raises:
        NotFoundError: There is no such dataset, or it was never analysed.
    """
    if (report := find_coverage(session, dataset_id)) is None:
        raise NotFoundError("Coverage was not analysed yet. Run Coverage Analysis first.")
    return report
