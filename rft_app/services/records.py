"""Look at a dataset's records: pages, one in full, filter menus, counts, grades."""

from collections.abc import Mapping, Sequence

from sqlmodel import Session

from rft_app.domain.record import Record, RecordFilter, RecordId, Selection, record_id
from rft_app.domain.record_grade import GradedRun, RecordGrade
from rft_app.domain.record_page import FilterOptions, RecordPage, SelectionCount
from rft_app.jobs.queue import list_active_jobs
from rft_app.services.search_jobs import SEARCH_INDEX
from rft_app.storage import record_counts, record_pages, record_scores, records
from rft_app.storage.tags import count_tags_among

MAX_PAGE = 500


def list_records(
    session: Session,
    dataset_id: str,
    record_filter: RecordFilter,
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> RecordPage:
    """One page of the records that match, newest first.

    Totals are exact, but for a text search, a reward range that ends inside a bin, and records that
    are listed one by one (tags, grades, deletion): those are counted up to 1,000 and marked.

    Raises:
        InvalidInputError: The cursor is not one that a page gave.
    """
    limit = min(max(limit, 1), MAX_PAGE)
    page = record_pages.list_page(session, dataset_id, record_filter, cursor=cursor, limit=limit)
    if record_filter.search and _is_indexing(session, dataset_id):
        return page.model_copy(update={"is_search_complete": False})
    return page


def _is_indexing(session: Session, dataset_id: str) -> bool:
    return any(job.kind == SEARCH_INDEX for job in list_active_jobs(session, dataset_id))


def get_record(session: Session, dataset_id: str, record_id: str) -> Record:
    """One record in full; archived ones, too, so that old links keep working.

    Raises:
        NotFoundError: The dataset has no such record.
    """
    return records.get_record(session, dataset_id, record_id)


def list_filter_options(session: Session, dataset_id: str) -> FilterOptions:
    """The choices of the filter menus with how many current records each one matches."""
    return record_counts.list_filter_options(session, dataset_id)


def count_selection(session: Session, dataset_id: str, selection: Selection) -> SelectionCount:
    """How many current records an action on `selection` is about."""
    return record_counts.count_selection(session, dataset_id, selection)


def list_present(session: Session, dataset_id: str, selection: Selection) -> list[RecordId]:
    """Those of some records named one by one that a selection still holds, in the order given."""
    seqs = record_counts.select_any(session, dataset_id, selection)
    found = set(map(record_id, seqs.tolist()))
    return [id_ for id_ in selection.only or () if id_ in found]


def count_tags(session: Session, dataset_id: str, selection: Selection) -> dict[str, int]:
    """Every tag of the dataset with how many of the selected records have it."""
    seqs = record_counts.select_selection(session, dataset_id, selection)
    return count_tags_among(session, dataset_id, seqs)


def list_graded_runs(session: Session, dataset_id: str, limit: int = 20) -> tuple[GradedRun, ...]:
    """The latest finished dry runs, newest first."""
    return record_scores.list_graded_runs(session, dataset_id, limit)


def map_grades(
    session: Session, runs: Sequence[GradedRun], records: Sequence[RecordId]
) -> Mapping[RecordId, Mapping[str, RecordGrade]]:
    """What dry runs say of a page of records, by record and dry run."""
    return record_scores.map_grades(session, [run.id for run in runs], records)
