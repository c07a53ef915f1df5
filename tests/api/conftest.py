"""A client of the real application over a real database, and a worker that runs its jobs."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient

from rft_app.api.app import create_api
from rft_app.jobs.running import JobRunner
from rft_app.services.job_kinds import all_job_kinds
from rft_app.storage import jobs
from rft_app.storage.session import reading

DATASETS = "/api/optimization/datasets"


@pytest.fixture
def client(database: Path) -> Iterator[TestClient]:
    """Requests to the application; an unexpected exception fails the test."""
    with TestClient(create_api()) as found:
        yield found


@pytest.fixture
def work(database: Path) -> Callable[[], None]:
    """Runs every waiting job to its end, those that they start included."""
    runner = JobRunner(all_job_kinds(), "wk_test")

    def run() -> None:
        while True:
            with reading() as session:
                waiting = jobs.list_active(session)
            if not waiting:
                return
            for job in waiting:
                runner.run(job.id, 0)

    return run


def make_rows(count: int = 40) -> bytes:
    """Chats with a known answer; every tenth repeats the first, one line is broken."""
    rows = [
        {
            "messages": [
                {"role": "user", "content": f"What is {n} + {n}?"},
                {"role": "assistant", "content": str(2 * n)},
            ],
            "reference_answer": str(2 * n),
            "reward": n % 2,
        }
        for n in range(count)
    ]
    return b"".join(orjson.dumps(row) + b"\n" for row in rows) + b"{broken\n"


@pytest.fixture
def dataset(client: TestClient, work: Callable[[], None]) -> dict[str, Any]:
    """A dataset made of a file, extracted."""
    answer = client.post(
        f"{DATASETS}/from-upload",
        data={"name": "Sums", "objective": "Add"},
        files={"file": ("sums.jsonl", make_rows())},
    )
    assert answer.status_code == 202, answer.text
    work()
    return client.get(f"{DATASETS}/{answer.json()['datasetId']}").json()
