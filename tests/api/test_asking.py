"""One prompt to several models, side by side."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from rft_app.settings import get_settings
from tests.api.conftest import DATASETS
from tests.gateway.upstream import Asked, Upstream, chunk
from tests.pipeline.graded_dataset import DATASET, add_records, configure

REFERENCE = "def grade(sample, item):\n    return float(sample.output_text == item['reference'])\n"
ASK = f"{DATASETS}/{DATASET}/ask"
BOTH = ["small", "large"]


def behave(asked: Asked) -> None:
    """`small` knows the answer, `large` does not, and `broken` refuses."""
    model = asked.json["model"]
    if model == "broken":
        asked.answer_json({"error": {"message": "no such deployment"}}, 404)
        return
    asked.begin_stream()
    asked.send_event(chunk({"content": "1" if model == "small" else "Three"}, "stop"))
    asked.send_event(chunk(None, usage={"prompt_tokens": 20, "completion_tokens": 4}))
    asked.end()


@pytest.fixture(autouse=True)
def upstream(database: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    with Upstream().running() as found:
        found.behave = behave
        monkeypatch.setenv("RFT_LLM_BASE_URL", found.url)
        monkeypatch.setenv("RFT_LLM_MODELS", "small=1/10,large,broken")
        get_settings.cache_clear()
        add_records(["1", "2"])
        configure(REFERENCE)
        yield found


def test_the_prompt_of_a_record_is_answered_and_graded_side_by_side(
    client: TestClient, upstream: Upstream
) -> None:
    answer = client.post(ASK, json={"recordId": "rec_1", "models": BOTH, "maxTokens": 9})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["user"], found["reference"], found["isHeldOut"]) == ("Question 1", "1", False)
    assert [(one["model"], one["text"], one["score"]) for one in found["answers"]] == [
        ("small", "1", 1.0),
        ("large", "Three", 0.0),
    ]
    small, large = found["answers"]
    assert (small["completionTokens"], small["costUsd"]) == (4, pytest.approx(6e-05))
    assert large["costUsd"] is None
    assert {asked.json["max_tokens"] for asked in upstream.asked} == {9}


def test_a_prompt_of_ones_own_has_nothing_to_compare_with_and_one_may_fail(
    client: TestClient,
) -> None:
    found = client.post(ASK, json={"user": "Hi", "models": ["small", "broken"]}).json()
    assert (found["recordId"], found["reference"], found["isHeldOut"]) == (None, None, None)
    small, broken = found["answers"]
    assert (small["text"], small["score"], small["failure"]) == ("1", None, None)
    assert "reference" in small["error"]
    assert "no such deployment" in broken["failure"]
    unless_named = client.post(ASK, json={"user": "Hi"}).json()["answers"]
    assert [one["model"] for one in unless_named] == BOTH
    same = client.post(ASK, json={"user": "Hi", "models": ["small", "fallback/small"]})
    assert same.status_code == 422, "there is no such provider"


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({}, 422, "either user"),
        ({"user": "Hi", "recordId": "rec_1"}, 422, "either user"),
        ({"recordId": "rec_1", "system": "Be brief."}, 422, "has its own"),
        ({"recordId": "rec_99"}, 404, "rec_99"),
        ({"recordId": "?"}, 422, "no record id"),
        ({"user": "Hi", "models": ["huge"]}, 422, "huge"),
        ({"user": "Hi", "models": list("abcde")}, 422, "models"),
        ({"user": "Hi", "maxTokens": 0}, 422, "maxTokens"),
    ],
)
def test_what_cannot_be_asked_is_refused_and_nobody_is_asked(
    client: TestClient, upstream: Upstream, body: dict[str, object], status: int, words: str
) -> None:
    answer = client.post(ASK, json=body)
    assert answer.status_code == status, answer.text
    assert words in answer.text
    assert upstream.asked == []
    assert client.post(f"{DATASETS}/ds_none/ask", json={"user": "Hi"}).status_code == 404
