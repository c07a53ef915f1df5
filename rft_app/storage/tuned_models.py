"""What trainings made of the embedded model: models of the catalogue while they are stored."""

from sqlalchemy import String, and_, cast, exists, or_
from sqlmodel import Session, col, select

from rft_app.domain.training_remote import OPENAI_COMPATIBLE, RemoteTraining
from rft_app.domain.training_run import EMBEDDED_BASE
from rft_app.llm.embedded import MODEL, TunedModel
from rft_app.settings import get_settings
from rft_app.storage.tables import DatasetRow, JobRow, TrainingCheckpointRow, TrainingRunRow

ENDED_EARLY = ("failed", "cancelled")
"""Of a training's job: what it kept until then can be used."""
_ID_LETTERS = 6
"""Of a training's id in the name of its model, which a new name of the dataset does not change."""


def list_tuned_models(session: Session) -> list[TunedModel]:
    """Those of trainings that have ended, newest first; of one that ended early, what it kept."""
    is_compared = cast(col(TrainingRunRow.outcome), String) != "null"
    has_best = exists().where(
        col(TrainingCheckpointRow.run_id) == col(TrainingRunRow.id),
        col(TrainingCheckpointRow.is_best).is_(True),
    )
    ended_early = col(JobRow.status).in_(ENDED_EARLY)
    query = (
        select(TrainingRunRow.id, TrainingRunRow.number, DatasetRow.name, is_compared)
        .join(DatasetRow, col(DatasetRow.id) == col(TrainingRunRow.dataset_id))
        .where(col(TrainingRunRow.base_model).in_(("", EMBEDDED_BASE)))
        .where(col(TrainingRunRow.trainer) != OPENAI_COMPATIBLE)
        .join(JobRow, col(JobRow.id) == col(TrainingRunRow.job_id))
        .where(or_(is_compared, and_(ended_early, has_best)))
        .order_by(col(TrainingRunRow.created_at).desc(), col(TrainingRunRow.id))
    )
    trained = get_settings().resolved_data_dir / "training"
    return [
        TunedModel(
            name_model(run_id, number),
            f"trained here, run {number} of {name}{'' if compared else ', not compared'}",
            trained / run_id / "best",
        )
        for run_id, number, name, compared in session.exec(query)
    ]


def list_service_models(session: Session) -> dict[str, list[str]]:
    """Names of the models that services tuned, newest first, by their provider."""
    query = (
        select(TrainingRunRow)
        .where(col(TrainingRunRow.trainer) == OPENAI_COMPATIBLE)
        .order_by(col(TrainingRunRow.created_at).desc(), col(TrainingRunRow.id))
    )
    found: dict[str, list[str]] = {}
    for row in session.exec(query):
        remote = RemoteTraining.model_validate(row.remote) if row.remote else None
        if remote is not None and remote.model:
            found.setdefault(remote.provider, []).append(remote.model)
    return found


def name_model(run_id: str, number: int) -> str:
    """How the model of a training is named.

    Example:
        >>> name_model("train_1m845ax2z98bhfht", 3)
        'smollm2-135m:run-3-8bhfht'
    """
    return f"{MODEL}:{tell_run(run_id, number)}"


def tell_run(run_id: str, number: int) -> str:
    """What tells a training's model from others of its base."""
    return f"run-{number}-{run_id[-_ID_LETTERS:]}"
