"""Generation over REST, with a real worker's code and a provider on loopback."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from rft_app.settings import get_settings
from tests.api.conftest import DATASETS
from tests.llm.provider import FakeProvider, Json, Served, configured, say_json

CONFIG = {"strategy": "message_variation", "variationsPerRecord": 2, "maxSyntheticRatio": 1.0}


def vary(request: Json, number: int) -> Served:
    """New questions with numbers of their own."""
    count = int(re.search(r"in (\d+) ways", request["messages"][1]["content"])[1])  # type: ignore[index]
    texts = [f"How much is {number}{n}77 and {number}{n}99?" for n in range(count)]
    return say_json({"variations": [{"user_messages": [t], "answer": None} for t in texts]})


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch, client: TestClient) -> Iterator[FakeProvider]:
    monkeypatch.setenv("RFT_TEXT_FEATURES", "tfidf")
    values = {"API_KEY": "sk-very-secret", "PRICES_DATE": "2026-11-01"}
    with configured(monkeypatch, vary, **values) as found:
        yield found


@pytest.fixture
def records(client: TestClient, dataset: dict[str, Any]) -> list[str]:
    """Ids of three valid records."""
    found = client.get(f"{DATASETS}/{dataset['id']}/records", params={"limit": 3}).json()
    return [record["id"] for record in found]


def test_models_are_listed_with_prices_and_no_key(
    client: TestClient, provider: FakeProvider
) -> None:
    answer = client.get("/api/optimization/models")
    assert "sk-very-secret" not in answer.text
    found = answer.json()
    assert found["isConfigured"] is True
    assert found["pricesDate"] == "2026-11-01"
    prices = [
        (model["name"], model["inputUsdPerMillion"], model["outputUsdPerMillion"])
        for model in found["models"]
    ]
    assert prices == [("good", 1.0, 10.0), ("local", None, None)]
    assert {(model["provider"], model["quality"]) for model in found["models"]} == {
        ("environment", None)
    }


def test_the_embedded_model_is_listed_last_as_free_and_of_demo_quality(
    client: TestClient, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RFT_EMBEDDED_MODEL")
    get_settings.cache_clear()
    found = client.get("/api/optimization/models").json()
    assert [model["name"] for model in found["models"]] == ["good", "local", "smollm2-135m"]
    assert found["models"][-1] == {
        "name": "smollm2-135m",
        "provider": "embedded",
        "inputUsdPerMillion": 0,
        "outputUsdPerMillion": 0,
        "quality": "demo quality",
        "label": "",
    }


def test_a_plan_for_the_embedded_model_is_free_and_says_so(
    client: TestClient, dataset: dict[str, Any], records: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RFT_EMBEDDED_MODEL", "on")
    get_settings.cache_clear()
    base = f"{DATASETS}/{dataset['id']}/generate"
    plan = client.post(f"{base}/plan", json={**CONFIG, "sourceRecordIds": records}).json()
    assert plan["estimatedCost"] == 0
    assert "free, runs here, demo quality" in plan["costFormula"]


def test_without_a_provider_the_interface_says_how_to_get_one(
    client: TestClient, dataset: dict[str, Any], records: list[str]
) -> None:
    found = client.get("/api/optimization/models").json()
    assert (found["isConfigured"], found["models"]) == (False, [])
    assert "RFT_LLM_BASE_URL" in found["howTo"]
    base = f"{DATASETS}/{dataset['id']}/generate"
    refused = client.post(base, json={"config": CONFIG, "sourceRecordIds": records})
    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "not_available"
    plan = client.post(f"{base}/plan", json={**CONFIG, "sourceRecordIds": records}).json()
    assert plan["totalToGenerate"] == 6
    assert (plan["estimatedCost"], plan["costRange"]) == (None, None)


@pytest.mark.parametrize("path", ["generate", "generate/plan"])
def test_records_are_chosen_by_a_filter_or_by_ids_that_are_there(
    client: TestClient,
    dataset: dict[str, Any],
    records: list[str],
    provider: FakeProvider,
    path: str,
) -> None:
    url = f"{DATASETS}/{dataset['id']}/{path}"
    settings = {"config": CONFIG} if path == "generate" else CONFIG
    unknown = client.post(url, json={**settings, "sourceRecordIds": [records[0], "rec_ffff", "x"]})
    assert unknown.status_code == 404
    assert unknown.json()["error"]["details"]["ids"] == ["rec_ffff", "x"]
    both = {"sourceRecordIds": records, "selection": {}}
    assert client.post(url, json={**settings, **both}).status_code == 422
    chosen = client.post(url, json={**settings, "selection": {"only": records[:1]}})
    assert chosen.status_code in {200, 202}, chosen.text


def test_a_plan_has_the_types_of_the_spec_and_its_arithmetic(
    client: TestClient, dataset: dict[str, Any], records: list[str], provider: FakeProvider
) -> None:
    path = f"{DATASETS}/{dataset['id']}/generate/plan"
    plan = client.post(path, json={**CONFIG, "sourceRecordIds": records}).json()
    topic = plan["byTopic"][""]
    assert (topic["toGenerate"], plan["totalToGenerate"]) == (6, 6)
    assert topic["targetCount"] == topic["currentCount"] + 6
    assert plan["costRange"]["low"] < plan["estimatedCost"] < plan["costRange"]["high"]
    assert "$1/M" in plan["costFormula"]
    assert provider.requests == []
    unknown = client.post(path, json={**CONFIG, "model": "local", "sourceRecordIds": records})
    assert unknown.json()["estimatedCost"] is None


def test_without_topics_and_records_there_is_nothing_to_plan(
    client: TestClient, dataset: dict[str, Any]
) -> None:
    answer = client.post(f"{DATASETS}/{dataset['id']}/generate/plan", json=CONFIG)
    assert answer.status_code == 409
    assert "Run Topics" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "change",
    [
        {"strategy": "guess"},
        {"variationsPerRecord": 0},
        {"variationsPerRecord": True},
        {"temperature": 3},
        {"maxSyntheticRatio": 0},
        {"model": "nobody"},
        {"more": 1},
    ],
)
def test_impossible_settings_are_refused_by_name(
    client: TestClient, dataset: dict[str, Any], provider: FakeProvider, change: dict[str, Any]
) -> None:
    path = f"{DATASETS}/{dataset['id']}/generate/plan"
    answer = client.post(path, json={**CONFIG, "sourceRecordIds": ["rec_1"], **change})
    assert answer.status_code == 422, answer.text


@pytest.fixture
def generated(
    client: TestClient,
    dataset: dict[str, Any],
    records: list[str],
    provider: FakeProvider,
    work: Callable[[], None],
) -> dict[str, Any]:
    """The job of a finished run of six records."""
    path = f"{DATASETS}/{dataset['id']}/generate"
    answer = client.post(path, json={"config": CONFIG, "sourceRecordIds": records})
    assert answer.status_code == 202, answer.text
    work()
    return client.get(f"/api/optimization/jobs/{answer.json()['id']}").json()


def test_a_run_returns_what_the_spec_says_and_what_it_cost(generated: dict[str, Any]) -> None:
    assert generated["status"] == "done", generated
    result = generated["result"]
    assert (result["generated"], result["valid"]) == (6, 6)
    assert result["cost"] == pytest.approx(3 * 0.002)
    assert result["failures"] == {}


def test_generated_records_are_no_records_before_review(
    client: TestClient, dataset: dict[str, Any], generated: dict[str, Any]
) -> None:
    now = client.get(f"{DATASETS}/{dataset['id']}").json()["stats"]
    assert now["generatedRecords"] == 0
    assert now["totalRecords"] == dataset["stats"]["totalRecords"]


def test_review_over_rest_ends_in_records(  # noqa: PLR0915  # one journey
    client: TestClient,
    dataset: dict[str, Any],
    generated: dict[str, Any],
    work: Callable[[], None],
) -> None:
    base = f"{DATASETS}/{dataset['id']}/generate/review"
    page = client.get(base, params={"limit": 4, "runId": generated["result"]["runId"]})
    rest = client.get(base, params={"cursor": page.headers["X-Next-Cursor"]})
    assert "X-Next-Cursor" not in rest.headers
    found = [*page.json(), *rest.json()]
    ids = [candidate["id"] for candidate in found]
    assert len(set(ids)) == 6
    first = found[0]
    assert first["source"]["data"]["output"] == first["data"]["output"]
    assert first["checks"] == {
        "passes": True,
        "faults": [],
        "reason": None,
        "nearDuplicateOf": None,
        "similarity": None,
        "nearestTopic": None,
        "topicKept": None,
    }
    assert client.get(f"{base}/{ids[0]}").json() == first

    accepted = client.post(f"{base}/accept", json={"candidateIds": ids[:1]}).json()
    record = client.get(f"{DATASETS}/{dataset['id']}/records/{accepted['recordIds'][0]}").json()
    assert (record["isGenerated"], record["sourceType"]) == (True, "generated")
    assert record["data"]["input"] == first["data"]["input"]
    again = client.post(f"{base}/accept", json={"candidateIds": ids[:1]})
    assert again.status_code == 409

    data = found[1]["data"]
    data["input"]["messages"][-1]["content"] = "How much is 5 and 6?"
    edited = client.post(f"{base}/{ids[1]}/accept", json={"data": data, "reference": "11"})
    assert edited.status_code == 200, edited.text
    record = client.get(
        f"{DATASETS}/{dataset['id']}/records/{edited.json()['recordIds'][0]}"
    ).json()
    assert record["data"]["input"]["messages"][-1]["content"] == "How much is 5 and 6?"
    assert record["reference"] == "11"
    data["input"]["messages"] = []
    invalid = client.post(f"{base}/{ids[2]}/accept", json={"data": data})
    assert (invalid.status_code, invalid.json()["error"]["details"]) == (
        422,
        {"reason": "no_user_turn"},
    )

    assert client.post(f"{base}/reject", json={"candidateIds": ids[2:4]}).json() == {"changed": 2}
    assert client.post(f"{base}/reopen", json={"candidateIds": ids[3:4]}).json() == {"changed": 1}
    job = client.post(f"{base}/regenerate", json={"candidateIds": ids[3:4]})
    assert job.status_code == 202
    work()
    assert client.get(f"{base}/{ids[3]}").json()["state"] == "replaced"
    counts = client.get(f"{base}/counts").json()
    assert counts == {"pending": 3, "passing": 3, "accepted": 2, "rejected": 1}

    job = client.post(f"{base}/accept-passing").json()
    work()
    settled = client.get(f"/api/optimization/jobs/{job['id']}").json()
    assert settled["result"] == {"accepted": 3}
    stats = client.get(f"{DATASETS}/{dataset['id']}").json()["stats"]
    assert stats["generatedRecords"] == 5
    assert client.post(f"{base}/accept-passing").status_code == 409
    assert client.get(f"{base}/cand_ffff").status_code == 404
