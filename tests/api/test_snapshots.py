"""Duplicates, resets, replacing imports and snapshots over REST."""

from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient

from tests.api.conftest import DATASETS, make_rows


def import_file(client: TestClient, dataset: dict[str, Any], count: int, mode: str) -> Any:
    return client.post(
        f"{DATASETS}/{dataset['id']}/records/import",
        data={"mode": mode},
        files={"file": ("more.jsonl", make_rows(count))},
    )


def total(client: TestClient, dataset: dict[str, Any]) -> int:
    return client.get(f"{DATASETS}/{dataset['id']}").json()["stats"]["totalRecords"]


def test_replacing_records_keeps_a_snapshot_that_can_be_restored(
    client: TestClient, dataset: dict[str, Any], work: Callable[[], None]
) -> None:
    job = import_file(client, dataset, 12, "replace").json()
    work()
    result = client.get(f"/api/optimization/jobs/{job['id']}").json()["result"]
    assert (result["imported"], result["errors"]) == (12, 1)
    assert total(client, dataset) == 12
    home = f"{DATASETS}/{dataset['id']}/snapshots"
    (kept,) = client.get(home).json()
    assert (kept["purpose"], kept["records"]) == ("replace", 40)
    difference = client.get(f"{home}/{kept['id']}/compare").json()
    assert (difference["added"], difference["removed"], difference["same"]) == (12, 40, 0)

    job = client.post(f"{home}/{kept['id']}/restore").json()
    work()
    result = client.get(f"/api/optimization/jobs/{job['id']}").json()["result"]
    assert (result["numRestored"], result["numArchived"]) == (40, 12)
    assert total(client, dataset) == 40
    assert client.post(f"{home}/{kept['id']}/restore").status_code == 409


def test_an_append_adds_and_an_unknown_mode_is_refused(
    client: TestClient, dataset: dict[str, Any], work: Callable[[], None]
) -> None:
    assert import_file(client, dataset, 5, "append").status_code == 202
    work()
    assert total(client, dataset) == 45
    refused = import_file(client, dataset, 5, "merge")
    assert (refused.status_code, refused.json()["error"]["details"]) == (422, {"field": "mode"})


def test_snapshots_are_made_by_hand_and_paged(client: TestClient, dataset: dict[str, Any]) -> None:
    home = f"{DATASETS}/{dataset['id']}/snapshots"
    made = client.post(home, json={"label": "first"})
    assert (made.status_code, made.json()["records"]) == (201, 40)
    client.post(home)
    page = client.get(home, params={"limit": 1})
    rest = client.get(home, params={"limit": 1, "cursor": page.headers["X-Next-Cursor"]})
    assert [each["label"] for each in (*page.json(), *rest.json())] == ["", "first"]
    assert "X-Next-Cursor" not in rest.headers
    assert client.get(f"{home}/snap_nowhere").status_code == 404
    assert client.post(home, json={"label": "x" * 121}).status_code == 422


def test_a_duplicate_is_a_dataset_of_its_own(
    client: TestClient, dataset: dict[str, Any], work: Callable[[], None]
) -> None:
    job = client.post(f"{DATASETS}/{dataset['id']}/duplicate").json()
    assert job["datasetId"] != dataset["id"]
    work()
    copy = client.get(f"/api/optimization/jobs/{job['id']}").json()["result"]
    assert (copy["id"], copy["name"]) == (job["datasetId"], "Sums copy")
    assert copy["stats"] == dataset["stats"]
    assert copy["pipeline"]["nodes"][0]["status"] == "complete"


def test_a_reset_answers_with_the_dataset_as_it_starts_over(
    client: TestClient, dataset: dict[str, Any]
) -> None:
    reset = client.post(f"{DATASETS}/{dataset['id']}/reset").json()
    assert reset["stats"]["totalRecords"] == 40
    assert [node["status"] for node in reset["pipeline"]["nodes"]] == ["ready", *["waiting"] * 6]
    assert (reset["graderConfig"], reset["topicHierarchy"]) == (None, None)
