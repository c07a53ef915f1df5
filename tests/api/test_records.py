"""Records over REST: filters, pages, one in full, all as a file."""

from collections.abc import Callable
from typing import Any

import orjson
from fastapi.testclient import TestClient

from tests.api.conftest import DATASETS


def url(dataset: dict[str, Any]) -> str:
    return f"{DATASETS}/{dataset['id']}/records"


def test_a_record_has_the_shape_of_the_spec(client: TestClient, dataset: dict[str, Any]) -> None:
    record = client.get(url(dataset), params={"limit": 1}).json()[0]
    assert record["datasetId"] == dataset["id"]
    assert record["data"]["input"]["messages"] == [
        {
            "role": "user",
            "content": "What is 39 + 39?",
            "toolCalls": None,
            "toolCallId": None,
            "name": None,
        }
    ]
    assert record["data"]["output"]["messages"][0]["content"] == "78"
    assert (record["isValid"], record["isGenerated"], record["dryRunScore"]) == (True, False, None)
    assert client.get(f"{url(dataset)}/{record['id']}").json() == record


def test_pages_follow_the_cursor_and_hold_every_record_once(
    client: TestClient, dataset: dict[str, Any]
) -> None:
    seen: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": "15"} | ({"cursor": cursor} if cursor else {})
        answer = client.get(url(dataset), params=params)
        assert answer.headers["X-Total-Count"] == "40"
        seen += [record["id"] for record in answer.json()]
        cursor = answer.headers.get("X-Next-Cursor")
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 40


def test_filters_hold_together(client: TestClient, dataset: dict[str, Any]) -> None:
    params = {"minReward": "1", "valid": "true", "search": "39"}
    found = client.get(url(dataset), params=params).json()
    assert [record["reference"] for record in found] == ["78"]
    assert client.get(url(dataset), params={"valid": "false"}).json() == []
    assert client.get(url(dataset), params={"reason": "nonsense"}).status_code == 422
    assert client.get(url(dataset), params={"cursor": "x"}).status_code == 422


def test_all_records_come_as_json_lines(client: TestClient, dataset: dict[str, Any]) -> None:
    answer = client.get(f"{url(dataset)}/export", params={"maxReward": "0"})
    records = [orjson.loads(line) for line in answer.content.split(b"\n")[:-1]]
    assert len(records) == 20
    assert {record["reward"] for record in records} == {0}
    assert "attachment" in answer.headers["Content-Disposition"]


def test_an_unknown_record_is_not_found(client: TestClient, dataset: dict[str, Any]) -> None:
    assert client.get(f"{url(dataset)}/rec_0").status_code == 404
    assert client.get(f"{DATASETS}/ds_x/records").status_code == 404


def test_an_integer_of_any_size_arrives_exactly(
    client: TestClient, work: Callable[[], None]
) -> None:
    serial = 2**70 + 1
    row = {"question": "Which?", "answer": "That.", "serial": 0, "deep": [{"n": -1}]}
    line = orjson.dumps(row).replace(b":0,", b":%d," % serial).replace(b"-1", b"-%d" % serial)
    answer = client.post(
        f"{DATASETS}/from-upload",
        data={"name": "Serials", "objective": "Find"},
        files={"file": ("serials.jsonl", line)},
    )
    work()
    base = f"{DATASETS}/{answer.json()['datasetId']}"

    record = client.get(f"{base}/records").json()[0]
    check = {"type": "string_check", "operation": "eq", "field": "output_text"}
    graded = client.post(
        f"{base}/grader/test",
        json={"config": {**check, "operation": "ne", "reference": "{{item.serial}}"}},
    )
    script = f"def grade(sample, item):\n    return item['serial'] == {serial}\n"
    scripted = client.post(
        f"{base}/grader/test", json={"config": {"type": "script", "script": script}}
    )

    assert record["metadata"] == {"serial": serial, "deep": [{"n": -serial}]}
    assert f'"n":-{serial}' in client.get(f"{base}/records/{record['id']}").text
    assert graded.json()["results"][0]["score"] == 1.0
    if scripted.status_code != 409:
        assert scripted.json()["results"][0]["score"] == 1.0
