"""One trace in full over REST and on the command line."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient

from rft_app.services.intake_reading import read_waiting
from rft_app.settings import get_settings
from tests.api.conftest import DATASETS
from tests.api.test_otlp import list_calls, make_body, make_span

JSON = {"content-type": "application/json"}
SECOND_NS = 1_000_000_000
BEGIN_NS = 1_795_313_077 * SECOND_NS


def arrive(client: TestClient) -> str:
    """An agent's span and two calls below it, one of which failed; returns the other's trace."""
    agent = make_span(1, spanId="a" * 16, name="agent run", attributes=[])
    agent |= {"startTimeUnixNano": BEGIN_NS, "endTimeUnixNano": BEGIN_NS + 5 * SECOND_NS}
    below = {"traceId": agent["traceId"], "parentSpanId": "a" * 16}
    failed = make_span(2, **below, status={"code": 2, "message": "overloaded"}, attributes=[])
    failed |= {"startTimeUnixNano": BEGIN_NS + SECOND_NS, "endTimeUnixNano": 0}
    call = make_span(3, **below, startTimeUnixNano=BEGIN_NS + 2 * SECOND_NS)
    call |= {"endTimeUnixNano": BEGIN_NS + 4 * SECOND_NS}
    answer = client.post("/otlp/v1/traces", content=make_body(call, failed, agent), headers=JSON)
    assert answer.status_code == 200, answer.text
    while read_waiting():
        pass
    (trace,) = list_calls(client)
    return trace["id"]


def read(client: TestClient, trace_id: str) -> dict[str, Any]:
    answer = client.get(f"/api/traces/{trace_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_spans_stand_by_their_beginning_with_what_became_of_them(client: TestClient) -> None:
    trace_id = arrive(client)
    found = read(client, trace_id)

    assert [(span["name"], span["offsetMs"], span["durationMs"]) for span in found["spans"]] == [
        ("agent run", 0, 5000),
        ("chat", 1000, None),
        ("chat", 2000, 2000),
    ]
    assert [span["traceId"] for span in found["spans"]] == [None, None, trace_id]
    assert [span["parentId"] for span in found["spans"]] == [None, "a" * 16, "a" * 16]
    assert [span["hasFailed"] for span in found["spans"]] == [False, True, False]
    assert found["spans"][1]["statusMessage"] == "overloaded"
    assert found["spans"][2]["attributes"]["gen_ai.request.model"] == "small"
    assert [message["role"] for message in found["messages"]] == ["user", "assistant"]
    assert (found["given"], found["numSpans"], found["records"]) == (1, 3, [])


def test_records_of_a_dataset_made_of_it_are_named(
    client: TestClient, work: Callable[[], None]
) -> None:
    trace_id = arrive(client)
    wanted = {"name": "Agent", "objective": "Help", "traceIds": [trace_id]}
    answer = client.post(f"{DATASETS}/from-traces", json=wanted)
    work()

    found = read(client, trace_id)
    (record,) = found["records"]
    assert (record["datasetId"], record["datasetName"]) == (answer.json()["datasetId"], "Agent")
    assert found["numRecords"] == 1
    client.post(
        f"{DATASETS}/{record['datasetId']}/records/delete", json={"recordIds": [record["id"]]}
    )
    assert read(client, trace_id)["numRecords"] == 0


def test_an_imported_trace_has_all_its_fields_and_no_spans(
    client: TestClient, work: Callable[[], None]
) -> None:
    row = {
        "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}],
        "usage": {"prompt_tokens": 3},
        "customer": {"tier": 2},
    }
    client.post(
        f"{DATASETS}/from-upload",
        data={"name": "Chats", "objective": "Talk"},
        files={"file": ("chats.jsonl", orjson.dumps(row))},
    )
    work()
    (trace,) = client.get("/api/traces").json()["traces"]

    found = read(client, trace["id"])
    assert found["trace"] == trace
    assert found["other"] == {"usage": row["usage"], "metadata": {"customer": {"tier": 2}}}
    assert (found["spans"], found["numSpans"], found["numRecords"]) == ([], 0, 1)


def test_what_is_no_trace_is_not_found(client: TestClient) -> None:
    for name in ("trc_ffff", "rec_1", "none"):
        answer = client.get(f"/api/traces/{name}")
        assert answer.status_code == 404
        assert name in answer.json()["error"]["message"]


def test_the_key_that_a_trace_came_with_is_named_and_lists_can_be_narrowed_to_it(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = client.post("/api/intake/keys", json={"name": "checkout"}).json()
    monkeypatch.setenv("RFT_OTLP_KEYS", "of-settings")
    get_settings.cache_clear()
    mine = {"x-api-key": made["key"]}
    forged = {"key": "gateway.key_id", "value": {"stringValue": "key_forged"}}
    told = make_span(1)
    told["attributes"].append(forged)
    for each, headers in ((told, mine), (make_span(2), {"x-api-key": "of-settings"})):
        client.post("/otlp/v1/traces", content=make_body(each), headers=JSON | headers)
    while read_waiting():
        pass

    def narrow(key: str) -> list[str]:
        found = client.get("/api/traces", params={"key": key}).json()["traces"]
        return [each["title"] for each in found]

    assert (narrow(made["id"]), narrow("RFT_OTLP_KEYS")) == (["Question 1"], ["Question 2"])
    assert (narrow("key_forged"), narrow("key\0none")) == ([], [])
    [row] = client.get("/api/traces", params={"key": made["id"]}).json()["traces"]
    detail = client.get(f"/api/traces/{row['id']}")
    assert detail.json()["sender"] == {"id": made["id"], "name": "checkout"}
    assert made["key"] not in detail.text
    picked = {"filter": {"key": made["id"]}}
    assert client.post("/api/optimization/traces/count", json=picked).json()["traces"] == 1
