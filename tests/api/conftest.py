"""A client of the real application over a real database, and a worker that runs its jobs."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient

from rft_app.api.app import create_api
from tests.conftest import forget_environment
from tests.services.stored_dataset import work as run_jobs

DATASETS = "/api/optimization/datasets"


@pytest.fixture
def client(database: Path) -> Iterator[TestClient]:
    """Requests to the application; an unexpected exception fails the test."""
    with TestClient(create_api()) as found:
        yield found


@pytest.fixture
def work(database: Path) -> Callable[[], None]:
    """Runs every waiting job to its end, those that they start included."""
    return run_jobs


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


@pytest.fixture(scope="session")
def made_dataset(
    tmp_path_factory: pytest.TempPathFactory, empty_database: Path
) -> tuple[Path, str]:
    """A data directory in which a dataset was made of a file and extracted, and its id."""
    folder = tmp_path_factory.mktemp("made") / "data"
    folder.mkdir()
    shutil.copy(empty_database, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RFT_DATA_DIR", str(folder))
        patch.delenv("RFT_DATABASE_URL", raising=False)
        forget_environment()
        with TestClient(create_api()) as client:
            answer = client.post(
                f"{DATASETS}/from-upload",
                data={"name": "Sums", "objective": "Add"},
                files={"file": ("sums.jsonl", make_rows())},
            )
        assert answer.status_code == 202, answer.text
        run_jobs()
    forget_environment()
    return folder, answer.json()["datasetId"]


@pytest.fixture
def dataset(client: TestClient, database: Path, made_dataset: tuple[Path, str]) -> dict[str, Any]:
    """A dataset made of a file, extracted: a copy, because a child process had to read the file."""
    folder, dataset_id = made_dataset
    forget_environment()
    shutil.copytree(folder, database, dirs_exist_ok=True)
    return client.get(f"{DATASETS}/{dataset_id}").json()
