"""A real Ray cluster on this machine, where `RFT_TEST_RAY_PYTHON` names a Python that has it.

It needs `ray[default]` there; nothing here does.  Processes are those of Ray itself: dashboard,
job agent and supervisor, and the training is a child of theirs.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from rft_app.domain.job import JobStatus
from rft_app.domain.training_run import Phase
from rft_app.errors import ProviderError
from rft_app.services.training_runs import find_adapter, list_answers, list_metrics
from rft_app.settings import get_settings
from rft_app.storage.session import reading
from rft_app.trainers import ray, trl_local
from rft_app.trainers.environment import find_environment
from rft_app.trainers.ray_jobs import RayJobs
from rft_app.trainers.run_folder import RunFolder
from tests.pipeline.graded_dataset import add_records, configure
from tests.services.training_world import SETTINGS, follow_script, order, prepare, work
from tests.trainers import scripted_child_path
from tests.trainers.test_trl_local import LENGTH, TINY

RAY_PYTHON = os.environ.get("RFT_TEST_RAY_PYTHON", "")
PATIENCE_S = 120.0


def _find_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The dashboard of a cluster that lives as long as these tests."""
    if not RAY_PYTHON:
        pytest.skip("RFT_TEST_RAY_PYTHON names no Python with ray[default].")
    folder = tempfile.mkdtemp(prefix="rft-ray-")  # Ray's sockets need a short path
    port = _find_port()
    command = [
        *(str(Path(RAY_PYTHON).parent / "ray"), "start", "--head", "--block", "--port", "0"),
        *("--dashboard-host", "127.0.0.1", "--dashboard-port", str(port), "--num-cpus", "2"),
        *("--temp-dir", folder, "--disable-usage-stats", "--object-store-memory", "100000000"),
    ]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    found = f"http://127.0.0.1:{port}"
    with Path(folder, "start.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env=clean, start_new_session=True
        )
    try:
        _wait_for(found, process, Path(folder))
        yield found
    finally:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(address: str, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            RayJobs(address, {}).get_version()
        except ProviderError as error:
            said = (folder / "start.log").read_text()[-2_000:]
            assert process.poll() is None, said
            assert time.monotonic() < deadline, f"{error.message}\n{said}"
            time.sleep(0.5)
        else:
            return


@pytest.fixture
def place(address: str, database: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """rft knows the cluster, and a Python there that may import what the scripted trainer needs."""
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={":".join(sys.path)} exec {sys.executable} "$@"\n')
    python.chmod(0o700)
    set_environment(monkeypatch, ray_address=address, ray_python=str(python))
    return tmp_path


def set_environment(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(f"RFT_{name.upper()}", value)
    get_settings.cache_clear()


@pytest.fixture
def scripted(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray, "SCRIPT", scripted_child_path())
    monkeypatch.setattr(ray, "PACKAGES", ("json",))
    prepare(monkeypatch)
    (place / "weights.gguf").touch()
    monkeypatch.setattr(trl_local, "find_weights", lambda: place / "weights.gguf")


def find_jobs(address: str, run_id: str) -> list[str]:
    """How the jobs of a training stand."""
    jobs = RayJobs(address, {})
    found = [jobs.find(f"rft-{run_id}-{number}") for number in range(1, 9)]
    return [job.status for job in found if job is not None]


def test_a_scripted_training_runs_as_a_job_of_a_real_cluster(scripted: None, address: str) -> None:
    run = work(order(trainer="ray", settings=SETTINGS))
    assert (run.status, run.error) == (JobStatus.DONE, "")
    assert find_jobs(address, run.id) == ["SUCCEEDED"]
    log = RunFolder.of(run.id).log.read_text()
    assert log.count(f"Running entrypoint for job rft-{run.id}-1") == 1


def test_a_killed_script_is_begun_again_by_a_real_cluster(scripted: None, address: str) -> None:
    follow_script(kill=[3])
    run = work(order(trainer="ray", settings=SETTINGS))
    assert (run.status, run.error) == (JobStatus.DONE, "")
    assert find_jobs(address, run.id) == ["FAILED", "SUCCEEDED"]


def test_a_real_cluster_refuses_the_same_job_twice(
    scripted: None, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = RayJobs.begin

    def begin_and_be_killed(*given: Any) -> None:
        begin(*given)
        with pytest.raises(ProviderError, match="already exists"):
            begin(*given)
        raise KeyboardInterrupt

    run = order(trainer="ray", settings=SETTINGS)
    with monkeypatch.context() as patched:
        patched.setattr(RayJobs, "begin", begin_and_be_killed)
        with pytest.raises(KeyboardInterrupt):
            work(run)
    assert work(run).status is JobStatus.DONE
    assert find_jobs(address, run.id) == ["SUCCEEDED"]


def test_a_job_that_cannot_begin_says_what_the_cluster_says(
    scripted: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_environment(monkeypatch, ray_python="/no/such/python")
    run = work(order(trainer="ray", settings=SETTINGS))
    assert run.status is JobStatus.FAILED
    assert "failed before it began" in run.error
    assert "/no/such/python" in run.error


def test_trl_takes_a_step_on_a_real_cluster(
    place: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = find_environment()
    if found.obstacle:
        pytest.skip(found.obstacle)
    set_environment(monkeypatch, ray_python=found.python)
    add_records(["yes"] * 12)
    configure(LENGTH)
    run = work(order(trainer="ray", settings=TINY))
    assert (run.status, run.error) == (JobStatus.DONE, "")
    assert run.outcome is not None
    assert run.outcome.base_hash != run.outcome.adapter_hash
    assert find_jobs(address, run.id) == ["SUCCEEDED"]
    with reading() as session:
        assert find_adapter(session, run.id).is_finished
        assert len(list_answers(session, run.id, Phase.TRAIN, 1).rows) == 8
        figures = {metric.step: metric.values for metric in list_metrics(session, run.id)}
    assert {"reward", "loss", "entropy", "step_s", "kl"} <= figures[1].keys()
