"""How fast earlier trainings were."""

from sqlmodel import Session, col, select

from rft_app.domain.training_place import TrainingPlace
from rft_app.storage.tables import TrainingRunRow
from rft_app.storage.training_runs import list_metrics, read_place


def find_speed(
    session: Session, trainer: str, base_model: str, wanted: TrainingPlace
) -> tuple[float, TrainingPlace] | None:
    """Operations a second of the last training of this model at such a place, and that place.

    Times of a processor tell nothing of a GPU, nor those of one GPU of another; where nobody knows
    the place before the start, the last training's counts.
    """
    query = (
        select(TrainingRunRow)
        .where(col(TrainingRunRow.trainer) == trainer)
        .where(col(TrainingRunRow.base_model) == base_model)
        .order_by(col(TrainingRunRow.created_at).desc())
        .limit(20)
    )
    for row in session.exec(query).all():
        place = read_place(row)
        if place is None or (wanted.device and not place.is_like(wanted)):
            continue
        times = [
            metric.values["step_s"]
            for metric in list_metrics(session, row.id, after=1, limit=50)
            if metric.values.get("step_s")
        ]
        if times and (guess := row.estimate.get("step_s")) and row.estimate.get("flops_per_s"):
            speed = row.estimate["flops_per_s"] * guess / sorted(times)[len(times) // 2]
            return speed, place
    return None
