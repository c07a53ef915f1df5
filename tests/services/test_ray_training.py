"""A training on a Ray cluster, and all that can go wrong on the way."""

import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest

from rft_app.domain.job import JobStatus
from rft_app.domain.training_run import TrainingRun
from rft_app.errors import NotAvailableError
from rft_app.services import training_following
from rft_app.services.training_orders import TrainingRequest, look_ahead
from rft_app.services.training_runs import (
    cancel_training,
    find_adapter,
    finish_training,
    list_metrics,
    read_log,
    resume_training,
)
from rft_app.settings import get_settings
from rft_app.storage.session import reading, unit_of_work
from rft_app.trainers import TRAINERS, ray, trl_local
from rft_app.trainers.ray_jobs import Package, RayJobs
from rft_app.trainers.ray_note import JobNote
from rft_app.trainers.rewards import RewardEndpoint
from rft_app.trainers.run_folder import RunFolder
from tests.pipeline.graded_dataset import DATASET
from tests.services.training_world import attempt_of, follow_script, look, prepare, work
from tests.services.training_world import order as order_any
from tests.trainers import scripted_child_path
from tests.trainers.ray_stand_in import TOKEN, StandIn

PATIENCE_S = 120.0


def set_environment(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(f"RFT_{name.upper()}", value)
    get_settings.cache_clear()


@pytest.fixture
def cluster(database: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[StandIn]:
    for name, value in {"POLL_S": 0.01, "RETRY_S": 0.01, "LAG_S": 0.05}.items():
        monkeypatch.setattr(ray, name, value)
    monkeypatch.setattr(ray, "SCRIPT", scripted_child_path())
    monkeypatch.setattr(ray, "PACKAGES", ("json",))
    prepare(monkeypatch)
    weights = tmp_path / "weights.gguf"
    weights.touch()
    monkeypatch.setattr(trl_local, "find_weights", lambda: weights)
    with StandIn(tmp_path / "cluster").running() as found:
        set_environment(
            monkeypatch,
            ray_address=found.url,
            ray_python=sys.executable,
            ray_headers=f"Authorization=Bearer {TOKEN}",
        )
        yield found


def order() -> TrainingRun:
    return order_any(trainer="ray")


def wait_for(is_there: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_there():
        assert time.monotonic() < deadline, "It did not happen."
        time.sleep(0.02)


@contextmanager
def working(run: TrainingRun) -> Iterator[None]:
    """A worker does the job while the block runs, and to its end."""
    thread = threading.Thread(target=work, args=(run,), daemon=True)
    thread.start()
    yield
    thread.join(PATIENCE_S)
    assert not thread.is_alive(), "It did not end."


def steps_of(run: TrainingRun) -> list[int]:
    with reading() as session:
        return [metric.step for metric in list_metrics(session, run.id)]


def log_of(run: TrainingRun) -> str:
    return RunFolder.of(run.id).log.read_text()


def resume(run: TrainingRun) -> TrainingRun:
    with unit_of_work() as session:
        resume_training(session, run.id)
    return work(run, attempt_of(run))


def test_a_training_is_ordered_followed_and_compared(cluster: StandIn) -> None:
    run = work(order())
    assert (run.status, run.error) == (JobStatus.DONE, "")
    assert run.outcome is not None
    assert run.outcome.comparison is not None
    assert run.outcome.comparison.difference == 1.0
    assert steps_of(run) == [1, 2, 3, 4]
    (job,) = cluster.jobs.values()
    assert job.order["submission_id"] == f"rft-{run.id}-1"
    assert job.order["metadata"] == {"rft_training": run.id, "rft_dataset": DATASET}
    assert job.tell()["status"] == "SUCCEEDED"
    assert log_of(run).count("Running entrypoint") == 1
    with reading() as session:
        assert find_adapter(session, run.id).is_finished


def test_the_package_holds_the_script_and_only_the_order_names_its_folder(
    cluster: StandIn,
) -> None:
    run = work(order())
    (body,) = cluster.packages.values()
    names = zipfile.ZipFile(BytesIO(body)).namelist()
    assert {"__main__.py", "on_cluster.py", "course.py", "run_files.py"} <= set(names)
    (job,) = cluster.jobs.values()
    assert job.order["entrypoint"].endswith(f"-B on_cluster.py {RunFolder.of(run.id).path}")
    assert work(order()).status is JobStatus.DONE
    assert cluster.calls["PUT packages"] == 1, "the same files are uploaded once"


def test_the_token_is_sent_and_kept_nowhere(cluster: StandIn) -> None:
    run = work(order())
    assert set(cluster.headers) == {f"Bearer {TOKEN}"}
    for path in RunFolder.of(run.id).path.rglob("*"):
        assert path.is_dir() or TOKEN.encode() not in path.read_bytes()


def test_a_cluster_that_is_down_is_told_before_anything_is_ordered(cluster: StandIn) -> None:
    cluster.is_down = True
    with pytest.raises(
        NotAvailableError, match=r"cluster at http://127.*does not answer.*Start it"
    ):
        order()
    cluster.is_down = False
    assert order().status is JobStatus.QUEUED


def test_without_an_address_the_setting_is_named(
    cluster: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_environment(monkeypatch, ray_address="")
    with reading() as session:
        checks = look_ahead(session, DATASET, TrainingRequest(trainer="ray")).checks
    found = next(one for one in checks if one.name == "trainer")
    assert (found.level, found.finding) == ("stop", "No Ray cluster is named.")
    assert "RFT_RAY_ADDRESS" in found.remedy


def test_a_refused_token_names_the_setting_and_not_the_token(cluster: StandIn) -> None:
    cluster.failing["GET version"] = [401]
    obstacle = TRAINERS.get("ray").find_obstacle()
    assert "RFT_RAY_HEADERS" in obstacle
    assert TOKEN not in obstacle


def test_a_host_that_is_not_this_machine_is_told_before(
    cluster: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_environment(monkeypatch, ray_grading_host="192.0.2.1")
    assert "RFT_RAY_GRADING_HOST" in TRAINERS.get("ray").find_obstacle()


def test_a_cluster_that_goes_down_before_the_order_leaves_no_claim(
    cluster: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray, "UNBEGUN_S", 0.05)
    run = order()
    cluster.is_down = True
    failed = work(run)
    assert failed.status is JobStatus.FAILED
    assert "does not answer" in failed.error
    assert "No job was begun" in failed.error
    cluster.is_down = False
    assert resume(run).status is JobStatus.DONE
    assert len(cluster.jobs) == 1


def test_a_cluster_that_is_down_in_the_middle_is_a_state_and_no_failure(cluster: StandIn) -> None:
    follow_script(wait=[3])
    run = order()
    with working(run):
        wait_for(lambda: 2 in steps_of(run))
        cluster.is_down = True
        wait_for(lambda: "UTC; it is asked again" in look(run).words)
        assert look(run).status is JobStatus.RUNNING
        cluster.is_down = False
        wait_for(lambda: "step 2 of 4" in look(run).words)
        with unit_of_work() as session:
            finish_training(session, run.id)
    assert look(run).status is JobStatus.DONE
    assert cluster.calls["POST jobs"] == 1


def test_a_training_ends_well_while_its_cluster_does_not_answer(cluster: StandIn) -> None:
    follow_script(wait=[3])
    run = order()
    with working(run):
        wait_for(lambda: 2 in steps_of(run))
        cluster.is_down = True
        RunFolder.of(run.id).ask_to_finish()
    done = look(run)
    assert (done.status, done.error) == (JobStatus.DONE, "")


def test_cluster_and_training_that_are_both_silent_for_long_are_told_as_unknown(
    cluster: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.holds_back = True
    run = order()
    with working(run):
        wait_for(lambda: "waiting on the cluster" in look(run).words)
        monkeypatch.setattr(ray, "SILENT_S", 0.05)
        cluster.is_down = True
    failed = look(run)
    assert failed.status is JobStatus.FAILED
    assert f"The job rft-{run.id}-1 may go on there" in failed.error
    cluster.is_down = cluster.holds_back = False
    cluster.jobs[f"rft-{run.id}-1"].begin()
    assert resume(run).status is JobStatus.DONE
    assert len(cluster.jobs) == 1, "it was found again"


def test_a_worker_killed_after_the_order_begins_no_second_job(
    cluster: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = order()
    begin = RayJobs.begin

    def begin_and_be_killed(*given: object) -> None:
        begin(*given)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(RayJobs, "begin", begin_and_be_killed)
        with pytest.raises(KeyboardInterrupt):
            work(run)
    assert work(run).status is JobStatus.DONE
    assert list(cluster.jobs) == [f"rft-{run.id}-1"]
    assert cluster.calls["POST jobs"] == 1
    assert log_of(run).count("Running entrypoint") == 1


def test_an_order_that_is_refused_for_it_was_taken_is_followed(
    cluster: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = RayJobs.begin

    def begin_twice(*given: object) -> None:
        begin(*given)  # type: ignore[arg-type]
        begin(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(RayJobs, "begin", begin_twice)
    assert work(order()).status is JobStatus.DONE
    assert len(cluster.jobs) == 1


def test_an_order_whose_answer_is_lost_is_found_again(cluster: StandIn) -> None:
    cluster.loses_answer_of = {"POST jobs"}
    run = work(order())
    assert run.status is JobStatus.DONE
    assert len(cluster.jobs) == 1


def test_a_busy_cluster_is_asked_again(cluster: StandIn) -> None:
    run = order()
    cluster.failing = {"PUT packages": [500], "POST jobs": [500], "GET jobs": [503, 404, 500]}
    assert work(run).status is JobStatus.DONE
    assert len(cluster.jobs) == 1


def test_cancelling_asks_the_script_first_and_keeps_the_best_checkpoint(cluster: StandIn) -> None:
    follow_script(wait=[3])
    run = order()
    with working(run):
        wait_for(lambda: 2 in steps_of(run))
        with unit_of_work() as session:
            cancel_training(session, run.id)
    assert look(run).status is JobStatus.CANCELLED
    (job,) = cluster.jobs.values()
    assert (job.tell()["status"], job.is_stopped) == ("SUCCEEDED", False)
    with reading() as session:
        assert not find_adapter(session, run.id).is_finished


def test_a_script_that_does_not_listen_is_stopped_by_the_cluster(
    cluster: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_following, "STOP_WAIT_S", 0.3)
    cluster.command = "exec sleep 600"
    run = order()
    with working(run):
        wait_for(lambda: "the cluster starts the script" in look(run).words)
        with unit_of_work() as session:
            cancel_training(session, run.id)
    assert look(run).status is JobStatus.CANCELLED
    (job,) = cluster.jobs.values()
    assert job.is_stopped


def test_a_job_that_waits_for_its_turn_is_taken_away(cluster: StandIn) -> None:
    cluster.holds_back = True
    run = order()
    with working(run):
        wait_for(lambda: "waiting on the cluster" in look(run).words)
        with unit_of_work() as session:
            cancel_training(session, run.id)
    assert look(run).status is JobStatus.CANCELLED
    assert [job.is_stopped for job in cluster.jobs.values()] == [True]


def test_a_killed_script_goes_on_from_its_last_checkpoint_as_a_second_job(
    cluster: StandIn,
) -> None:
    follow_script(kill=[3])
    run = work(order())
    assert run.status is JobStatus.DONE
    assert list(cluster.jobs) == [f"rft-{run.id}-1", f"rft-{run.id}-2"]
    begun = [one for one in RunFolder.of(run.id).read_events() if one["type"] == "begun"]
    assert [one["resumed_from"] for one in begun] == [0, 2]


def test_a_cluster_that_was_started_again_and_forgot_the_job_goes_on(cluster: StandIn) -> None:
    follow_script(wait=[2, 3, 4])
    run = order()
    with working(run):
        for step in (1, 2, 3):
            wait_for(lambda at=step: at in steps_of(run))
            wait_for(lambda at=step: log_of(run).count("Running entrypoint") == at)
            cluster.forget()
    assert look(run).status is JobStatus.DONE
    assert log_of(run).count("Running entrypoint") == 4
    begun = [one for one in RunFolder.of(run.id).read_events() if one["type"] == "begun"]
    assert [one["resumed_from"] for one in begun] == [0, 1, 2, 3]


def test_a_job_that_somebody_stops_there_is_told_so(cluster: StandIn) -> None:
    follow_script(wait=[3])
    run = order()
    with working(run):
        wait_for(lambda: 2 in steps_of(run))
        (job,) = cluster.jobs.values()
        job.is_stopped = True
        job.end()
    failed = look(run)
    assert failed.status is JobStatus.FAILED
    assert "was stopped there by somebody" in failed.error
    assert resume(run).status is JobStatus.DONE


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("no-such-python", "failed before it began"),
        ("true", "must see the same data directory"),
        (f"{sys.executable} -B on_cluster.py /nowhere/at/all", "share it, or set RFT_DATA_DIR"),
    ],
)
def test_a_job_that_cannot_work_says_why(cluster: StandIn, command: str, words: str) -> None:
    cluster.command = command
    run = work(order())
    assert run.status is JobStatus.FAILED
    assert words in run.error
    assert len(cluster.jobs) == 1


def test_packages_that_the_cluster_lacks_are_named(
    cluster: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray, "PACKAGES", ("no_such_package",))
    run = work(order())
    assert run.status is JobStatus.FAILED
    assert "no_such_package missing in" in run.error
    assert "RFT_RAY_PYTHON" in run.error


def test_a_base_model_that_the_cluster_does_not_see_is_named(
    cluster: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trl_local, "find_weights", lambda: Path("/nowhere/weights.gguf"))
    run = work(order())
    assert run.status is JobStatus.FAILED
    assert "does not see the base model /nowhere/weights.gguf" in run.error


def test_a_grading_that_the_cluster_does_not_reach_is_named(
    cluster: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray, "GRADING_WAIT_S", 0.0)
    monkeypatch.setattr(RewardEndpoint, "url", property(lambda _: "http://rft.invalid:1/grade"))
    run = work(order())
    assert run.status is JobStatus.FAILED
    assert "does not reach rft's grading at http://rft.invalid:1/grade" in run.error
    assert "RFT_RAY_GRADING_HOST" in run.error


def test_logs_that_cannot_be_had_do_not_hide_how_the_job_ended(cluster: StandIn) -> None:
    cluster.failing = {"GET jobs/logs": [500] * 1_000}
    cluster.command = "no-such-python"
    run = work(order())
    assert run.status is JobStatus.FAILED
    assert "failed before it began" in run.error


def test_stopping_at_a_cluster_that_is_down_leaves_a_wish_that_the_script_finds(
    cluster: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_following, "STOP_WAIT_S", 0.2)
    cluster.holds_back = True
    run = order()
    with working(run):
        wait_for(lambda: "waiting on the cluster" in look(run).words)
        cluster.is_down = True
        with unit_of_work() as session:
            cancel_training(session, run.id)
    assert look(run).status is JobStatus.CANCELLED
    assert "It stops by itself at its next look" in log_of(run)
    cluster.is_down = False
    (job,) = cluster.jobs.values()
    job.begin()
    wait_for(lambda: job.tell()["status"] == "SUCCEEDED")
    assert RunFolder.of(run.id).read_events()[-1]["type"] == "cancelled"


def test_a_log_that_grows_is_taken_once(database: object) -> None:
    folder = RunFolder.of("tr_1")
    note = JobNote(folder)
    note.begin("job-1", "first")
    note.take("a\n")
    note.take("a\nbé")
    again = JobNote(folder)
    again.take("a\nbé\nc\n")
    again.add("by hand")
    again.take("a\nbé\nc\nd\n")
    again.begin("job-1", "the cluster forgot it")
    again.take("a\n")
    assert folder.log.read_text() == "first\na\nbé\nc\nby hand\nd\nthe cluster forgot it\na\n"


def test_the_same_files_are_the_same_package(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for path in (one, other):
        path.write_text("same")
    assert Package.of({"a.py": one}) == Package.of({"a.py": other})
    other.write_text("changed")
    assert Package.of({"a.py": one}).name != Package.of({"a.py": other}).name


def test_the_log_of_a_run_is_the_jobs(cluster: StandIn) -> None:
    run = work(order())
    with reading() as session:
        assert f"The job rft-{run.id}-1 of the Ray cluster" in read_log(session, run.id)
