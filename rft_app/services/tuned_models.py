"""Which model a dataset's trainings made."""

from sqlmodel import Session

from rft_app.domain.training_comparison import Finding
from rft_app.domain.training_run import EMBEDDED_BASE, TrainingRun
from rft_app.storage.training_runs import list_runs
from rft_app.storage.tuned_models import name_model

_LOOKED_AT = 50
"""Newest trainings among which one is looked for."""


def name_tuned_model(run: TrainingRun) -> str | None:
    """The model of a finished training as lists name it; `None` where nobody serves it here."""
    is_served = run.outcome is not None and run.base_model in {"", EMBEDDED_BASE}
    return name_model(run.id, run.number) if is_served else None


def find_tuned_model(session: Session, dataset_id: str) -> str | None:
    """The model of the newest finished training, whatever its comparison says."""
    named = map(name_tuned_model, list_runs(session, dataset_id, limit=_LOOKED_AT))
    return next(filter(None, named), None)


def find_better_model(session: Session, dataset_id: str) -> str | None:
    """The model of the newest training that proved better than its base."""
    for run in list_runs(session, dataset_id, limit=_LOOKED_AT):
        compared = None if run.outcome is None else run.outcome.comparison
        if compared is not None and compared.finding is Finding.BETTER:
            return name_tuned_model(run)
    return None
