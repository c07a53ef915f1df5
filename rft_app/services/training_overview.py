"""What the Training page says of the installation as a whole."""

from sqlmodel import Session

from rft_app.domain.entity import Entity
from rft_app.storage.datasets import count_all
from rft_app.storage.exports import count_exports
from rft_app.storage.feedback import count_all_feedback
from rft_app.storage.imports import count_imported_traces
from rft_app.storage.traces import count_arrived


class TrainingOverview(Entity):
    """How much there is at each place between the gateway and a file."""

    num_traces: int
    """Of running applications: rows that were uploaded as examples are none."""
    num_feedback: int
    num_datasets: int
    num_exports: int
    """Files that are complete."""


def get_training_overview(session: Session) -> TrainingOverview:
    """Count what there is now."""
    totals = count_all(session)
    return TrainingOverview(
        num_traces=count_arrived(session) + count_imported_traces(session),
        num_feedback=count_all_feedback(session),
        num_datasets=totals.num_datasets,
        num_exports=count_exports(session),
    )
