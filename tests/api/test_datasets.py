"""Datasets over REST: upload, read, change, delete."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from rft_app.jobs.running import JobRunner
from rft_app.services.job_kinds import all_job_kinds
from rft_app.settings import get_settings
from rft_app.storage import jobs
from rft_app.storage.session import reading
from tests.api.conftest import DATASETS, make_rows


def post_file(client: TestClient, content: bytes, **fields: str) -> Any:
    return client.post(
        f"{DATASETS}/from-upload",
        data={"name": "A", "objective": "B"} | fields,
        files={"file": ("x.jsonl", content)},
    )


def test_a_dataset_has_the_shape_of_the_spec(dataset: dict[str, Any]) -> None:
    assert {
        "id", "name", "objective", "source", "createdAt", "updatedAt", "stats", "pipeline",
        "topicHierarchy", "graderConfig",
    } <= dataset.keys()  # fmt: skip
    assert dataset["stats"]["totalRecords"] == 40
    assert dataset["stats"]["balanceScore"] is None
    assert dataset["stats"]["dryRunStatus"] is None
    nodes = dataset["pipeline"]["nodes"]
    assert [node["id"] for node in nodes] == [1, 2, 3, 4, 5, 6, 7]
    assert (nodes[0]["name"], nodes[0]["status"]) == ("Extract Data", "complete")
    assert nodes[5]["canRetrigger"] is False
    assert dataset["pipeline"]["currentStep"] == 2


def test_the_job_of_an_upload_returns_the_dataset(
    client: TestClient, dataset: dict[str, Any]
) -> None:
    jobs = client.get("/api/optimization/jobs", params={"datasetId": dataset["id"]}).json()
    imported = next(job for job in jobs if job["kind"] == "import_traces")
    assert imported["result"]["id"] == dataset["id"]
    assert (imported["result"]["imported"], imported["result"]["errors"]) == (40, 1)


def test_bad_lines_are_listed_a_page_at_a_time(client: TestClient, dataset: dict[str, Any]) -> None:
    report = client.get(f"{DATASETS}/{dataset['id']}/import").json()
    assert (report["parsed"], report["invalid"], report["reasons"]) == (40, 1, {"not_json": 1})
    errors = client.get(f"/api/optimization/imports/{report['id']}/errors", params={"limit": 1})
    assert [fault["lineNumber"] for fault in errors.json()] == [41]
    assert "X-Next-Cursor" not in errors.headers
    assert (report["damage"], report["isComplete"]) == (None, True)


def test_a_file_that_is_not_whole_is_told_in_its_report(
    client: TestClient, work: Callable[[], None]
) -> None:
    array = b"[" + make_rows(3).replace(b"\n", b",")
    dataset_id = post_file(client, array).json()["datasetId"]
    work()
    report = client.get(f"{DATASETS}/{dataset_id}/import").json()
    assert (report["isDone"], report["isComplete"], report["valid"]) == (True, False, 3)
    assert next(iter(report["reasons"])) == "damaged"
    assert report["damage"].startswith("Stopped after line 3: the array is not closed")


def test_the_upload_is_gone_after_its_import(dataset: dict[str, Any], database: Path) -> None:
    assert list((database / "uploads").iterdir()) == []


def test_datasets_are_listed_and_searched(client: TestClient, dataset: dict[str, Any]) -> None:
    assert [each["id"] for each in client.get(DATASETS).json()] == [dataset["id"]]
    assert client.get(DATASETS, params={"search": "nothing"}).json() == []
    assert client.get(DATASETS, params={"sort": "size"}).status_code == 422


def test_the_list_is_paged_by_cursor(client: TestClient, dataset: dict[str, Any]) -> None:
    copy_id = client.post(f"{DATASETS}/{dataset['id']}/duplicate").json()["datasetId"]
    page = client.get(DATASETS, params={"limit": 1, "sort": "name"})
    cursor = page.headers["X-Next-Cursor"]
    rest = client.get(DATASETS, params={"limit": 1, "sort": "name", "cursor": cursor})
    found = [each["id"] for each in (*page.json(), *rest.json())]
    assert found == [dataset["id"], copy_id]
    assert "X-Next-Cursor" not in rest.headers
    assert client.get(DATASETS, params={"cursor": cursor}).status_code == 422


def test_a_dataset_is_renamed(client: TestClient, dataset: dict[str, Any]) -> None:
    changed = client.patch(f"{DATASETS}/{dataset['id']}", json={"name": "New"}).json()
    assert (changed["name"], changed["objective"]) == ("New", "Add")
    assert client.patch(f"{DATASETS}/{dataset['id']}", json={"name": " "}).status_code == 422


def test_a_deleted_dataset_is_gone(client: TestClient, dataset: dict[str, Any]) -> None:
    assert client.delete(f"{DATASETS}/{dataset['id']}").status_code == 204
    assert client.get(f"{DATASETS}/{dataset['id']}").status_code == 404


def test_a_busy_dataset_is_not_deleted(client: TestClient) -> None:
    job = post_file(client, make_rows()).json()
    answer = client.delete(f"{DATASETS}/{job['datasetId']}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    ("content", "fields"),
    [(b"", {}), (b"\x00\x01\x02" * 100, {}), (make_rows(), {"name": " "}),
     (make_rows(), {"mapping": "[1]"}), (make_rows(), {"shape": "no_such_shape"})],
    ids=["empty", "binary", "blank name", "bad mapping", "unknown shape"],
)  # fmt: skip
def test_a_bad_upload_leaves_nothing_behind(
    client: TestClient, database: Path, content: bytes, fields: dict[str, str]
) -> None:
    answer = post_file(client, content, **fields)
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["message"]
    assert client.get(DATASETS).json() == []
    assert list((database / "uploads").iterdir()) == []


def test_a_file_beyond_the_limit_answers_413_without_being_stored(
    client: TestClient, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RFT_MAX_FILE_BYTES", "1000000")
    get_settings.cache_clear()
    row = make_rows()
    for content in (row * 1000, row * 400):  # the first is refused by its declared size
        answer = post_file(client, content)
        assert answer.status_code == 413, answer.text
        assert answer.json()["error"]["code"] == "too_large"
    uploads = database / "uploads"
    assert not uploads.is_dir() or list(uploads.iterdir()) == []


def test_a_form_without_a_file_is_refused(client: TestClient) -> None:
    answer = client.post(f"{DATASETS}/from-upload", files={"name": (None, "A")})
    assert (answer.status_code, answer.json()["error"]["details"]) == (422, {"field": "file"})
    assert client.post(f"{DATASETS}/from-upload", json={}).status_code == 422


def test_rows_are_mapped_by_columns(client: TestClient, work: Callable[[], None]) -> None:
    content = b'{"q": "1 + 1?", "solution_text": "2"}\n' * 3
    mapping = '{"input": "q", "reference": "solution_text"}'
    job = post_file(client, content, mapping=mapping).json()
    work()
    records = client.get(f"{DATASETS}/{job['datasetId']}/records").json()
    assert records[0]["reference"] == "2"


def test_records_are_added_to_a_dataset(
    client: TestClient, dataset: dict[str, Any], work: Callable[[], None]
) -> None:
    url = f"{DATASETS}/{dataset['id']}/records/import"
    more = make_rows(60)
    answer = client.post(url, data={"mode": "append"}, files={"file": ("m.jsonl", more)})
    assert answer.status_code == 202, answer.text
    work()
    done = client.get(f"/api/optimization/jobs/{answer.json()['id']}").json()
    assert done["result"]["imported"] == 60
    answer = client.post(url, data={"mode": "replace"}, files={"file": ("m.jsonl", more)})
    assert answer.status_code == 202, answer.text
    work()
    stats = client.get(f"{DATASETS}/{dataset['id']}").json()["stats"]
    assert (stats["totalRecords"], stats["duplicateRecords"]) == (60, 0)


def test_an_upload_that_is_waited_for_answers_with_its_records(client: TestClient) -> None:
    runner = JobRunner(all_job_kinds(), "wk_test")
    has_ended = threading.Event()

    def work_until_told() -> None:
        while not has_ended.is_set():
            with reading() as session:
                waiting = jobs.list_active(session)
            for job in waiting:
                runner.run(job.id, 0)
            time.sleep(0.02)

    with ThreadPoolExecutor() as pool:
        pool.submit(work_until_told)
        answer = client.post(
            f"{DATASETS}/from-upload",
            params={"wait": 60},
            data={"name": "A", "objective": "B"},
            files={"file": ("x.jsonl", make_rows())},
        )
        has_ended.set()

    result = answer.json()["result"]
    assert (answer.status_code, result["stats"]["totalRecords"]) == (200, 40)
    extract = client.get(f"/api/optimization/jobs/{result['extractJobId']}").json()
    assert extract["status"] == "done"
