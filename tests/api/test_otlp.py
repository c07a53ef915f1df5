"""Intake over OTLP: what is answered, and what can be seen afterwards."""

import base64
import gzip
import zlib
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from rft_app.services.intake_reading import read_waiting
from rft_app.settings import get_settings
from tests.api.conftest import DATASETS
from tests.captured import Post, list_posts

TRACES = "/api/traces"
PROTOBUF = {"content-type": "application/x-protobuf"}
JSON = {"content-type": "application/json"}


def send(client: TestClient, post: Post) -> Response:
    return client.post(post.path, content=post.body, headers=post.headers)


def send_all(client: TestClient, *posts: Post) -> None:
    for post in posts:
        assert send(client, post).status_code == 200
        while read_waiting():
            pass


def list_traces(client: TestClient, **query: Any) -> list[dict[str, Any]]:
    return client.get(TRACES, params={"limit": 200, **query}).json()["traces"]


def list_calls(client: TestClient) -> list[dict[str, Any]]:
    """All calls, with those that others continue."""
    lasts = list_traces(client)
    return [call for last in lasts for call in list_traces(client, conversation=last["id"])]


def outcomes(client: TestClient) -> dict[str, int]:
    told = client.get("/api/traces/intake").json()
    found: dict[str, int] = {}
    for each in told["counts"]:
        found[each["outcome"]] = found.get(each["outcome"], 0) + each["number"]
    assert sum(each["traces"] for each in told["minutes"]) == found.get("call", 0)
    return found


def make_span(number: int, **changes: Any) -> dict[str, Any]:
    """A call in OTLP/JSON."""
    said = [{"role": "user", "parts": [{"type": "text", "content": f"Question {number}"}]}]
    told = [{"role": "assistant", "parts": [{"type": "text", "content": "Answer"}]}]
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "small",
        "gen_ai.input.messages": orjson.dumps(said).decode(),
        "gen_ai.output.messages": orjson.dumps(told).decode(),
    }
    values = {
        "traceId": f"{number:032x}",
        "spanId": f"{number:016x}",
        "name": "chat",
        "startTimeUnixNano": "1795313077021577419",
        "endTimeUnixNano": 1795313078021577419,
        "attributes": [
            {"key": key, "value": {"stringValue": value}} for key, value in attributes.items()
        ],
    }
    return values | changes


def make_body(*spans: dict[str, Any]) -> bytes:
    return orjson.dumps({"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]})


def test_what_arrives_is_listed_and_becomes_a_dataset(
    client: TestClient, work: Callable[[], None]
) -> None:
    send_all(client, *list_posts("openinference"))
    traces = list_calls(client)
    assert len(traces) == 12
    assert {trace["source"] for trace in traces} == {"openinference"}
    assert [trace["status"] for trace in traces].count("error") == 2
    assert [trace["status"] for trace in list_traces(client, status="error")] == ["error"] * 2
    assert len(list_traces(client, source="openinference")) == len(list_traces(client))
    assert list_traces(client, source="file") == []
    assert {trace["inputTokens"] for trace in traces if trace["hasResponse"]} == {42, 36}
    assert all(trace["datasetId"] is None and trace["latencyMs"] > 0 for trace in traces)
    answer = client.post(
        f"{DATASETS}/from-traces", json={"name": "Agent", "objective": "Help", "filter": {}}
    )
    work()
    dataset = client.get(f"{DATASETS}/{answer.json()['datasetId']}").json()
    assert dataset["stats"]["totalRecords"] == len(list_traces(client)) == 10


def test_the_langfuse_sdk_finds_its_own_path(client: TestClient) -> None:
    (post,) = list_posts("langfuse_sdk_otlp")
    send_all(client, post._replace(path="/otlp/api/public/otel/v1/traces"))
    assert len(list_calls(client)) == 5


@pytest.mark.parametrize("folder", ["genai_openai_span", "openinference_otlp_json"])
def test_the_answer_has_the_encoding_of_the_request(client: TestClient, folder: str) -> None:
    (post,) = list_posts(folder)
    answer = send(client, post)
    assert answer.headers["content-type"] == post.headers["content-type"]
    assert answer.content == (b"" if "protobuf" in post.headers["content-type"] else b"{}")


def test_a_second_delivery_changes_nothing(client: TestClient) -> None:
    posts = list_posts("genai_openai_span")
    send_all(client, *posts)
    before = list_traces(client)
    send_all(client, *posts, *list_posts("genai_openai_span"))
    assert list_traces(client) == before
    assert outcomes(client) == {"call": 12, "no_call": 10, "duplicate": 44}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (2, 1, 0), (0, 2, 1)])
def test_content_in_log_records_joins_its_span_in_any_order(
    client: TestClient, order: tuple[int, ...]
) -> None:
    posts = list_posts("genai_openai_event")
    send_all(client, *(posts[place] for place in order))
    traces = list_calls(client)
    assert len(traces) == 12
    assert sum(trace["hasResponse"] for trace in traces) == 10
    assert outcomes(client) == {"call": 12, "no_call": 10}


def test_spans_without_content_are_counted_and_not_listed(client: TestClient) -> None:
    send_all(client, *list_posts("genai_openai_default"))
    assert list_traces(client) == []
    assert outcomes(client) == {"no_content": 12, "no_call": 10}


def test_a_session_that_a_later_span_names_groups_the_calls_before_it(
    client: TestClient, work: Callable[[], None]
) -> None:
    root = make_span(
        9,
        traceId=f"{1:032x}",
        attributes=[{"key": "session.id", "value": {"stringValue": "s1"}}],
    )
    other = make_span(2, attributes=[*make_span(2)["attributes"], *root["attributes"]])
    for spans in ([make_span(1), other], [root]):
        send_all(client, Post("/otlp/v1/traces", make_body(*spans), JSON))
    answer = client.post(
        f"{DATASETS}/from-traces", json={"name": "Agent", "objective": "Help", "filter": {}}
    )
    work()
    records = client.get(f"{DATASETS}/{answer.json()['datasetId']}/records").json()
    sessions = {record["metadata"]["session_id"] for record in map(full_record(client), records)}
    assert sessions == {"s1"}


def full_record(client: TestClient) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def get(record: dict[str, Any]) -> dict[str, Any]:
        found = client.get(f"{DATASETS}/{record['datasetId']}/records/{record['id']}")
        return found.json()

    return get


def test_spans_without_ids_are_refused_and_the_others_taken(client: TestClient) -> None:
    body = make_body(make_span(1), make_span(2, traceId="0" * 32), make_span(3, spanId="xyz"))
    answer = client.post("/otlp/v1/traces", content=body, headers=JSON)
    assert answer.status_code == 200
    assert answer.json()["partialSuccess"]["rejectedSpans"] == "2"
    assert read_waiting()
    assert len(list_traces(client)) == 1
    assert outcomes(client) == {"call": 1, "bad_id": 2}


def test_refused_spans_are_told_in_protobuf(client: TestClient) -> None:
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    scope.spans.add(trace_id=b"short", span_id=b"12345678")
    scope.spans.add(trace_id=b"1" * 16, span_id=b"\0" * 8)
    answer = client.post("/otlp/v1/traces", content=request.SerializeToString(), headers=PROTOBUF)
    told = ExportTraceServiceResponse.FromString(answer.content)
    assert told.partial_success.rejected_spans == 2
    assert "trace id" in told.partial_success.error_message


def bad_text() -> bytes:
    """A span whose name is not UTF-8."""
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    scope.spans.add(trace_id=b"1" * 16, span_id=b"1" * 8, name="name")
    return request.SerializeToString().replace(b"name", b"n\xffme")


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (list_posts("genai_openai_span")[0].body[:-7], PROTOBUF),
        (b"\xff\xff\xff", PROTOBUF),
        (bad_text(), PROTOBUF),
        (b'{"resourceSpans": [', JSON),
        (b'{"resourceSpans": 1}', JSON),
        (b'{"resourceSpans": []}'.replace(b"S", b"\xff"), JSON),
        (b'{"a": ' + b"[" * 100_000, JSON),
        (b"plain", PROTOBUF | {"content-encoding": "gzip"}),
        (gzip.compress(b"x" * 5000, mtime=0)[:-9], PROTOBUF | {"content-encoding": "gzip"}),
    ],
    ids=["cut", "noise", "text", "json-cut", "json-type", "json-text", "deep", "gzip", "gzip-cut"],
)
def test_what_is_no_otlp_is_refused_for_good(
    client: TestClient, body: bytes, headers: dict[str, str]
) -> None:
    answer = client.post("/otlp/v1/traces", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == headers["content-type"]
    assert b"body" in answer.content
    assert outcomes(client) == {"malformed": 1}


@pytest.mark.parametrize(
    "headers",
    [{}, {"content-type": "text/plain"}, PROTOBUF | {"content-encoding": "br"}],
)
def test_other_types_are_refused(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.post("/otlp/v1/traces", content=b"x", headers=headers)
    assert answer.status_code == 415
    assert outcomes(client) == {"wrong_type": 1}


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, 401),
        ({"authorization": "Bearer other"}, 401),
        ({"authorization": "Basic !"}, 401),
        ({"authorization": "Bearer second"}, 200),
        ({"authorization": f"Basic {base64.b64encode(b'pk:first').decode()}"}, 200),
        ({"x-api-key": "first"}, 200),
    ],
)
def test_where_there_are_keys_a_sender_needs_one(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], code: int
) -> None:
    monkeypatch.setenv("RFT_OTLP_KEYS", "first, second")
    get_settings.cache_clear()
    answer = client.post("/otlp/v1/traces", content=b"", headers=PROTOBUF | headers)
    assert answer.status_code == code
    assert outcomes(client) == ({"no_key": 1} if code == 401 else {})


def test_a_gzip_bomb_is_let_go_at_the_limit(client: TestClient) -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(b"\0" * 1_000_000) for _ in range(200)) + packer.flush()
    headers = PROTOBUF | {"content-encoding": "gzip"}
    answer = client.post("/otlp/v1/traces", content=bomb, headers=headers)
    assert answer.status_code == 413
    assert outcomes(client) == {"too_large": 1}


def test_a_body_of_a_few_gzip_files_is_taken_and_one_of_very_many_refused(
    client: TestClient,
) -> None:
    empty = gzip.compress(b"", mtime=0)
    body = make_body(make_span(1))
    parts = [gzip.compress(part) for part in (body[:40], body[40:])]
    headers = JSON | {"content-encoding": "gzip"}

    taken = client.post("/otlp/v1/traces", content=b"".join([*parts, empty]), headers=headers)
    refused = client.post("/otlp/v1/traces", content=empty * 50_000, headers=headers)

    assert taken.status_code == 200
    assert (refused.status_code, outcomes(client)["malformed"]) == (400, 1)
    assert "more than 100 gzip files" in refused.json()["message"]


def test_a_request_beyond_the_limit_is_refused(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RFT_MAX_OTLP_BYTES", "1000")
    get_settings.cache_clear()
    for headers in (JSON, JSON | {"transfer-encoding": "chunked"}):
        answer = client.post("/otlp/v1/traces", content=b"x" * 1001, headers=headers)
        assert answer.status_code == 413
        assert "RFT_MAX_OTLP_BYTES" in answer.json()["message"]


@pytest.mark.parametrize("is_packed", [True, False])
def test_a_span_of_100_mb_is_refused_and_the_next_request_taken(
    client: TestClient, is_packed: bool
) -> None:
    body = make_body(make_span(1, name="x" * 100_000_000))
    headers = JSON | ({"content-encoding": "gzip"} if is_packed else {})
    if is_packed:
        body = gzip.compress(body, 1)
    answer = client.post("/otlp/v1/traces", content=body, headers=headers)
    assert (answer.status_code, outcomes(client)) == (413, {"too_large": 1})
    assert client.post("/otlp/v1/traces", content=make_body(make_span(2)), headers=JSON).is_success
    while read_waiting():
        pass
    assert len(list_traces(client)) == 1


@pytest.mark.parametrize("is_first", [True, False])
def test_a_call_is_listed_whether_its_parent_comes_late_or_never(
    client: TestClient, is_first: bool
) -> None:
    """The waterfall shows it at its own place, under the id of the span that is missing."""
    child = make_span(1, parentSpanId=f"{9:016x}")
    sibling = make_span(1, spanId=f"{2:016x}", parentSpanId=f"{8:016x}")
    parent = make_span(1, spanId=f"{9:016x}", name="agent", attributes=[])
    for span in [child, sibling, parent] if is_first else [parent, child, sibling]:
        posted = client.post("/otlp/v1/traces", content=make_body(span), headers=JSON)
        assert posted.status_code == 200
        while read_waiting():
            pass
    listed = {call["id"] for call in list_calls(client)}
    shown = client.get(f"{TRACES}/{min(listed)}").json()["spans"]
    assert {span["traceId"] for span in shown} - {None} == listed
    assert {(span["name"], span["parentId"]) for span in shown} == {
        ("chat", f"{9:016x}"), ("chat", f"{8:016x}"), ("agent", None),
    }  # fmt: skip
    assert outcomes(client) == {"call": 2, "no_call": 1}


def make_protobuf(num_spans: int, num_attributes: int = 0) -> bytes:
    request = ExportTraceServiceRequest()
    for _ in range(num_spans):
        span = (
            request.resource_spans.add()
            .scope_spans.add()
            .spans.add(trace_id=b"1" * 16, span_id=b"1" * 8)
        )
        for number in range(num_attributes):
            value = span.attributes.add(key=str(number)).value
            value.array_value.values.add(string_value="{}" * 3)
    return request.SerializeToString()


@pytest.mark.parametrize(
    ("headers", "body", "code"),
    [
        (JSON, make_body(*map(make_span, range(1, 11))), 200),
        (JSON, make_body(*map(make_span, range(1, 12))), 413),
        (JSON, make_body(make_span(1, name='{"}{' * 1000)), 200),
        (JSON, make_body(make_span(1, attributes=[{}] * 1000)), 413),
        (JSON, b'{"resourceSpans": [' + b"{ }," * 1000 + b"{}]}", 413),
        (PROTOBUF, make_protobuf(10, 20), 200),
        (PROTOBUF, make_protobuf(11), 413),
        (PROTOBUF, b"\x0a\x04\x12\x02\x12\x00" * 11, 413),
        (PROTOBUF, b"\x0a\x00" * 2001, 413),
        (PROTOBUF, make_protobuf(1, 400), 413),
    ],
    ids=[
        "json", "json-spans", "json-text", "json-attributes", "json-groups",
        "protobuf", "protobuf-spans", "protobuf-empty", "protobuf-groups", "protobuf-attributes",
    ],
)  # fmt: skip
def test_a_request_holds_no_more_than_can_be_read_at_once(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], body: bytes,
    code: int,
) -> None:  # fmt: skip
    monkeypatch.setenv("RFT_MAX_OTLP_RECORDS", "10")
    get_settings.cache_clear()
    answer = client.post("/otlp/v1/traces", content=body, headers=headers)
    assert answer.status_code == code
    assert (b"RFT_MAX_OTLP_RECORDS" in answer.content) == (code == 413)
    assert outcomes(client) == ({"too_large": 1} if code == 413 else {})


@pytest.mark.parametrize(
    ("headers", "body", "counts"),
    [
        (JSON, make_body(make_span(1, traceId="")), {"bad_id": 1}),
        (PROTOBUF, b"\x0a\x04\x12\x02\x12\x00" * 3, {"bad_id": 3}),
        (PROTOBUF, b"", {}),
    ],
)
def test_a_request_without_anything_usable_is_not_kept(
    client: TestClient, headers: dict[str, str], body: bytes, counts: dict[str, int]
) -> None:
    assert client.post("/otlp/v1/traces", content=body, headers=headers).status_code == 200
    assert outcomes(client) == counts
    assert not read_waiting()


def test_senders_wait_while_too_much_is_unread(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RFT_MAX_OTLP_BACKLOG_BYTES", "1")
    get_settings.cache_clear()
    post = Post("/otlp/v1/traces", make_body(make_span(1)), JSON)
    assert send(client, post).status_code == 200
    answer = send(client, post)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert read_waiting()
    assert send(client, post).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("POST", "/otlp/v1/metrics", 404),
        ("GET", "/otlp/v1/traces", 405),
        ("POST", "/otlp/", 404),
    ],
)
def test_other_paths_say_what_there_is(
    client: TestClient, method: str, path: str, code: int
) -> None:
    answer = client.request(method, path, content=b"", headers=PROTOBUF)
    assert answer.status_code == code
    assert b"There is no" in answer.content


def test_the_list_goes_on_at_its_cursor(client: TestClient) -> None:
    send_all(client, Post("/otlp/v1/traces", make_body(*map(make_span, range(1, 6))), JSON))
    first = client.get(TRACES, params={"limit": 3}).json()
    rest = client.get(TRACES, params={"limit": 3, "cursor": first["nextCursor"]}).json()
    assert len(first["traces"]) == 3
    assert len({trace["id"] for trace in first["traces"] + rest["traces"]}) == 5
    assert rest["nextCursor"] is None


def test_retention_is_chosen_in_whole_days(client: TestClient) -> None:
    url = f"{TRACES}/retention"
    assert client.get(url).json() == {"days": 0}
    assert client.put(url, json={"days": 30}).json() == {"days": 30}
    assert client.put(url, json={"days": -1}).status_code == 422
    assert client.get(url).json() == {"days": 30}


def score(number: int, **changes: Any) -> dict[str, Any]:
    """An event of Langfuse's SDK about the call of `make_span`."""
    body = {"traceId": f"{number:032x}", "name": "helpful", "value": 1.0, **changes}
    return {"id": f"e{number}", "type": "score-create", "timestamp": "", "body": body}


def send_scores(client: TestClient, *events: Any) -> Response:
    return client.post("/otlp/api/public/ingestion", json={"batch": events})


def test_scores_of_langfuse_become_feedback_whichever_comes_first(client: TestClient) -> None:
    early = send_scores(client, score(1, observationId=f"{1:016x}", comment="Good."))
    send_all(client, Post("/otlp/v1/traces", make_body(make_span(1), make_span(2)), JSON))
    late = send_scores(client, score(2, value="yes"))
    while read_waiting():
        pass

    assert (early.status_code, late.status_code) == (207, 207)
    assert early.json()["successes"] == [{"id": "e1", "status": 201}]
    found = [client.get(f"{TRACES}/{each['id']}").json() for each in list_traces(client)]
    told = [each["other"]["metadata"]["feedback"] for each in found]
    assert sorted(told, key=len) == [
        {"helpful": "yes"},
        {"helpful": 1.0, "helpful_explanation": "Good."},
    ]
    assert outcomes(client) == {"call": 2, "feedback": 2}


def test_events_of_langfuse_that_join_nothing_are_told_and_counted(client: TestClient) -> None:
    other = {"id": "e9", "type": "trace-create", "body": {}}
    answer = send_scores(client, score(1), other, score(3, traceId="x"), score(4, value=[1]))

    assert [each["id"] for each in answer.json()["errors"]] == ["e1", "e9", "e3", "e4"]
    assert outcomes(client) == {"no_response": 4}
    assert client.post("/otlp/api/public/ingestion", content=b"{").status_code == 400
