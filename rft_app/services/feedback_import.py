"""Start to import feedback from a file: JSON lines, a JSON array, or CSV."""

from pathlib import Path

from sqlmodel import Session

from rft_app.domain.feedback import clean_reviewer
from rft_app.domain.job import Job
from rft_app.errors import ConflictError
from rft_app.services.busy import require_stable
from rft_app.services.datasets import get_dataset
from rft_app.services.imports import enqueue_import, note_import, require_size
from rft_app.settings import get_settings
from rft_app.traces.feedback_csv import require_header
from rft_app.traces.source import Limits, Source

FEEDBACK = "feedback"


def start_feedback_import(
    session: Session, *, dataset_id: str, path: Path | str, file_name: str, reviewer: str = ""
) -> Job:
    """Start to read what people said of a dataset's records; bad rows are listed, others stored.

    Args:
        session: A unit of work.
        dataset_id: Whose records.
        path: The file; one below the uploads folder is deleted after the import, others stay.
        file_name: What a person calls it.
        reviewer: Who speaks in rows that name nobody.

    Raises:
        InvalidInputError: The file is empty, binary or damaged, its header says nothing of
            records, or the reviewer is no name.
        TooLargeError: It is larger than the limit.
        ConflictError: The dataset has no records, or feedback is being imported already.
        NotFoundError: There is no such dataset.
    """
    dataset = get_dataset(session, dataset_id)
    require_stable(session, dataset_id)
    if not dataset.stats.num_records:
        raise ConflictError("The dataset has no records yet. Run Extract first.")
    speaker = clean_reviewer(reviewer) if reviewer else ""
    source, settings = Path(path), get_settings()
    require_size(source, file_name)
    with Source(source, Limits(settings.max_file_bytes, settings.max_line_bytes), name=file_name):
        require_header(source, file_name)
    import_id = note_import(session, dataset_id, FEEDBACK, source, file_name)
    return enqueue_import(session, "import_feedback", dataset_id, import_id, {"reviewer": speaker})
