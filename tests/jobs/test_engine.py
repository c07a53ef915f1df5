import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rft_app.domain.job import Job, JobStatus
from rft_app.jobs.liveness import list_live_workers
from rft_app.jobs.queue import cancel_job, enqueue, get_job, retry_job
from rft_app.storage.session import reading, unit_of_work
from tests.jobs.counting import create_ledger, note, read_notes

pytestmark = pytest.mark.usefixtures("any_database", "ledger")

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def ledger(any_database: str) -> None:
    create_ledger()


@pytest.fixture
def start_worker(tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[bytes]] = []

    def start(*args: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.jobs.counting", *args]
        with (tmp_path / f"worker-{len(started)}.log").open("wb") as log:
            started.append(subprocess.Popen(command, stdout=log, stderr=log))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
    for path in sorted(tmp_path.glob("worker-*.log")):
        sys.stdout.write(path.read_text())  # shown where a test fails


def queued(kind: str, **args: object) -> str:
    with unit_of_work() as session:
        return enqueue(session, kind, "ds_1", dict(args)).id


def read_job(job_id: str) -> Job:
    with reading() as session:
        return get_job(session, job_id)


def wait_for(condition: Callable[[], object], timeout_s: float = 30) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.02)


def settled(job_id: str) -> Job:
    wait_for(lambda: read_job(job_id).status.is_settled)
    return read_job(job_id)


def test_a_worker_runs_what_is_queued_and_ends_when_idle(start_worker: Start) -> None:
    jobs = [queued("count", to=25), queued("fail", how="refuse")]

    assert start_worker("until-idle").wait(60) == 0

    counted, failed = map(read_job, jobs)
    assert (counted.status, counted.result) == (JobStatus.DONE, {"counted": 25})
    assert (counted.progress_done, counted.progress_total) == (25, 25)
    assert failed.status is JobStatus.FAILED
    assert failed.error is not None
    assert failed.error.model_dump() == {
        "code": "invalid_input",
        "message": "Line 3 is broken: close the brace.",
    }
    assert read_notes("fail") == ["started", "failed invalid_input"]


def test_a_defect_is_logged_and_not_shown(start_worker: Start, tmp_path: Path) -> None:
    job_id = queued("fail", how="break")

    start_worker("until-idle").wait(60)

    error = read_job(job_id).error
    assert error is not None
    assert error.code == "internal"
    assert "secret" not in error.message
    assert "secret detail" in (tmp_path / "worker-0.log").read_text()


def test_a_full_disk_is_no_defect(start_worker: Start) -> None:
    job_id = queued("fail", how="fill")

    start_worker("until-idle").wait(60)

    error = read_job(job_id).error
    assert error is not None
    assert error.message == "The disk is full. Free some space, then try again."


def test_a_failed_job_can_be_retried(start_worker: Start) -> None:
    job_id = queued("fail", how="refuse")
    start_worker()
    assert settled(job_id).status is JobStatus.FAILED
    note("mended", "yes")

    with unit_of_work() as session:
        retry_job(session, job_id)

    assert settled(job_id).result == {"ok": True}


def test_a_running_job_can_be_cancelled(start_worker: Start) -> None:
    job_id = queued("wait")
    start_worker()
    wait_for(lambda: read_job(job_id).status is JobStatus.RUNNING)

    with unit_of_work() as session:
        cancel_job(session, job_id)

    assert settled(job_id).status is JobStatus.CANCELLED
    assert read_notes("wait")[-1] == "cancelled cancelled"


def test_a_job_cancelled_before_it_starts_never_runs(start_worker: Start) -> None:
    job_id = queued("wait")
    with unit_of_work() as session:
        cancel_job(session, job_id)

    start_worker()

    assert settled(job_id).status is JobStatus.CANCELLED
    assert read_notes("wait") == ["cancelled cancelled"]


def test_a_worker_told_to_end_leaves_its_job_to_the_next(start_worker: Start) -> None:
    job_id = queued("count", to=60, pause_s=0.02)
    first = start_worker()
    wait_for(lambda: read_job(job_id).progress_done >= 10)

    first.send_signal(signal.SIGTERM)

    assert first.wait(20) == 0
    assert read_job(job_id).status is JobStatus.RUNNING
    start_worker()
    assert settled(job_id).result == {"counted": 60}


def test_the_job_of_a_killed_worker_goes_on_in_one_that_lives(start_worker: Start) -> None:
    job_id = queued("count", to=100, pause_s=0.02)
    first = start_worker()
    wait_for(lambda: read_job(job_id).progress_done >= 10)
    start_worker()
    wait_for(lambda: len(live_workers()) == 2)

    first.kill()

    assert settled(job_id).result == {"counted": 100}


@pytest.mark.durability
def test_a_worker_that_slept_too_long_ends_and_its_job_is_done_once(start_worker: Start) -> None:
    job_id = queued("count", to=300, pause_s=0.02)
    sleeper = start_worker()
    wait_for(lambda: read_job(job_id).progress_done >= 10)
    sleeper.send_signal(signal.SIGSTOP)
    start_worker()

    wait_for(lambda: read_job(job_id).progress_done >= 50, timeout_s=60)
    sleeper.send_signal(signal.SIGCONT)

    assert sleeper.wait(30) == 3
    assert settled(job_id).result == {"counted": 300}


@pytest.mark.durability
def test_killed_three_times_at_random_moments_at_most_one_chunk_a_kill_is_done_twice(
    start_worker: Start,
) -> None:
    chance = random.Random(7)
    job_id = queued("count", to=300, pause_s=0.02)
    for _ in range(3):
        worker = start_worker()
        wait_for(lambda: read_job(job_id).status is JobStatus.RUNNING and live_workers())
        time.sleep(chance.uniform(0.1, 1.5))
        worker.kill()
        worker.wait()

    start_worker()

    assert settled(job_id).result == {"counted": 300}
    chunks = read_notes(job_id)
    assert len(set(chunks)) == 30
    assert len(chunks) <= 30 + 3


def live_workers() -> list[object]:
    with reading() as session:
        return list(list_live_workers(session))
