"""Stored traces over REST: the list, what they have in common, a dataset of some."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import DATASETS

TRACES = "/api/optimization/traces"
PROMPT = "You are an airline agent. You can help travellers book or cancel flights."


def make_trace(number: int) -> dict[str, Any]:
    call = {"id": "c", "type": "function", "function": {"name": "find_flight", "arguments": "{}"}}
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": PROMPT},
        {"role": "user", "content": f"Please cancel my flight number {number}."},
    ]
    if number % 2:
        messages += [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c", "content": "LX 1"},
            {"role": "assistant", "content": "Shall I?"},
            {"role": "user", "content": "Yes, do it for the whole family."},
            {"role": "assistant", "content": "Done."},
        ]
    return {
        "trace_id": f"t{number}",
        "messages": messages,
        "model": "large" if number % 4 else "small",
        "timestamp": (datetime.now(UTC) - timedelta(days=number)).isoformat(),
    }


@pytest.fixture
def source(client: TestClient, work: Callable[[], None]) -> str:
    """A dataset of 20 traces; every second has an answer, one is a day older than the next."""
    lines = b"".join(orjson.dumps(make_trace(number)) + b"\n" for number in range(20))
    answer = client.post(
        f"{DATASETS}/from-upload",
        data={"name": "Flights", "objective": "Book"},
        files={"file": ("flights.jsonl", lines)},
    )
    work()
    return answer.json()["datasetId"]


def create(client: TestClient, work: Callable[[], None], **body: Any) -> dict[str, Any]:
    answer = client.post(
        f"{DATASETS}/from-traces", json={"name": "Chosen", "objective": "Cancel", **body}
    )
    assert answer.status_code == 202, answer.text
    work()
    job = client.get(f"/api/optimization/jobs/{answer.json()['id']}").json()
    assert job["status"] == "done", job
    return job["result"]


def test_pages_follow_the_time_at_which_traces_happened(client: TestClient, source: str) -> None:
    first = client.get(TRACES, params={"limit": 12})
    assert first.headers["X-Total-Count"] == "20"
    rest = client.get(TRACES, params={"limit": 12, "cursor": first.headers["X-Next-Cursor"]})
    assert "X-Next-Cursor" not in rest.headers
    rows = first.json() + rest.json()
    titles = [row["title"] for row in rows]
    assert titles == [f"Please cancel my flight number {number}." for number in range(20)]
    assert rows[1]["systemPrompt"] == PROMPT
    assert (rows[1]["turns"], rows[1]["toolCount"], rows[1]["hasResponse"]) == (2, 1, True)
    assert (rows[0]["turns"], rows[0]["toolCount"], rows[0]["hasResponse"]) == (1, 0, False)


def days_ago(number: float) -> str:
    return (datetime.now(UTC) - timedelta(days=number)).isoformat()


@pytest.mark.parametrize(
    ("filters", "number"),
    [
        ({"hasResponse": True}, 10),
        ({"minTurns": 2}, 10),
        ({"minTurns": 3}, 0),
        ({"model": "small"}, 5),
        ({"model": "small", "hasResponse": True}, 0),
        ({"search": "AIRLINE"}, 20),
        ({"search": "number 7"}, 1),
        ({"search": "100%"}, 0),
        ({"since": days_ago(6.5)}, 7),
        ({"until": days_ago(6.5)}, 13),
        ({"since": days_ago(9.5), "until": days_ago(6.5)}, 3),
        ({"since": days_ago(6.5), "until": days_ago(9.5)}, 0),
    ],
)
def test_a_filter_counts_what_it_lists(
    client: TestClient, source: str, filters: dict[str, Any], number: int
) -> None:
    answer = client.get(TRACES, params=filters)
    assert (len(answer.json()), answer.headers["X-Total-Count"]) == (number, str(number))


def test_models_are_counted(client: TestClient, source: str) -> None:
    assert client.get(f"{TRACES}/models").json() == [
        {"name": "large", "traces": 15},
        {"name": "small", "traces": 5},
    ]


def test_all_that_match_but_one_become_a_dataset(
    client: TestClient, source: str, work: Callable[[], None]
) -> None:
    left_out = client.get(TRACES, params={"hasResponse": True}).json()[0]["id"]
    made = create(client, work, filter={"hasResponse": True}, **{"except": [left_out]})
    assert (made["source"], made["imported"]) == ("gateway", 9)
    records = client.get(f"{DATASETS}/{made['id']}/records").json()
    assert len(records) == 9
    assert {record["sourceType"] for record in records} == {"trace"}


def test_every_answer_becomes_a_record_where_asked(
    client: TestClient, source: str, work: Callable[[], None]
) -> None:
    ids = [row["id"] for row in client.get(TRACES, params={"hasResponse": True}).json()[:2]]
    made = create(client, work, traceIds=ids, mode="every")
    assert made["stats"]["totalRecords"] == 6


def test_a_copy_is_not_listed_beside_its_source_and_outlives_it(
    client: TestClient, source: str, work: Callable[[], None]
) -> None:
    first = create(client, work, filter={})
    second = create(client, work, filter={"model": "small"})
    assert client.get(TRACES).headers["X-Total-Count"] == "20"
    assert client.delete(f"{DATASETS}/{source}").status_code == 204
    listed = client.get(TRACES)
    assert listed.headers["X-Total-Count"] == "20"
    assert {row["datasetId"] for row in listed.json()} == {first["id"]}
    assert len(client.get(f"{DATASETS}/{second['id']}/records").json()) == 5


def test_the_pattern_names_what_the_traces_share(client: TestClient, source: str) -> None:
    found = client.post(f"{TRACES}/analyze", json={"filter": {"hasResponse": True}}).json()
    assert found["title"] == "Airline agent"
    assert found["systemPrompt"] == PROMPT
    assert (found["sharing"], found["analyzed"], found["selected"]) == (10, 10, 10)
    assert found["suggestedName"] == "airline-agent"
    assert found["suggestedObjective"] == "Help travellers book or cancel flights."
    assert found["tools"] == [
        {"name": "find_flight", "traces": 10, "calls": 10, "percentage": 100.0}
    ]
    assert "Multi-turn, median 2" in found["capabilities"]
    assert client.post(f"{TRACES}/analyze", json={"filter": {"hasResponse": True}}).json() == found


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"traceIds": []}, 422),
        ({"traceIds": ["rec_1"]}, 422),
        ({"traceIds": ["trc_fffff"]}, 404),
        ({"traceIds": ["trc_1"], "filter": {}}, 422),
        ({}, 422),
        ({"filter": {"search": "no such words"}}, 422),
        ({"filter": {}, "name": " "}, 422),
    ],
)
def test_nothing_is_made_of_a_selection_that_cannot_work(
    client: TestClient, source: str, body: dict[str, Any], status: int
) -> None:
    wanted = {"name": "Chosen", "objective": "Cancel", **body}
    answer = client.post(f"{DATASETS}/from-traces", json=wanted)
    assert (answer.status_code, answer.json()["error"]["message"] != "") == (status, True)
    assert len(client.get(DATASETS).json()) == 1


def test_deleted_sources_end_the_job_with_a_reason(
    client: TestClient, source: str, work: Callable[[], None]
) -> None:
    answer = client.post(
        f"{DATASETS}/from-traces", json={"name": "Late", "objective": "Cancel", "filter": {}}
    )
    assert client.delete(f"{DATASETS}/{source}").status_code == 204
    work()
    job = client.get(f"/api/optimization/jobs/{answer.json()['id']}").json()
    assert job["status"] == "failed"
    assert "deleted" in job["error"]["message"]


@pytest.mark.parametrize("cursor", ["9" * 30 + ".1", "--5.3", "-.3", "5.-3", ""])
def test_a_cursor_that_no_page_gave_is_refused(
    client: TestClient, source: str, cursor: str
) -> None:
    assert client.get(TRACES, params={"cursor": cursor}).status_code == 422


def test_a_sample_of_what_matches_is_counted_and_becomes_a_dataset(
    client: TestClient, source: str, work: Callable[[], None]
) -> None:
    sample = {"kind": "stratified", "size": 6, "seed": 1}
    wanted = {"filter": {"model": "large", "rating": "none", "status": "ok"}, "sample": sample}
    counted = client.post(f"{TRACES}/count", json=wanted).json()
    assert counted == {"traces": 6, "lastAnswers": 6, "everyAnswer": 4 * 3 + 2}
    untagged = client.post(f"{TRACES}/count", json={"filter": {"tags": ["none"]}}).json()
    assert untagged["traces"] == 0
    assert create(client, work, mode="every", **wanted)["stats"]["totalRecords"] == 4 * 3 + 2
    too_many = {"filter": {}, "sample": {"kind": "representative", "size": 2_001}}
    assert client.post(f"{TRACES}/count", json=too_many).status_code == 422
