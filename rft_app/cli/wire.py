"""The JSON of `--json`: the types of REST, by the same code."""

from typing import Any

from sqlmodel import Session

from rft_app.api.schemas.dataset import OptimizationDataset
from rft_app.api.schemas.dry_run import DryRunReport
from rft_app.api.schemas.imports import ImportFault, ImportReport
from rft_app.domain import imports as domain
from rft_app.domain.dataset import Dataset
from rft_app.domain.dry_run import DryRun
from rft_app.domain.job import Job
from rft_app.errors import ConflictError
from rft_app.services.graders import current_grader
from rft_app.services.imports import count_import_errors, get_import, list_import_errors
from rft_app.services.topics import get_topics

SHOWN_FAULTS = 20
"""Bad lines that are listed; REST has all of them."""


def dataset_json(session: Session, dataset: Dataset) -> dict[str, Any]:
    """The spec's `OptimizationDataset`."""
    topics = get_topics(session, dataset.id)
    grader = current_grader(session, dataset.id)
    return OptimizationDataset.of(dataset, topics, grader).to_json()


def imported_report(session: Session, job: Job) -> domain.ImportReport:
    """What the import of a job that is done gave."""
    return get_import(session, str((job.result or {})["import_id"]))


def import_json(session: Session, job: Job) -> dict[str, Any]:
    """The same for programs, with the first bad lines."""
    report = imported_report(session, job)
    faults = list_import_errors(session, report.id, limit=SHOWN_FAULTS)
    return {
        **ImportReport.of(report).to_json(),
        "errors": [ImportFault.of(fault).to_json() for fault in faults],
        "errorsTotal": count_import_errors(session, report.id),
    }


def dry_run_json(dry_run: DryRun) -> dict[str, Any]:
    """The spec's `DryRunReport`, with more fields.

    Raises:
        ConflictError: The dry run has not finished.
    """
    report = DryRunReport.of(dry_run)
    if report is None:
        raise ConflictError(f"Dry run {dry_run.number} has not finished; run it again.")
    return report.to_json()
