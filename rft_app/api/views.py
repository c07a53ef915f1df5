"""Wire objects that take several queries to put together."""

from sqlmodel import Session

from rft_app.api.schemas.coverage import CoverageReport
from rft_app.api.schemas.dataset import OptimizationDataset
from rft_app.api.schemas.dry_run import DryRunReport
from rft_app.domain.dataset import Dataset
from rft_app.domain.grader import GraderSpec
from rft_app.domain.pipeline import StepName
from rft_app.errors import ConflictError, NotFoundError
from rft_app.services.coverage import get_coverage
from rft_app.services.datasets import get_dataset
from rft_app.services.dry_runs import get_dry_run
from rft_app.services.graders import current_grader
from rft_app.services.pipeline import get_step
from rft_app.services.topics import get_topics
from rft_app.storage.session import reading


def view_dataset(session: Session, dataset: Dataset) -> OptimizationDataset:
    """The dataset with its topics and grader."""
    return OptimizationDataset.of(
        dataset, get_topics(session, dataset.id), current_grader(session, dataset.id)
    )


def view_coverage(session: Session, dataset_id: str) -> CoverageReport:
    """The last analysis.

    Raises:
        NotFoundError: There is no such dataset, or it was never analysed.
    """
    report = get_coverage(session, dataset_id)
    step = get_step(session, dataset_id, StepName.COVERAGE)
    if step.finished_at is None:
        raise NotFoundError("Coverage was not analysed yet. Run Coverage Analysis first.")
    return CoverageReport.of(report, step.finished_at)


def find_dry_run_report(
    session: Session, dataset_id: str, run_id: str | None = None
) -> DryRunReport | None:
    """The report of a dry run, the last finished one unless named; `None` where there is none."""
    try:
        run = get_dry_run(session, dataset_id, run_id)
    except NotFoundError:
        return None
    return DryRunReport.of(run)


def saved_spec(dataset_id: str) -> GraderSpec:
    """The grader that was saved last; opens its own transaction.

    Raises:
        NotFoundError: There is no such dataset.
        ConflictError: It has no grader.
    """
    with reading() as session:
        get_dataset(session, dataset_id)
        stored = current_grader(session, dataset_id)
    if stored is None:
        raise ConflictError("This dataset has no grader yet. Save one, or send one as `config`.")
    return stored.spec
