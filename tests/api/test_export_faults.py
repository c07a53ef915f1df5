"""Exports over REST when something is in the way: words that help, no half file, a true history."""

import os
import select
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from fastapi.testclient import TestClient

from rft_app.services.export_files import partial_path
from rft_app.services.export_preview import ExportPreview, describe_preview
from rft_app.settings import get_settings
from rft_app.storage.session import unit_of_work
from tests.api.conftest import DATASETS, make_rows

EXPORTS = "/api/training/exports"
ONE_FILE = {"includeTest": False, "includeMetadata": False}


def begin(client: TestClient, dataset_id: str, **options: Any) -> tuple[dict[str, Any], Path]:
    """Ask for an export; returns it and the path that its file will have."""
    request = {"datasetId": dataset_id, "format": "openai_sft", **options}
    answer = client.post(EXPORTS, json=request)
    assert answer.status_code == 202, answer.text
    export = client.get(EXPORTS).json()[0]
    return export, get_settings().folder("exports") / export["id"] / export["fileName"]


def job_of(client: TestClient, export: dict[str, Any]) -> dict[str, Any]:
    return client.get(f"/api/optimization/jobs/{export['jobId']}").json()


def files() -> list[Path]:
    return [path for path in get_settings().folder("exports").rglob("*") if not path.is_dir()]


@pytest.fixture
def child_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """No export is so small that the worker writes it itself."""
    monkeypatch.setattr("rft_app.services.export_jobs.FEW_RECORDS", 0)


@pytest.mark.usefixtures("child_process")
@pytest.mark.parametrize("options", [{}, ONE_FILE], ids=["zip", "file"])
def test_a_full_disk_fails_the_job_with_the_remedy_and_the_next_try_works(
    client: TestClient, dataset: dict[str, Any], work: Callable[[], None], options: dict[str, Any]
) -> None:
    export, path = begin(client, dataset["id"], **options)
    path.parent.mkdir(parents=True)
    partial_path(path).symlink_to("/dev/full")

    work()

    job = job_of(client, export)
    assert (job["status"], job["error"]["code"]) == ("failed", "conflict")
    assert "no room left" in job["error"]["message"]
    assert "export again" in job["error"]["message"]
    assert files() == []
    [listed] = client.get(EXPORTS).json()
    assert (listed["isDone"], listed["sizeBytes"], listed["sha256"]) == (False, None, None)
    assert listed["failure"] == job["error"]["message"]
    assert client.get(export["fileUrl"]).status_code == 409

    again, path = begin(client, dataset["id"], **options)
    work()
    assert job_of(client, again)["status"] == "done"
    assert files() == [path]
    assert [each["isDone"] for each in client.get(EXPORTS).json()] == [True, False]


def test_others_may_write_while_an_export_is_worked_out(
    client: TestClient, dataset: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def preview(*args: Any, **kwargs: Any) -> ExportPreview:
        with unit_of_work():  # it could not begin if the request held the lock
            return describe_preview(*args, **kwargs)

    monkeypatch.setattr("rft_app.services.exports.describe_preview", preview)
    begin(client, dataset["id"])


@contextmanager
def full_after_64_kb(path: Path) -> Iterator[Callable[[], None]]:
    """A file that takes the first bytes and keeps its writer waiting with the others; yields what
    waits for the first ones."""
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    def wait() -> None:
        assert select.select([reader], [], [], 60)[0], "Nothing was written."

    yield wait
    os.close(reader)


def list_grandchildren() -> set[psutil.Process]:
    """Processes that the children of this one have begun."""
    return {one for own in psutil.Process().children() for one in own.children()}


@pytest.mark.usefixtures("child_process")
def test_a_process_killed_while_it_writes_leaves_no_file_and_the_next_try_works(
    client: TestClient, work: Callable[[], None]
) -> None:
    file = {"file": ("long.jsonl", make_rows(1_500))}
    fields = {"name": "Long", "objective": "Add"}
    made = client.post(f"{DATASETS}/from-upload", data=fields, files=file).json()
    work()
    export, path = begin(client, made["datasetId"], **ONE_FILE)
    with full_after_64_kb(partial_path(path)) as wait_for_bytes:
        before = list_grandchildren()  # those that another test left
        worker = threading.Thread(target=work)
        worker.start()
        wait_for_bytes()
        [child] = list_grandchildren() - before
        child.kill()
        worker.join()

    job = job_of(client, export)
    assert (job["status"], job["error"]["code"]) == ("failed", "killed")
    assert files() == []
    [listed] = client.get(EXPORTS).json()
    assert (listed["isDone"], listed["failure"]) == (False, job["error"]["message"])
    assert client.post(f"/api/optimization/jobs/{export['jobId']}/retry").status_code == 200
    work()
    [listed] = client.get(EXPORTS).json()
    assert (listed["isDone"], listed["failure"], files()) == (True, None, [path])
    assert len(client.get(export["fileUrl"]).content) == listed["sizeBytes"] > 1 << 16


def test_a_second_export_of_a_dataset_waits_for_the_first_and_another_datasets_does_not(
    client: TestClient, dataset: dict[str, Any], work: Callable[[], None]
) -> None:
    other = client.post(
        f"{DATASETS}/from-upload",
        data={"name": "Other", "objective": "Add"},
        files={"file": ("other.jsonl", make_rows(30))},
    ).json()
    work()
    first, _ = begin(client, dataset["id"])

    refused = client.post(EXPORTS, json={"datasetId": dataset["id"], "format": "trl_sft"})
    second, _ = begin(client, other["datasetId"])
    work()

    assert refused.status_code == 409
    assert "export job is still queued" in refused.json()["error"]["message"]
    assert [job_of(client, export)["status"] for export in (first, second)] == ["done", "done"]
    done = client.get(EXPORTS).json()
    assert {each["datasetId"] for each in done} == {dataset["id"], other["datasetId"]}
    assert sorted(each["train"] for each in done) == [24, 32]


def test_a_dataset_stays_while_it_is_exported_and_leaves_nothing_after_that(
    client: TestClient, dataset: dict[str, Any], work: Callable[[], None]
) -> None:
    begin(client, dataset["id"])
    work()
    export, _ = begin(client, dataset["id"], format="trl_grpo")
    address = f"{DATASETS}/{dataset['id']}"

    refused = client.delete(address)
    assert refused.status_code == 409
    assert "busy with export" in refused.json()["error"]["message"]
    assert client.post(f"/api/optimization/jobs/{export['jobId']}/cancel").status_code == 200
    work()
    assert client.delete(address).status_code in {200, 204}

    assert files() == []
    assert client.get(EXPORTS).json() == []
    for answer in (
        client.get(export["fileUrl"]),
        client.post(EXPORTS, json={"datasetId": dataset["id"], "format": "trl_sft"}),
        client.post(f"{EXPORTS}/preview", json={"datasetId": dataset["id"], "format": "trl_sft"}),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
