"""verl ordered at a Ray cluster; a script that prints its lines stands for verl itself."""

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rft_app.domain.grader import JudgeSpec
from rft_app.domain.job import JobStatus
from rft_app.domain.training_run import EMBEDDED_BASE
from rft_app.errors import ConflictError, NotAvailableError
from rft_app.services.training_orders import TrainingProspect, TrainingRequest, look_ahead
from rft_app.services.training_runs import (
    cancel_training,
    find_adapter,
    finish_training,
    list_checkpoints,
    list_metrics,
)
from rft_app.settings import get_settings
from rft_app.storage.session import reading, unit_of_work
from rft_app.trainers import ray, trl_local
from rft_app.trainers.run_folder import RunFolder
from tests.pipeline.graded_dataset import DATASET, add_records, configure
from tests.services.test_ray_training import log_of, resume, set_environment, wait_for, working
from tests.services.training_world import SETTINGS, look, work
from tests.services.training_world import order as order_any
from tests.trainers.ray_stand_in import StandIn

SCRIPT = """
def grade(sample, item):
    return 1.0 if sample.output_text == item["reference"] else 0.0
"""
FIGURES = """
step:0 - val-core/rft/reward/mean@1:np.float64(0.25)
(TaskRunner pid=7) step:1 - critic/score/mean:0.5 - actor/entropy:0.25
(TaskRunner pid=7) step:2 - critic/score/mean:0.75 - val-core/rft/reward/mean@1:0.5 - \
timing_s/save_checkpoint:1.5
"""


def stand_for_verl(text: str, and_then: str = "") -> str:
    """A command that prints what verl would."""
    return shlex.join([sys.executable, "-c", f"print({text!r}, flush=True)\n{and_then}"])


@pytest.fixture
def cluster(database: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[StandIn]:
    for name, value in {"POLL_S": 0.01, "RETRY_S": 0.01, "LAG_S": 0.05}.items():
        monkeypatch.setattr(ray, name, value)
    monkeypatch.setattr(trl_local, "find_weights", lambda: Path("weights.gguf"))
    base = get_settings().folder("base_models") / EMBEDDED_BASE
    base.mkdir()
    (base / "config.json").write_text("{}")
    add_records(["0.5"] * 60)
    configure(SCRIPT)
    with StandIn(tmp_path / "cluster").running() as found:
        set_environment(monkeypatch, ray_address=found.url, ray_gpus="2")
        found.command = stand_for_verl(FIGURES)
        yield found


def order(**changes: Any) -> Any:
    return order_any(trainer="ray_verl", settings=SETTINGS, **changes)


def look_at() -> TrainingProspect:
    with reading() as session:
        asked = TrainingRequest(trainer="ray_verl", settings=SETTINGS)
        return look_ahead(session, DATASET, asked)


def test_verl_is_ordered_with_its_files_and_its_figures_come_back(cluster: StandIn) -> None:
    run = work(order())
    assert (run.status, run.error) == (JobStatus.DONE, "")
    assert run.outcome is not None
    assert (run.outcome.best_step, run.outcome.num_steps) == (2, 2)
    assert run.outcome.adapter == "checkpoints/global_step_2/actor"
    assert run.outcome.comparison is None, "nobody compared anything"
    with reading() as session:
        metrics = {one.step: one.values for one in list_metrics(session, run.id)}
        saved = list_checkpoints(session, run.id)
        with pytest.raises(ConflictError):
            find_adapter(session, run.id)
    assert metrics == {
        0: {"validation_reward": 0.25},
        1: {"reward": 0.5, "entropy": 0.25},
        2: {"reward": 0.75, "validation_reward": 0.5},
    }
    assert [(one.step, one.validation_reward, one.is_best) for one in saved] == [(2, 0.5, True)]


def test_the_command_names_the_shared_folder_and_reserves_no_gpu_for_itself(
    cluster: StandIn,
) -> None:
    run = work(order())
    folder = RunFolder.of(run.id).path
    (asked,) = cluster.orders
    words = shlex.split(asked["entrypoint"])
    assert words[:3] == ["python3", "-m", "verl.trainer.main_ppo"]
    assert f"data.train_files={folder}/train.parquet" in words
    assert f"trainer.default_local_dir={folder}/checkpoints" in words
    assert "trainer.n_gpus_per_node=2" in words
    assert asked["entrypoint_num_gpus"] is None, "verl asks Ray for its GPUs itself"
    assert asked["runtime_env"]["env_vars"]["HYDRA_FULL_ERROR"] == "1"
    assert {"train.parquet", "validation.parquet", "grader.py"} <= {
        path.name for path in folder.iterdir()
    }


def test_what_verl_does_otherwise_and_that_it_never_ran_is_told_before(cluster: StandIn) -> None:
    found = look_at()
    told = {one.name: one for one in found.checks}
    assert not found.obstacles
    assert "no training by it was ever run" in found.notice
    assert "verl does not stop where nothing is learnt" in told["verl"].finding


def test_a_grader_that_verl_cannot_call_keeps_it_from_starting(cluster: StandIn) -> None:
    configure(JudgeSpec(prompt="{{sample.output_text}}"))
    found = next(one for one in look_at().obstacles if one.name == "rewards")
    assert "judge" in found.finding + found.remedy


def test_a_base_model_that_is_not_unpacked_is_named(cluster: StandIn) -> None:
    (get_settings().folder("base_models") / EMBEDDED_BASE / "config.json").unlink()
    assert [one.name for one in look_at().obstacles] == ["base_model"]


def test_a_cluster_that_is_down_is_told_before(cluster: StandIn) -> None:
    cluster.is_down = True
    with pytest.raises(NotAvailableError, match="does not answer"):
        order()


def test_cancelling_stops_the_job_at_once(cluster: StandIn) -> None:
    cluster.command = stand_for_verl(FIGURES, "import time; time.sleep(600)")
    run = order()
    with working(run):
        wait_for(lambda: look(run).num_done == 2)
        with pytest.raises(ConflictError, match="cannot finish early"), unit_of_work() as session:
            finish_training(session, run.id)
        with unit_of_work() as session:
            cancel_training(session, run.id)
    assert look(run).status is JobStatus.CANCELLED
    assert [job.is_stopped for job in cluster.jobs.values()] == [True]


def test_a_cluster_that_cannot_be_asked_to_stop_is_no_success(cluster: StandIn) -> None:
    cluster.command = stand_for_verl(FIGURES, "import time; time.sleep(600)")
    run = order()
    with working(run):
        wait_for(lambda: look(run).num_done == 2)
        cluster.is_down = True
        with unit_of_work() as session:
            cancel_training(session, run.id)
    failed = look(run)
    assert failed.status is JobStatus.FAILED
    assert "may go on there: stop it there" in failed.error


def test_a_failed_job_says_what_verl_said_and_goes_on_as_a_second_one(cluster: StandIn) -> None:
    cluster.command = stand_for_verl("ValueError: no GPU is here", "raise SystemExit(1)")
    run = work(order())
    assert run.status is JobStatus.FAILED
    assert "failed before it began" in run.error
    assert "no GPU is here" in run.error
    assert "no GPU is here" in log_of(run)
    cluster.command = stand_for_verl(FIGURES)
    assert resume(run).status is JobStatus.DONE
    assert len(cluster.jobs) == 2


def test_a_worker_that_was_away_finds_the_result(
    cluster: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = order()
    with monkeypatch.context() as patched:
        patched.setattr(ray.RayTraining, "_end", _be_killed)
        with pytest.raises(KeyboardInterrupt):
            work(run)
    done = work(run)
    assert done.status is JobStatus.DONE
    assert done.outcome is not None
    assert done.outcome.num_steps == 2
    assert len(cluster.jobs) == 1


def _be_killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_job_that_printed_no_figures_is_no_training(cluster: StandIn) -> None:
    cluster.command = stand_for_verl("hello")
    run = work(order())
    assert run.status is JobStatus.FAILED
    assert "printed no figures of verl" in run.error
