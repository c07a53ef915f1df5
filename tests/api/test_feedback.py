"""Feedback over REST: put, replaced, removed, listed, queued, agreed upon, imported."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

PATH = "/api/training/feedback"


@pytest.fixture
def records(client: TestClient, dataset: dict[str, Any]) -> list[str]:
    """Ids, oldest first."""
    found = client.get(f"/api/optimization/datasets/{dataset['id']}/records?limit=100").json()
    return [record["id"] for record in reversed(found)]


def put(client: TestClient, dataset: dict[str, Any], record: str, **said: Any) -> dict[str, Any]:
    body = {"datasetId": dataset["id"], "recordId": record, "reviewer": "Ann", **said}
    answer = client.post(PATH, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_what_a_person_says_replaces_what_they_said_and_can_be_deleted(
    client: TestClient, dataset: dict[str, Any], records: list[str]
) -> None:
    first = put(client, dataset, records[0], thumb="up", note="clear")
    assert first["before"] is None
    assert (first["now"]["thumb"], first["now"]["label"], first["now"]["source"]) == (
        "up",
        True,
        "person",
    )
    second = put(client, dataset, records[0], rating=3)
    assert second["before"] == first["now"]
    assert (second["now"]["thumb"], second["now"]["note"], second["now"]["label"]) == (
        None,
        "",
        None,
    )
    where = {"datasetId": dataset["id"], "recordId": records[0], "reviewer": "Ann"}
    assert client.delete(PATH, params=where).json() == second["now"]
    assert client.delete(PATH, params=where).status_code == 404
    assert client.get(PATH, params={"datasetId": dataset["id"]}).json() == []


def test_a_corrected_answer_is_a_new_record_until_the_feedback_is_deleted(
    client: TestClient, dataset: dict[str, Any], records: list[str]
) -> None:
    change = put(client, dataset, records[0], output="nought", rating=1)
    path = f"/api/optimization/datasets/{dataset['id']}/records"
    made = client.get(f"{path}/{change['now']['correction']}").json()
    assert made["data"]["output"]["messages"][0]["content"] == "nought"
    assert (made["sourceType"], made["parentId"]) == ("correction", records[0])
    assert change["changeId"].startswith("chg_")
    refused = client.post(
        PATH,
        json={
            "datasetId": dataset["id"],
            "recordId": records[0],
            "reviewer": "Bob",
            "output": {"role": "assistant", "content": "zero"},
        },
    )
    assert refused.status_code == 409
    where = {"datasetId": dataset["id"], "recordId": records[0], "reviewer": "Ann"}
    assert client.delete(PATH, params=where).status_code == 200
    assert client.get(f"{path}/{records[0]}").json()["isArchived"] is False


def test_lists_go_on_behind_their_cursor(
    client: TestClient, dataset: dict[str, Any], records: list[str]
) -> None:
    for record in records[:3]:
        put(client, dataset, record, rating=4)
    put(client, dataset, records[0], reviewer="Bob", thumb="down")
    where = {"datasetId": dataset["id"], "limit": 2, "reviewer": "Ann"}
    first = client.get(PATH, params=where)
    assert first.headers["X-Total-Count"] == "3"
    rest = client.get(PATH, params={**where, "cursor": first.headers["X-Next-Cursor"]})
    assert "X-Next-Cursor" not in rest.headers
    assert [one["recordId"] for one in (*first.json(), *rest.json())] == records[2::-1]
    of_record = {"datasetId": dataset["id"], "recordId": records[0]}
    assert {one["reviewer"] for one in client.get(PATH, params=of_record).json()} == {"Ann", "Bob"}
    assert client.get(PATH, params={**where, "cursor": "nonsense"}).status_code == 422
    counts = client.get(f"{PATH}/counts", params={"datasetId": dataset["id"]}).json()
    assert (counts["feedback"], counts["records"], counts["reviewers"], counts["down"]) == (
        4,
        3,
        2,
        1,
    )


def test_the_queue_passes_over_what_is_done(
    client: TestClient, dataset: dict[str, Any], records: list[str]
) -> None:
    put(client, dataset, records[0], rating=4)
    where = {"datasetId": dataset["id"], "reviewer": "Ann", "limit": 2}
    first = client.get(f"{PATH}/queue", params=where)
    assert [item["record"]["id"] for item in first.json()] == records[1:3]
    assert [answer["id"] for answer in first.json()[0]["answers"]] == ["recorded"]
    assert (first.headers["X-Total-Count"], first.headers["X-Done-Count"]) == (
        str(len(records)),
        "1",
    )
    after = client.get(f"{PATH}/queue", params={**where, "cursor": first.headers["X-Next-Cursor"]})
    assert after.json()[0]["record"]["id"] == records[3]
    found = client.get(f"{PATH}/queue", params={**where, "search": "39", "limit": 5})
    assert len(found.json()) == 1
    assert "X-Next-Cursor" not in found.headers


def test_agreement_is_between_two_people(
    client: TestClient, dataset: dict[str, Any], records: list[str]
) -> None:
    for place, (ann, bob) in enumerate((("up", "up"), ("down", "down"), ("up", "down"))):
        put(client, dataset, records[place], thumb=ann)
        put(client, dataset, records[place], thumb=bob, reviewer="Bob")
    [found] = client.get(f"{PATH}/agreement", params={"datasetId": dataset["id"]}).json()
    assert (found["reviewers"], found["records"]) == (["Ann", "Bob"], 3)
    assert found["labels"]["kappa"] == pytest.approx(0.4)
    assert found["ratings"] == {"kappa": None, "records": 0, "shareEqual": None}


def test_a_file_of_feedback_is_imported_with_its_bad_rows(
    client: TestClient, dataset: dict[str, Any], records: list[str], work: Callable[[], None]
) -> None:
    rows = ("record_id,thumb,reviewer", f"{records[0]},up,Bob", f"{records[1]},sideways,")
    content = "\n".join((*rows, f"{records[2]},down,")).encode()
    answer = client.post(
        f"{PATH}/import",
        data={"datasetId": dataset["id"], "reviewer": "Ann"},
        files={"file": ("said.csv", content)},
    )
    assert answer.status_code == 202, answer.text
    work()
    job = client.get(f"/api/optimization/jobs/{answer.json()['id']}").json()
    assert (job["result"]["imported"], job["result"]["errors"]) == (2, 1)
    path = f"/api/optimization/imports/{job['result']['importId']}/errors"
    [fault] = client.get(path).json()
    assert (fault["lineNumber"], fault["code"]) == (3, "wrong_shape")
    assert "Write up or down" in fault["message"]
    said = client.get(PATH, params={"datasetId": dataset["id"]}).json()
    assert {(one["reviewer"], one["thumb"], one["source"]) for one in said} == {
        ("Bob", "up", "imported"),
        ("Ann", "down", "imported"),
    }


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"datasetId": "ds_none"}, 404),
        ({"recordId": "rec_fffff"}, 404),
        ({"reviewer": " "}, 422),
        ({"rating": 6}, 422),
        ({"rating": True}, 422),
        ({"thumb": "sideways"}, 422),
        ({"chosen": "recorded"}, 422),
        ({"chosen": "recorded", "rejected": "recorded"}, 422),
        ({"output": "  "}, 422),
        ({"output": {"role": "user", "content": "a"}}, 422),
        ({"mood": "good"}, 422),
    ],
)
def test_what_cannot_be_is_refused(
    client: TestClient,
    dataset: dict[str, Any],
    records: list[str],
    change: dict[str, Any],
    status: int,
) -> None:
    body = {"datasetId": dataset["id"], "recordId": records[0], "reviewer": "Ann", **change}
    answer = client.post(PATH, json=body)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]
    assert client.get(PATH, params={"datasetId": dataset["id"]}).json() == []
