"""What training sees over REST: datasets with the formats they can give."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

TRAINING = "/api/training/datasets"


def test_a_dataset_says_what_it_brings_to_training(
    client: TestClient, dataset: dict[str, Any]
) -> None:
    (found,) = client.get(TRAINING).json()
    assert (found["id"], found["name"], found["feedback"]) == (dataset["id"], dataset["name"], 0)
    assert (found["usable"], found["leftOut"], found["sources"]) == (40, 0, {"upload": 40})
    assert (found["badge"], found["recommended"]) == ("RFT", "trl_grpo")
    formats = {one["format"]: one for one in found["formats"]}
    assert (formats["openai_sft"]["qualifying"], formats["openai_sft"]["isExact"]) == (40, True)
    assert formats["trl_dpo"]["qualifying"] == 0
    assert "no second answer" in formats["trl_dpo"]["lacks"][0]


def test_datasets_come_in_pages(client: TestClient, dataset: dict[str, Any]) -> None:
    client.post(f"/api/optimization/datasets/{dataset['id']}/duplicate", params={"wait": 0})
    first = client.get(TRAINING, params={"limit": 1})
    cursor = first.headers["X-Next-Cursor"]
    rest = client.get(TRAINING, params={"limit": 1, "cursor": cursor})
    assert {first.json()[0]["id"], rest.json()[0]["id"]} > {dataset["id"]}
    assert "X-Next-Cursor" not in rest.headers
    assert client.get(TRAINING, params={"cursor": "ds_gone"}).status_code == 422


@pytest.mark.parametrize(
    "path",
    ["/api/optimization/jobs", "/api/training/exports", "/api/training/auto-improve"],
)
def test_older_ones_are_reached_by_the_cursor(
    client: TestClient, dataset: dict[str, Any], work: Callable[[], None], path: str
) -> None:
    where = {"datasetId": dataset["id"]}
    for _ in range(2):
        client.post("/api/training/exports", json={**where, "format": "trl_sft"})
        run = client.post("/api/training/auto-improve", json=where).json()
        client.post(f"/api/training/auto-improve/{run['id']}/cancel")
        work()
    every = [one["id"] for one in client.get(path, params=where).json()]
    assert len(every) > 1
    seen: list[str] = []
    cursor: str | None = None
    while cursor is not None or not seen:
        page = client.get(
            path, params={**where, "limit": "1", **({"cursor": cursor} if cursor else {})}
        )
        seen += [one["id"] for one in page.json()]
        cursor = page.headers.get("X-Next-Cursor")
    assert seen == every
    assert client.get(path, params={"cursor": "gone"}).status_code == 404
