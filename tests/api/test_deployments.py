"""Deployments over REST."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from rft_app.api.app import create_api
from rft_app.services.datasets import create_dataset
from rft_app.services.intake_keys import create_key
from rft_app.storage.session import unit_of_work
from tests.api.conftest import DATASETS

DEPLOYMENTS = "/api/optimization/deployments"
LAB = {
    "name": "lab",
    "baseUrl": "https://lab.example/v1",
    "models": [{"name": "small"}, {"name": "small-tuned"}],
    "apiKey": "sk-very-secret-indeed",
}
WANTED: dict[str, Any] = {
    "mode": "ab_test",
    "abTestRatio": 0.25,
    "baseModel": "lab/small",
    "tunedModel": "lab/small-tuned",
}


@pytest.fixture
def client(any_database: str) -> Iterator[TestClient]:
    """Requests to the application over either database."""
    with TestClient(create_api()) as found:
        yield found


@pytest.fixture
def dataset(client: TestClient) -> str:
    assert client.post("/api/providers", json=LAB).status_code == 201
    with unit_of_work() as session:
        return create_dataset(session, name="Bot", objective="Answer").id


def test_a_deployment_is_begun_changed_promoted_and_rolled_back(
    client: TestClient, dataset: str
) -> None:
    made = client.post(f"{DATASETS}/{dataset}/deploy", json=WANTED)
    assert made.status_code == 201, made.text
    assert (made.json()["modelId"], made.json()["endpoint"]) == ("small", "/gateway/v1")
    one = f"{DEPLOYMENTS}/{made.json()['deployment']['id']}"
    changed = client.patch(one, json={"abTestRatio": 0.5, "reason": "fine so far"}).json()
    assert changed["tunedShare"] == 0.5
    assert client.post(f"{one}/promote", json={"reason": "better"}).json()["mode"] == "replace"
    back = client.post(f"{one}/rollback", json={"reason": "slow"}).json()
    assert back["state"] == "rolled_back"
    report = client.get(one).json()
    assert [(each["action"], each["reason"]) for each in report["history"]] == [
        ("rolled_back", "slow"),
        ("promoted", "better"),
        ("adjusted", "fine so far"),
        ("deployed", ""),
    ]
    assert [each["meanReward"] for each in report["variants"]] == [None, None]
    for listed in (client.get(DEPLOYMENTS), client.get(f"{DATASETS}/{dataset}/deployments")):
        assert [each["alias"] for each in listed.json()] == ["small"]


def test_the_name_of_the_key_is_in_the_history(client: TestClient, dataset: str) -> None:
    with unit_of_work() as session:
        _, key = create_key(session, "release bot")
    headers = {"authorization": f"Bearer {key}"}
    made = client.post(f"{DATASETS}/{dataset}/deploy", json=WANTED, headers=headers).json()
    report = client.get(f"{DEPLOYMENTS}/{made['deployment']['id']}").json()
    assert report["history"][0]["actor"] == "release bot"


def test_what_cannot_be_done_is_told(client: TestClient, dataset: str) -> None:
    def code(path: str, body: dict[str, Any]) -> tuple[int, str]:
        answer = client.post(path, json=body)
        return answer.status_code, answer.json()["error"]["message"]

    deploy = f"{DATASETS}/{dataset}/deploy"
    status, told = code(deploy, {"mode": "replace"})
    assert (status, told[:20]) == (422, "Name the tuned model")
    status, told = code(deploy, {**WANTED, "tunedModel": "lab/gone"})
    assert status == 422
    assert "Choose one of: small, small-tuned" in told
    status, told = code(deploy, {**WANTED, "alias": "small-tuned"})
    assert status == 409
    assert "is the name of a model of lab" in told
    assert code(f"{DATASETS}/ds_none/deploy", WANTED)[0] == 404
    made = client.post(deploy, json=WANTED).json()["deployment"]["id"]
    assert code(deploy, WANTED)[0] == 409
    assert code(f"{DEPLOYMENTS}/{made}/rollback", {"reason": " "})[0] == 422
    assert client.delete(f"{DATASETS}/{dataset}").status_code == 409
    assert client.get(f"{DEPLOYMENTS}/dep_none").status_code == 404
