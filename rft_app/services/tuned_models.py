"""Which model a dataset's trainings made, and how it is served."""

import re
import shlex
from pathlib import Path
from typing import NamedTuple

from sqlmodel import Session

from rft_app.domain.entity import Entity
from rft_app.domain.job import JobStatus
from rft_app.domain.training_comparison import Finding
from rft_app.domain.training_run import EMBEDDED_BASE, TrainingRun
from rft_app.errors import InvalidInputError, NotAvailableError
from rft_app.llm.catalogue import Catalogue
from rft_app.storage.training_runs import list_runs
from rft_app.storage.tuned_models import ENDED_EARLY, name_model, tell_run
from rft_app.trainers.run_folder import RunFolder

_LOOKED_AT = 50
"""Newest trainings among which one is looked for."""
_RANKS = (8, 16, 32, 64, 128, 256)
"""What vLLM takes as the highest rank."""


class TunedPair(NamedTuple):
    """A base model and what a training made of it, as settings name models."""

    base: str
    tuned: str


class AdapterPlace(Entity):
    """Where the adapter of a training is, and who serves it."""

    run_id: str
    folder: Path
    """Holds `adapter_model.safetensors` and `adapter_config.json`."""
    base_model: str
    """The embedded model's name, or a folder."""
    is_finished: bool
    """Whether the training ended and was compared; else the best checkpoint so far."""
    model: str
    """Its name: of the provider `embedded`, or under which `command` serves it."""
    command: str
    """What serves it with vLLM; empty where this product does."""


def name_tuned_model(run: TrainingRun) -> str | None:
    """The model of a training that has ended as lists name it; `None` where nobody serves it here.

    One that stopped or failed has the best checkpoint that it kept.
    """
    is_kept = run.status.value in ENDED_EARLY and run.best is not None
    is_there = run.outcome is not None or is_kept
    return name_model(run.id, run.number) if is_there and is_served_here(run) else None


def is_served_here(run: TrainingRun) -> bool:
    """Whether its base is the embedded model, which serves what was trained on it."""
    return run.remote is None and run.base_model in {"", EMBEDDED_BASE}


def find_place(run: TrainingRun) -> AdapterPlace | None:
    """Where its best adapter is; `None` where it has kept none, or a service has it."""
    folder = RunFolder.of(run.id).best
    if run.remote is not None or not (folder / "adapter_model.safetensors").is_file():
        return None
    is_here = is_served_here(run)
    name = name_model(run.id, run.number) if is_here else _name_beside(run)
    return AdapterPlace(
        run_id=run.id,
        folder=folder,
        base_model=run.base_model or EMBEDDED_BASE,
        is_finished=run.status is JobStatus.DONE,
        model=name,
        command="" if is_here else write_vllm(run, folder, name),
    )


def write_vllm(run: TrainingRun, folder: Path, name: str) -> str:
    """The command that serves base and adapter with vLLM, ready for a shell."""
    rank = run.settings.lora_rank
    return shlex.join(
        [
            *("vllm", "serve", str(Path(run.base_model).expanduser())),
            *("--enable-lora", "--lora-modules", f"{name}={folder.resolve()}"),
            *("--max-lora-rank", str(next((one for one in _RANKS if one >= rank), rank))),
        ]
    )


def _name_beside(run: TrainingRun) -> str:
    base = re.sub(r"[^\w.-]+", "-", Path(run.base_model).name) or "model"
    return f"{base}:{tell_run(run.id, run.number)}"


def find_tuned_pair(
    session: Session, dataset_id: str, catalogue: Catalogue, *, is_better: bool = False
) -> TunedPair | None:
    """Base and tuned model of the newest finished training that both can be asked.

    Args:
        session: Any.
        dataset_id: Whose trainings.
        catalogue: What can be asked.
        is_better: Only one whose comparison says that it is better than its base.
    """
    for run in list_runs(session, dataset_id, limit=_LOOKED_AT):
        if run.outcome is None or (is_better and not _is_better(run)):
            continue
        if (pair := _find_pair(catalogue, run)) is not None:
            return pair
    return None


def _is_better(run: TrainingRun) -> bool:
    compared = None if run.outcome is None else run.outcome.comparison
    return compared is not None and compared.finding is Finding.BETTER


def _find_pair(catalogue: Catalogue, run: TrainingRun) -> TunedPair | None:
    if run.remote is None:
        base, tuned = EMBEDDED_BASE, name_tuned_model(run) or ""
    else:
        base = f"{run.remote.provider}/{run.base_model}"
        tuned = f"{run.remote.provider}/{run.remote.model}"
    try:
        found = [catalogue.choose(base), catalogue.choose(tuned)]
    except (InvalidInputError, NotAvailableError):
        return None
    return TunedPair(*map(catalogue.name_of, found))
