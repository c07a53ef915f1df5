"""What follows a change of which records are current: duplicates, counts, summary, search."""

from sqlmodel import Session

from rft_app.domain.pipeline import StepName
from rft_app.jobs.queue import enqueue, list_active_jobs
from rft_app.pipeline._cutting import ExtractMode
from rft_app.pipeline.extract import describe_records
from rft_app.services.search_jobs import SEARCH_INDEX
from rft_app.storage.datasets import touch
from rft_app.storage.record_counts import refresh_counts
from rft_app.storage.restoring import mark_all_duplicates
from rft_app.storage.steps import get_step_row


def settle_records(session: Session, dataset_id: str) -> None:
    """Bring everything that is derived from the current records up to date."""
    mark_all_duplicates(session, dataset_id)
    count_again(session, dataset_id)


def count_again(session: Session, dataset_id: str) -> None:
    """Do what `settle_records` does, where duplicates are marked already."""
    refresh_counts(session, dataset_id)
    refresh_extract(session, dataset_id)
    if all(job.kind != SEARCH_INDEX for job in list_active_jobs(session, dataset_id)):
        enqueue(session, SEARCH_INDEX, dataset_id, {})
    touch(session, dataset_id)


def refresh_extract(session: Session, dataset_id: str) -> None:
    """Let Extract's summary count the records there are now, where it has a result."""
    row = get_step_row(session, dataset_id, StepName.EXTRACT)
    if not row.facts:
        return
    result = describe_records(session, dataset_id, ExtractMode(row.facts["mode"]))
    row.summary, row.facts = result.summary, result.facts
    session.add(row)
    session.flush()
