"""Auto-Improve over REST."""

from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient

RUNS = "/api/training/auto-improve"


def test_a_run_is_started_watched_and_listed(
    client: TestClient, work: Callable[[], None], dataset: dict[str, Any]
) -> None:
    dataset_id = dataset["id"]
    started = client.post(RUNS, json={"datasetId": dataset_id})
    assert started.status_code == 202
    run = started.json()
    assert (run["state"], run["step"]) == ("running", "topics")
    assert client.post(RUNS, json={"datasetId": dataset_id}).status_code == 409
    work()
    done = client.get(f"{RUNS}/{run['id']}").json()
    assert done["state"] == "done"
    assert [one["step"] for one in done["decisions"]] == [
        *("extract", "topics", "coverage", "grader", "dry_run")
    ]
    assert done["decisions"][0]["isKept"]
    assert done["verdict"] in {"GO", "CAUTION", "NO_GO"}
    assert client.get(RUNS, params={"datasetId": dataset_id}).json() == [done]
    assert client.post(f"{RUNS}/{run['id']}/cancel").status_code == 409


def test_what_is_not_there_is_404(client: TestClient) -> None:
    assert client.post(RUNS, json={"datasetId": "ds_x"}).status_code == 404
    assert client.get(f"{RUNS}/auto_x").status_code == 404
