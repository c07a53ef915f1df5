from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import DATASETS

STRING_CHECK = {"type": "string_check", "operation": "eq", "reference": "{{item.reference}}"}
SCRIPT = {"type": "script", "script": "def grade(sample, item):\n    return item['reward']\n"}


@pytest.fixture
def base(client: TestClient, work: Callable[[], None], dataset: dict[str, Any]) -> str:
    """A dataset with two versions of a grader and a dry run by each; its address."""
    address = f"{DATASETS}/{dataset['id']}"
    for step in ("topics/generate", "coverage"):
        assert client.post(f"{address}/{step}", json={}).status_code == 202
        work()
    for config in (STRING_CHECK, SCRIPT):
        assert client.put(f"{address}/grader", json=config).status_code == 200
        assert client.post(f"{address}/dry-run", json={"sampleSize": 25}).status_code == 202
        work()
    return address


def test_versions_are_listed_in_pages(client: TestClient, base: str) -> None:
    page = client.get(f"{base}/grader/versions", params={"limit": 1})
    assert [row["version"] for row in page.json()] == [2]
    cursor = page.headers["X-Next-Cursor"]
    rest = client.get(f"{base}/grader/versions", params={"cursor": cursor})
    assert [row["config"]["type"] for row in rest.json()] == ["string_check"]
    assert "X-Next-Cursor" not in rest.headers
    assert client.get(f"{base}/grader/versions/1").json() == rest.json()[0]


def test_versions_are_compared_by_setting_and_line(client: TestClient, base: str) -> None:
    found = client.get(f"{base}/grader/versions/compare", params={"first": 1, "second": 2}).json()
    assert {"name": "kind", "first": "string_check", "second": "script"} in found["settings"]
    assert (found["added"], found["removed"]) == (2, 0)
    assert found["lines"][0]["secondNumber"] == 1


def test_a_restored_version_is_a_new_one(client: TestClient, base: str) -> None:
    restored = client.post(f"{base}/grader/versions/1/restore").json()
    assert (restored["version"], restored["type"]) == (3, "string_check")
    assert client.get(f"{base}/grader").json() == restored
    missing = client.post(f"{base}/grader/versions/9/restore")
    assert missing.status_code == 404
    assert "no version 9" in missing.json()["error"]["message"]


def test_dry_runs_are_listed_and_compared(client: TestClient, base: str) -> None:
    page = client.get(f"{base}/dry-run/runs", params={"limit": 1})
    rest = client.get(f"{base}/dry-run/runs", params={"cursor": page.headers["X-Next-Cursor"]})
    second, first = page.json() + rest.json()
    assert (first["number"], second["number"]) == (1, 2)
    found = client.get(
        f"{base}/dry-run/compare", params={"first": first["runId"], "second": second["runId"]}
    ).json()
    assert (found["first"], found["second"]) == (first, second)
    assert found["paired"]["n"] == 25
    mean = next(pair for pair in found["figures"] if pair["name"] == "mean")
    assert mean["difference"] == pytest.approx(second["mean"] - first["mean"])
    assert found["paired"]["mean"] == pytest.approx(mean["difference"])
    runs = {"first": first["runId"], "second": second["runId"], "limit": 20}
    page = client.get(f"{base}/dry-run/compare/records", params=runs)
    cursor = page.headers["X-Next-Cursor"]
    rest = client.get(f"{base}/dry-run/compare/records", params={**runs, "cursor": cursor})
    assert "X-Next-Cursor" not in rest.headers
    pairs = page.json() + rest.json()
    assert len({pair["recordId"] for pair in pairs}) == len(pairs) == 25


def test_rollouts_are_picked_by_lot(client: TestClient, base: str) -> None:
    picked = [
        client.get(f"{base}/dry-run/rollouts/random", params={"seed": seed, "limit": 5}).json()
        for seed in (1, 1, 2)
    ]
    assert picked[0] == picked[1]
    assert len(picked[0]) == 5
    assert picked[0] != picked[2]


def test_failures_of_a_kind_come_with_a_remedy(
    client: TestClient, work: Callable[[], None], base: str
) -> None:
    client.put(f"{base}/grader", json={**STRING_CHECK, "reference": "{{item.absent}}"})
    client.post(f"{base}/dry-run", json={"sampleSize": 5})
    work()
    report = client.get(f"{base}/dry-run").json()
    assert "references" in report["failureRemedies"]["no_reference"]
    url = f"{base}/dry-run/rollouts"
    of_kind = {
        kind: client.get(url, params={"errorKind": kind}).json()
        for kind in ("no_reference", "timeout")
    }
    assert [len(rows) for rows in of_kind.values()] == [5, 0]


def test_rollouts_of_one_topic_are_listed_and_picked(client: TestClient, base: str) -> None:
    topics = client.get(f"{base}/dry-run").json()["byTopic"]
    name, score = next(iter(topics.items()))
    for url in (f"{base}/dry-run/rollouts", f"{base}/dry-run/rollouts/random"):
        rows = client.get(url, params={"topic": name, "limit": 100}).json()
        assert len(rows) == score["count"] + score["failed"]
        assert {row["topic"] or "(no topic)" for row in rows} == {name}
        missing = client.get(url, params={"topic": "Nothing"})
        assert missing.status_code == 404
        assert "graded nothing of a topic" in missing.json()["error"]["message"]
