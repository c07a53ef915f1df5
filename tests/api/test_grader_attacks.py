"""Attacking a grader over REST."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import DATASETS
from tests.llm.provider import configured, in_turn, say_json

CONTAINS = {
    "type": "script",
    "script": "def grade(sample, item):\n    return item['reference'] in sample['output_text']\n",
}
JUDGE = {"type": "llm-judge", "prompt": "Good? {{sample.output_text}}", "model": "good"}


def test_a_draft_is_attacked_and_nothing_is_saved(
    client: TestClient, dataset: dict[str, Any]
) -> None:
    base = f"{DATASETS}/{dataset['id']}/grader"
    assert client.post(f"{base}/attack").status_code == 409
    answer = client.post(f"{base}/attack", json={"sampleSize": 2, "config": CONTAINS})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["records"], found["recorded"]["mean"], found["limit"]) == (2, 1.0, 0.5)
    assert (found["comparesWithReference"], found["paid"]) == (True, None)
    attacks = {one["attack"]: one for one in found["attacks"]}
    assert len(attacks) == 10
    stuffed = attacks["keywords"]
    assert (stuffed["suspicious"], stuffed["rewards"]) == (True, [1.0, 1.0])
    assert stuffed["reason"] == "gets 1.00, no less than the recorded answers with 1.00"
    assert stuffed["results"][0]["score"] == 1.0
    assert attacks["empty"]["results"][0]["answer"] == ""
    assert (attacks["refusal"]["suspicious"], attacks["refusal"]["mean"]) == (False, 0.0)
    assert client.get(base).json() is None
    assert client.post(f"{base}/attack/estimate", json={"config": CONTAINS}).json() is None


@pytest.mark.parametrize("body", [{"sampleSize": 0}, {"sampleSize": 11}, {"config": {"type": "x"}}])
def test_what_cannot_be_attacked_is_refused(
    client: TestClient, dataset: dict[str, Any], body: dict[str, Any]
) -> None:
    answer = client.post(f"{DATASETS}/{dataset['id']}/grader/attack", json=body)
    assert answer.status_code == 422


def test_a_judge_is_priced_before_it_is_attacked(
    client: TestClient, dataset: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    base = f"{DATASETS}/{dataset['id']}/grader/attack"
    body = {"sampleSize": 1, "config": JUDGE}
    with configured(monkeypatch, in_turn(say_json({"reasoning": "So.", "score": 0.25}))):
        estimate = client.post(f"{base}/estimate", json=body).json()
        found = client.post(base, json=body).json()
    assert (estimate["model"], estimate["calls"]) == ("good", 11)
    assert 0 < estimate["costRange"]["low"] < estimate["costRange"]["high"]
    assert found["paid"]["numCalls"] == 11
    assert found["recorded"]["rewards"] == [0.25]
    assert {one["suspicious"] for one in found["attacks"]} == {True, False}
