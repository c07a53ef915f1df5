"""Near-duplicates over REST: search, look, keep, take back."""

import random
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import DATASETS

WORDS = [f"word{number}" for number in range(300)]


def make_rows() -> bytes:
    """30 unlike questions; the first has two near ones, the second one, with rewards."""
    chance = random.Random(5)
    texts = [" ".join(chance.choices(WORDS, k=40)) for _ in range(30)]
    rows = [(text, 0.5) for text in texts]
    rows += [(f"{texts[0]} please", 0.9), (f"{texts[0]} now", None), (f"{texts[1]} soon", 0.5)]
    lines = [
        {
            "messages": [
                {"role": "user", "content": text},
                {"role": "assistant", "content": f"Answer {number}"},
            ],
            "reward": reward,
        }
        for number, (text, reward) in enumerate(rows)
    ]
    return b"".join(orjson.dumps(line) + b"\n" for line in lines)


@pytest.fixture
def base(client: TestClient, work: Callable[[], None]) -> str:
    answer = client.post(
        f"{DATASETS}/from-upload",
        data={"name": "Near", "objective": "Learn"},
        files={"file": ("near.jsonl", make_rows())},
    )
    work()
    return f"{DATASETS}/{answer.json()['datasetId']}"


@pytest.fixture
def search(client: TestClient, work: Callable[[], None], base: str) -> Callable[..., Any]:
    def run(threshold: float = 0.8) -> Any:
        answer = client.post(f"{base}/duplicates/search", json={"threshold": threshold})
        assert answer.status_code == 202, answer.text
        work()
        return client.get(f"/api/optimization/jobs/{answer.json()['id']}").json()["result"]

    return run


def count(client: TestClient, base: str) -> int:
    return client.get(base).json()["stats"]["totalRecords"]


def test_groups_suggest_the_best_rewarded_record_and_nothing_is_gone(
    client: TestClient, base: str, search: Callable[..., Any]
) -> None:
    assert client.get(f"{base}/duplicates").json() is None
    report = search()
    assert (report["compared"], report["groups"], report["removable"]) == (33, 2, 3)
    assert report == client.get(f"{base}/duplicates").json()
    large, small = client.get(f"{base}/duplicates/groups").json()
    assert (large["memberCount"], small["memberCount"]) == (3, 2)
    assert [member["reward"] for member in large["members"]] == [0.9, 0.5, None]
    assert [member["isSuggested"] for member in large["members"]] == [True, False, False]
    assert all(member["similarity"] >= 0.8 for member in large["members"])
    assert "please" in large["members"][0]["text"]
    assert count(client, base) == 33


def test_what_is_not_kept_is_archived_and_comes_back(
    client: TestClient, base: str, search: Callable[..., Any]
) -> None:
    search()
    group = client.get(f"{base}/duplicates/groups/1").json()
    ids = [member["recordId"] for member in group["members"]]
    settled = client.post(f"{base}/duplicates/groups/1/keep", json={"recordIds": [ids[1]]}).json()
    assert settled["state"] == "settled"
    assert [member["isCurrent"] for member in settled["members"]] == [False, True, False]
    assert count(client, base) == 31
    report = client.get(f"{base}/duplicates").json()
    assert (report["openGroups"], report["isOutdated"]) == (1, False)
    assert (
        client.post(f"{base}/duplicates/groups/1/keep", json={"recordIds": ids[:1]}).status_code
        == 409
    )

    reopened = client.post(f"{base}/duplicates/groups/1/reopen").json()
    assert reopened["state"] == "open"
    assert all(member["isCurrent"] for member in reopened["members"])
    assert count(client, base) == 33
    assert client.post(f"{base}/duplicates/groups/1/reopen").status_code == 409


def test_keeping_every_suggestion_settles_all_open_groups_at_once(
    client: TestClient, base: str, search: Callable[..., Any]
) -> None:
    search()
    client.post(f"{base}/duplicates/groups/2/dismiss")
    done = client.post(f"{base}/duplicates/keep-suggested").json()
    assert (done["records"], done["jobId"]) == (2, None)
    assert count(client, base) == 31
    assert client.post(f"{base}/duplicates/keep-suggested").status_code == 409
    states = [group["state"] for group in client.get(f"{base}/duplicates/groups").json()]
    assert states == ["settled", "dismissed"]


def test_a_dismissed_group_stays_dismissed_in_the_next_search(
    client: TestClient, base: str, search: Callable[..., Any]
) -> None:
    search()
    client.post(f"{base}/duplicates/groups/2/dismiss")
    assert search()["openGroups"] == 1
    open_groups = client.get(f"{base}/duplicates/groups", params={"state": "open"}).json()
    assert [group["position"] for group in open_groups] == [1]


def test_other_changes_make_the_groups_out_of_date(
    client: TestClient, base: str, search: Callable[..., Any], work: Callable[[], None]
) -> None:
    search()
    client.post(
        f"{base}/records/import",
        files={"file": ("more.jsonl", b'{"question": "?", "answer": "!"}')},
    )
    work()
    assert client.get(f"{base}/duplicates").json()["isOutdated"]


@pytest.mark.parametrize("threshold", [0.2, 1.5, True])
def test_a_threshold_out_of_range_is_refused(
    client: TestClient, base: str, threshold: float
) -> None:
    answer = client.post(f"{base}/duplicates/search", json={"threshold": threshold})
    assert answer.status_code == 422


def test_only_records_of_the_group_can_be_kept(
    client: TestClient, base: str, search: Callable[..., Any]
) -> None:
    search()
    for ids in ([], ["rec_fff"], ["nonsense"]):
        answer = client.post(f"{base}/duplicates/groups/1/keep", json={"recordIds": ids})
        assert answer.status_code == 422
    assert client.get(f"{base}/duplicates/groups/9").status_code == 404
