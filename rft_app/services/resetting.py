"""Start a dataset's pipeline over."""

from sqlmodel import Session

from rft_app.domain.dataset import Dataset
from rft_app.domain.pipeline import StepName
from rft_app.services.busy import require_idle
from rft_app.services.datasets import get_dataset
from rft_app.services.deployments import show_on_canvas
from rft_app.storage import resetting
from rft_app.storage.datasets import touch
from rft_app.storage.record_counts import refresh_counts
from rft_app.storage.steps import get_step_row


def reset_pipeline(session: Session, dataset_id: str) -> Dataset:
    """Clear the results of every step: topics, targets, coverage, grader and dry runs.

    Traces, records, snapshots, jobs, deployments and exports stay, and so does how Extract was set.

    Raises:
        NotFoundError: There is no such dataset.
        ConflictError: A job works on it.
    """
    require_idle(session, dataset_id)
    extract = get_step_row(session, dataset_id, StepName.EXTRACT).settings
    resetting.clear_results(session, dataset_id)
    row = get_step_row(session, dataset_id, StepName.EXTRACT)
    row.settings = extract
    session.add(row)
    show_on_canvas(session, dataset_id)
    refresh_counts(session, dataset_id)
    touch(session, dataset_id)
    session.flush()
    return get_dataset(session, dataset_id)
