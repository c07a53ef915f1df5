"""A dataset that is trained by a trainer that follows a script."""

import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from rft_app.domain.grading import FailureKind, GradingFailure
from rft_app.domain.training_run import Phase, TrainingRun
from rft_app.jobs.running import JobRunner
from rft_app.services.job_kinds import all_job_kinds
from rft_app.services.training_jobs import conclude
from rft_app.services.training_orders import TrainingRequest
from rft_app.services.training_runs import get_training, start_training
from rft_app.settings import get_settings
from rft_app.storage import jobs, training_runs
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.training_runs import Answer, Place
from rft_app.trainers import environment, trl_local
from tests.pipeline.graded_dataset import DATASET, NUMBER_OF_TEXT, add_records, configure
from tests.trainers import scripted_child_path

INSTALLED = environment.TrainerEnvironment(
    python=sys.executable, versions=dict.fromkeys(environment.NEEDED, "99.0")
)
SETTINGS: dict[str, Any] = {
    "num_steps": 4,
    "prompts_per_step": 2,
    "num_validated": 4,
    "num_compared": 20,
}


def prepare(monkeypatch: pytest.MonkeyPatch, num_records: int = 60) -> None:
    """Records with numbers as answers, a grader that takes the number, a scripted trainer."""
    script_trainer(monkeypatch)
    add_records(["0.5"] * num_records)
    configure(NUMBER_OF_TEXT)


def script_trainer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a child that follows a script be the trainer."""
    monkeypatch.setattr(trl_local, "MAIN", scripted_child_path())
    monkeypatch.setattr(trl_local, "find_environment", lambda: INSTALLED)
    monkeypatch.setattr(trl_local, "find_weights", lambda: Path("weights.gguf"))
    monkeypatch.setattr(trl_local, "clean_environment", lambda: {"PYTHONPATH": ":".join(sys.path)})


def follow_script(**happenings: list[int] | dict[str, Any]) -> None:
    """What happens in the next training, at which steps; `says`, what its models answer."""
    (get_settings().folder("training") / "script.json").write_bytes(orjson.dumps(happenings))


def order(**changes: Any) -> TrainingRun:
    """Order a training."""
    asked: dict[str, Any] = {"settings": SETTINGS, **changes}
    with unit_of_work() as session:
        return start_training(session, DATASET, TrainingRequest(**asked))


def work(run: TrainingRun, attempt: int = 0) -> TrainingRun:
    """Run its job to its end."""
    JobRunner(all_job_kinds(), "wk_test").run(run.job_id, attempt)
    return look(run)


def look(run: TrainingRun) -> TrainingRun:
    """As it is stored now."""
    with reading() as session:
        return get_training(session, run.id)


def attempt_of(run: TrainingRun) -> int:
    """How often it was retried."""
    with reading() as session:
        return dict(jobs.list_active_attempts(session))[run.job_id]


SILENT = GradingFailure(failure_kind=FailureKind.TIMEOUT, message="The judge was silent.")


def lose(run: TrainingRun, positions: list[int], phase: Phase = Phase.TUNED) -> None:
    """Let the grader have been silent about some answers."""
    assert run.outcome is not None
    place = Place(phase, run.outcome.best_step if phase is Phase.TUNED else 0)
    with unit_of_work() as session:
        rows = training_runs.list_answers(session, run.id, place)
        for position in positions:
            lost = Answer(rows[position].record_seq, rows[position].text, SILENT)
            training_runs.put_answers(session, run.id, place, position, [lost])
    done = run.outcome.model_dump(mode="json", exclude={"comparison", "is_held_out"})
    outcome = conclude(run, done, is_held_out=run.outcome.is_held_out)
    with unit_of_work() as session:
        training_runs.finish_run(session, run.id, outcome)
