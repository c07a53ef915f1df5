"""A suggested grader over REST."""

from typing import Any

from fastapi.testclient import TestClient

from tests.api.conftest import DATASETS


def test_a_grader_is_suggested_with_its_reason_and_can_be_saved_as_it_is(
    client: TestClient, dataset: dict[str, Any]
) -> None:
    base = f"{DATASETS}/{dataset['id']}/grader"
    answer = client.get(f"{base}/suggestion")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert set(found) == {"config", "reason", "agreement"}
    assert found["reason"]
    assert found["config"]["version"] is None
    assert client.get(base).json() is None, "nothing was saved"
    saved = client.put(base, json=found["config"])
    assert saved.status_code == 200, saved.text
    assert saved.json()["version"] == 1


def test_a_dataset_that_is_not_there_is_404(client: TestClient) -> None:
    assert client.get(f"{DATASETS}/ds_none/grader/suggestion").status_code == 404
