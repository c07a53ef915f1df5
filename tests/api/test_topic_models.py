"""Topics and categorising by a model over REST."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from rft_app.llm import client as client_module
from tests.api.conftest import DATASETS
from tests.llm.provider import FAILURES, Json, Served, configured, in_turn, say_json
from tests.services.test_model_categorising import sort_into_last

Work = Callable[[], None]
TREE = say_json(
    {"topics": [{"path": [key], "description": key, "keywords": []} for key in ("Odd", "Even")]}
)


@pytest.fixture
def base(client: TestClient, dataset: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a dataset's topics; no provider is configured."""
    monkeypatch.setenv("RFT_TEXT_FEATURES", "tfidf")
    monkeypatch.setattr(client_module, "FIRST_WAIT_S", 0.01)
    return f"{DATASETS}/{dataset['id']}/topics"


def do(client: TestClient, work: Work, path: str, body: Json) -> Json:
    """Start an operation, let a worker do it, return its job."""
    answer = client.post(path, json=body)
    assert answer.status_code == 202, answer.text
    work()
    return client.get(f"/api/optimization/jobs/{answer.json()['id']}").json()


def put_tree(client: TestClient, base: str) -> None:
    tree = {key: {} for key in ("Small", "Large", "Other", "Last")}
    assert client.put(base, json={"topics": tree}).status_code == 200


def test_a_model_proposes_a_tree_that_is_taken(
    client: TestClient, base: str, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    with configured(monkeypatch, in_turn(TREE)) as provider:
        asked = {"method": "model", "model": "local", "apply": False, "instructions": "By parity"}
        job = do(client, work, f"{base}/generate", asked)
    assert provider.requests[0]["model"] == "local"
    assert set(job["result"]["topics"]) == {"Odd", "Even"}
    assert job["paid"] == {
        "numCalls": 1,
        "numPromptTokens": 1000,
        "numCompletionTokens": 100,
        "numCached": 0,
        "costUsd": None,
        "numUnpriced": 1,
        "knownUsd": 0.0,
        "numLost": 0,
        "mostKilled": 0,
    }
    assert client.get(base).json() is None
    taken = client.post(f"{base}/apply", json={"jobId": job["id"], "revision": 0})
    assert set(taken.json()["topics"]) == {"Odd", "Even"}
    late = client.post(f"{base}/apply", json={"jobId": job["id"], "revision": 0})
    assert (late.status_code, "Took 2 topics" in late.text) == (409, True)


def test_a_model_places_what_words_leave_unsure(
    client: TestClient, base: str, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_tree(client, base)
    with configured(monkeypatch, sort_into_last):
        job = do(client, work, f"{base}/categorize", {"model": "good"})
    result = job["result"]
    assert (result["categorized"], result["lowConfidence"], result["model"]) == (40, 0, "good")
    assert result["failures"] == {}
    paid = job["paid"]
    assert (paid["numCalls"], paid["costUsd"]) == (result["numCalls"], result["costUsd"])
    assert paid["numPromptTokens"] == 1000 * result["numCalls"]
    assert result["costUsd"] == pytest.approx(result["numCalls"] * 0.002)
    path = base.removesuffix("/topics")
    record = client.get(f"{path}/records", params={"topic": "Last"}).json()[0]
    assert (record["topic"], record["topicConfidence"]) == ("Last", 0.95)


@pytest.mark.parametrize("name", FAILURES)
def test_a_provider_that_does_not_help_is_told_with_the_remedy(
    client: TestClient, base: str, work: Work, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    answer, said = FAILURES[name]
    put_tree(client, base)
    requests: list[tuple[str, Json]] = [
        ("generate", {"method": "model", "apply": False}),
        ("categorize", {"model": "good"}),
    ]
    with configured(monkeypatch, in_turn(answer)):
        for path, body in requests:
            job = do(client, work, f"{base}/{path}", body)
            assert (job["status"], job["result"]) == ("failed", None)
            assert job["error"]["code"] == "provider"
            assert said in job["error"]["message"]
            is_free = answer.status != 200 or b"choices" not in answer.body or answer.is_cut
            paid = job["paid"] or {"numCalls": 0, "numLost": 0}
            assert (paid["numCalls"] == 0) is is_free, "What was answered was paid."
            assert (paid["numLost"] > 0) is answer.is_cut, "A cut reply may have been charged."


def test_what_cannot_be_asked_is_refused(
    client: TestClient, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_tree(client, base)
    requests: list[tuple[str, Json]] = [
        ("generate", {"method": "model", "apply": False}),
        ("categorize", {}),
    ]
    for path, body in requests:
        answer = client.post(f"{base}/{path}", json={**body, "model": "good"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_available")
        assert "RFT_LLM_BASE_URL" in answer.json()["error"]["message"]
    with configured(monkeypatch, lambda _request, _number: Served(b"")):
        for path, body in requests:
            answer = client.post(f"{base}/{path}", json={**body, "model": "better"})
            assert answer.status_code == 422
            assert answer.json()["error"]["details"] == {"known": ["good", "local"]}
            assert "Choose one of: good, local" in answer.json()["error"]["message"]
