import os
import random
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import orjson
import pytest

from rft_app.cli.installation import FRONT_END
from rft_app.domain.dry_run import DryRun
from rft_app.domain.job import Job, JobStatus
from rft_app.domain.pipeline import StepName
from rft_app.jobs.queue import get_job
from rft_app.services.dry_runs import get_dry_run
from rft_app.services.pipeline import start_step
from rft_app.storage.session import reading, unit_of_work
from tests.cli.conftest import Rft, make_installation

pytestmark = pytest.mark.durability

NUM_GRADES = 300
SCRIPT = """
import time


def grade(sample, item):
    time.sleep(0.15)
    return float(sample["output_text"] == item["wanted"])
"""


class Installation:
    """The server and one worker; both can be killed and started again."""

    def __init__(self, rft: Rft) -> None:
        self.rft = rft
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start the server, wait until it answers, and only then start the worker.

        The other way round the worker would get on while the server starts, for as long as the
        machine pleases, and could be done before it is killed.
        """
        self._processes = [self.rft.start("serve", "--no-worker", "--port", self.port)]
        wait_for(self.is_answering)
        command = [sys.executable, "-m", "tests.durability.counting_worker", str(os.getpid())]
        worker = subprocess.Popen(
            command,
            env=self.rft.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._processes.append(worker)

    def is_answering(self) -> bool:
        """Whether the server takes requests."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_health", timeout=1):
                return True
        except OSError:
            return False

    def kill(self) -> None:
        """`kill -9` both."""
        for process in self._processes:
            process.kill()
            process.wait()


@pytest.fixture
def installation(data_dir: Path) -> Iterator[Installation]:
    if not FRONT_END.exists():
        pytest.skip("The interface is not built; run `make build`.")
    found = Installation(make_installation(data_dir))
    yield found
    found.kill()


def prepare(rft: Rft, folder: Path) -> str:
    """A dataset of 300 answered questions with a slow grader, just before its dry run."""
    rows, script = folder / "rows.jsonl", folder / "slow.py"
    rows.write_bytes(b"".join(_line(number) for number in range(NUM_GRADES)))
    script.write_text(SCRIPT)
    dataset_id = rft.json("import", rows, "--name", "Slow", "--objective", "Count")["id"]
    rft.json("run", dataset_id, "--until", "grader", "--grader", script)
    return dataset_id


def _line(number: int) -> bytes:
    said = {"role": "assistant", "content": str(number + number % 2)}
    question = {"role": "user", "content": f"Say {number}."}
    return orjson.dumps({"messages": [question, said], "wanted": str(number)}) + b"\n"


def wait_for(condition: Callable[[], object], timeout_s: float = 120) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.05)


def read_job(job_id: str) -> Job:
    with reading() as session:
        return get_job(session, job_id)


def read_dry_run(dataset_id: str) -> DryRun:
    with reading() as session:
        return get_dry_run(session, dataset_id)


def read_chunks(attempts: Path) -> list[set[str]]:
    """The chunks whose grading began, in order."""
    return [set(line.split()) for line in attempts.read_text().splitlines()]


def test_killed_three_times_every_rollout_is_graded_once(
    installation: Installation, tmp_path: Path, data_dir: Path
) -> None:
    dataset_id = prepare(installation.rft, tmp_path)
    with unit_of_work() as session:
        job = start_step(session, dataset_id, StepName.DRY_RUN)
    seed = secrets.randbits(32)
    sys.stdout.write(f"Kills by seed {seed}\n")  # shown where the test fails
    chance = random.Random(seed)
    attempts = data_dir / "notes" / "attempts"
    num_tried_by_kill: list[int] = []
    for _ in range(3):
        seen = attempts.stat().st_size if attempts.exists() else 0
        installation.start()
        wait_for(lambda seen=seen: attempts.exists() and attempts.stat().st_size > seen)
        time.sleep(chance.uniform(0.5, 4.0))
        installation.kill()
        num_tried_by_kill.append(len(read_chunks(attempts)))
    assert read_job(job.id).status is JobStatus.RUNNING

    installation.start()
    wait_for(lambda: read_job(job.id).status.is_settled, timeout_s=240)

    run = read_dry_run(dataset_id)
    assert read_job(job.id).status is JobStatus.DONE, read_job(job.id).error
    assert (run.num_done, run.num_planned) == (NUM_GRADES, NUM_GRADES)
    assert run.report is not None
    assert (run.report.num_graded, run.report.num_failed) == (NUM_GRADES, 0)
    chunks = read_chunks(attempts)
    assert len(set().union(*chunks)) == NUM_GRADES
    for begin, end in pairwise([0, *num_tried_by_kill, len(chunks)]):
        tried = Counter(record for chunk in chunks[begin:end] for record in chunk)
        repeated = tried.keys() & set().union(*chunks[:begin])
        cut_off = chunks[begin - 1] if begin else set[str]()
        assert repeated <= cut_off, "Grades of a chunk that was stored were asked for again."
        assert max(tried.values()) == 1, "Without a kill a record was graded twice."
