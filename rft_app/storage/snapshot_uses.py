"""What named which snapshot."""

from collections import Counter
from collections.abc import Mapping

from sqlmodel import Session, col, select

from rft_app.domain.words import count
from rft_app.storage.tables import DryRunRow, ExportRow, TrainingRunRow


def map_uses(session: Session, dataset_id: str) -> Mapping[str, tuple[str, ...]]:
    """For each snapshot that something used, what did, in words."""
    uses: dict[str, list[str]] = {}
    runs = select(DryRunRow.snapshot_id, DryRunRow.number).where(
        col(DryRunRow.dataset_id) == dataset_id
    )
    for snapshot_id, number in session.exec(runs.order_by(col(DryRunRow.number))):
        uses.setdefault(snapshot_id, []).append(f"dry run {number}")
    trainings = select(TrainingRunRow.snapshot_id, TrainingRunRow.number).where(
        col(TrainingRunRow.dataset_id) == dataset_id
    )
    for snapshot_id, number in session.exec(trainings.order_by(col(TrainingRunRow.number))):
        uses.setdefault(snapshot_id, []).append(f"training {number}")
    exports = select(ExportRow.snapshot_id).where(
        col(ExportRow.dataset_id) == dataset_id, col(ExportRow.is_done)
    )
    for snapshot_id, number in Counter(session.exec(exports)).items():
        if snapshot_id is not None:
            uses.setdefault(snapshot_id, []).append(count(number, "export"))
    return {snapshot_id: tuple(words) for snapshot_id, words in uses.items()}
