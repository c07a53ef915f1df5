"""The official client through the gateway: what it gets, what the provider gets, what is kept."""

import gzip
import threading
from typing import Any

import openai
import pytest

from rft_app.domain.trace import TraceStatus
from tests.gateway.conftest import Running, read_counts, read_traces
from tests.gateway.upstream import PATIENCE_S, Asked, Upstream, chunk, complete

SAID: list[Any] = [{"role": "user", "content": "Weather in Paris?"}]
TOOL: Any = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}},
}
USAGE = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}


def call(index: int, **function: str) -> dict[str, Any]:
    """A piece of a tool call."""
    named = {"id": f"call_{index}", "type": "function"} if "name" in function else {}
    return {"tool_calls": [{"index": index, **named, "function": function}]}


def stream(*events: Any) -> Any:
    """Behave as a provider that streams."""

    def behave(asked: Asked) -> None:
        asked.begin_stream()
        for event in events:
            asked.send_event(event)
        asked.send(b"data: [DONE]\n\n")
        asked.end()

    return behave


def test_a_call_goes_through_and_becomes_a_trace(gateway: Running, upstream: Upstream) -> None:
    reply = gateway.client().chat.completions.create(
        model="small",
        messages=SAID,
        user="ada",
        tools=[TOOL],
        tool_choice="auto",
        extra_body={"future_field": [1, None]},
        extra_headers={"x-rft-tags": "paris, test", "x-rft-session": "s-1", "x-own": "kept"},
    )

    assert reply.choices[0].message.content == "Hello"
    (asked,) = upstream.asked
    assert (asked.path, asked.json["future_field"]) == ("/v1/chat/completions", [1, None])
    assert asked.headers["authorization"] == "Bearer sk-provider"
    assert asked.headers["x-own"] == "kept"
    assert asked.headers["user-agent"].startswith("OpenAI/Python")
    assert not [name for name in asked.headers if name.startswith("x-rft")]
    (trace,) = read_traces(gateway)
    summary, metadata = trace.summary, trace.other["metadata"]
    assert (summary.source, summary.model, summary.status) == ("gateway", "small-2026", "ok")
    assert (summary.input_tokens, summary.output_tokens) == (12, 3)
    assert [(each.role, each.content) for each in trace.messages] == [
        ("user", "Weather in Paris?"),
        ("assistant", "Hello"),
    ]
    assert (trace.other["finish_reason"], trace.other["tool_choice"]) == ("stop", "auto")
    assert trace.other["tools"] == [TOOL]
    assert trace.other["latency_ms"] > 0
    assert (metadata["session_id"], metadata["user_id"]) == ("s-1", "ada")
    assert metadata["tags"] == ["paris", "test"]
    assert metadata["request"]["future_field"] == [1, None]
    assert read_counts() == {"call": 1}


def test_a_stream_arrives_while_the_provider_still_speaks(
    gateway: Running, upstream: Upstream
) -> None:
    has_read = threading.Event()

    def behave(asked: Asked) -> None:
        asked.begin_stream()
        asked.send_event(chunk({"role": "assistant", "content": ""}))
        asked.send_event(chunk({"reasoning_content": "Hm."}))
        asked.send_event(chunk({"content": "Rain"}))
        assert has_read.wait(PATIENCE_S)
        asked.send_event(chunk({"content": "y"}, "stop"))
        asked.send_event(chunk(None, usage=USAGE))
        asked.send(b"data: [DONE]\n\n")
        asked.end()

    upstream.behave = behave
    text = ""
    for each in gateway.client().chat.completions.create(
        model="small", messages=SAID, stream=True, stream_options={"include_usage": True}
    ):
        text += (each.choices[0].delta.content or "") if each.choices else ""
        if text == "Rain":
            has_read.set()

    assert text == "Rainy"
    (trace,) = read_traces(gateway)
    answer = trace.messages[-1].model_dump()
    assert (answer["content"], answer["reasoning_content"]) == ("Rainy", "Hm.")
    assert (trace.other["finish_reason"], trace.other["usage"]) == ("stop", USAGE)
    first_ms = trace.other["metadata"]["time_to_first_token_ms"]
    assert 0 < first_ms <= trace.other["latency_ms"]


def test_streamed_tool_calls_of_two_choices_are_put_together(
    gateway: Running, upstream: Upstream
) -> None:
    upstream.behave = stream(
        chunk({"role": "assistant", "content": None, **call(0, name="weather", arguments="")}),
        chunk({"role": "assistant", "content": "Or "}, index=1),
        chunk(call(0, arguments='{"city": ')),
        chunk(call(1, name="clock", arguments="{}")),
        chunk({"content": "so."}, "stop", index=1),
        chunk(call(0, arguments='"Paris"}')),
        chunk({}, "tool_calls"),
    )

    for _ in gateway.client().chat.completions.create(
        model="small", messages=SAID, stream=True, n=2, tools=[TOOL]
    ):
        pass

    (trace,) = read_traces(gateway)
    calls = trace.messages[-1].tool_calls or ()
    assert [(each.id, each.function.name, each.function.arguments) for each in calls] == [
        ("call_0", "weather", '{"city": "Paris"}'),
        ("call_1", "clock", "{}"),
    ]
    assert trace.other["finish_reason"] == "tool_calls"
    (other,) = trace.other["metadata"]["other_answers"]
    assert (other["messages"][0]["content"], other["finish_reason"]) == ("Or so.", "stop")


def test_a_refusal_comes_as_the_provider_told_it(gateway: Running, upstream: Upstream) -> None:
    body = b'{ "error" : {"message": "slow down", "type": "requests", "code": "rate_limit"} }'
    headers = [("Content-Type", "application/json"), ("Retry-After", "7"), ("x-ratelimit", "0")]
    upstream.behave = lambda asked: asked.answer(body, 429, headers)

    with pytest.raises(openai.RateLimitError) as refused:
        gateway.client().chat.completions.create(model="small", messages=SAID)

    assert refused.value.response.content == body
    assert refused.value.response.headers["retry-after"] == "7"
    assert refused.value.response.headers["x-ratelimit"] == "0"
    (trace,) = read_traces(gateway)
    assert (trace.summary.status, trace.summary.has_response) == (TraceStatus.ERROR, False)
    assert trace.other["metadata"]["error"] == {"type": "429", "message": "slow down"}


def test_the_responses_api_goes_through_whole_and_in_events(
    gateway: Running, upstream: Upstream
) -> None:
    item = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": "Rainy", "annotations": []}],
    }
    body = {
        "id": "resp_1",
        "object": "response",
        "created_at": 1_760_000_000,
        "model": "small-2026",
        "status": "completed",
        "output": [item],
        "usage": {"input_tokens": 9, "output_tokens": 2, "total_tokens": 11},
    }
    upstream.behave = lambda asked: asked.answer_json(body)
    client = gateway.client()
    whole = client.responses.create(model="small", input="Weather?", instructions="Be kind.")
    assert whole.output_text == "Rainy"
    delta = {"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0}
    upstream.behave = stream(
        {"type": "response.created", "response": {**body, "output": [], "status": "in_progress"}},
        {**delta, "content_index": 0, "delta": "Rainy", "sequence_number": 1},
        {"type": "response.completed", "response": {**body, "id": "resp_2"}},
    )
    events = list(client.responses.create(model="small", input="Weather?", stream=True))
    assert events[-1].type == "response.completed"

    first, second = read_traces(gateway)
    assert [each.role for each in first.messages] == ["system", "user", "assistant"]
    for trace in (first, second):
        assert trace.messages[-1].content == "Rainy"
        assert (trace.summary.input_tokens, trace.summary.output_tokens) == (9, 2)
    assert second.other["metadata"]["time_to_first_token_ms"] > 0


def test_embeddings_are_structure_and_models_are_listed(
    gateway: Running, upstream: Upstream
) -> None:
    vector = {"object": "embedding", "index": 0, "embedding": [0.5, 1.0]}
    model = {"id": "org/small", "object": "model", "created": 1, "owned_by": "org"}
    bodies: dict[str, Any] = {
        "/v1/embeddings": {"object": "list", "data": [vector], "model": "vectors"},
        "/v1/models": {"object": "list", "data": [model]},
        "/v1/models/org/small": model,
    }
    upstream.behave = lambda asked: asked.answer_json(bodies[asked.path])
    client = gateway.client()

    made = client.embeddings.create(model="vectors", input="Hi", encoding_format="float")
    assert made.data[0].embedding == [0.5, 1.0]
    assert [each.id for each in client.models.list()] == ["org/small"]
    assert gateway.http.get("/models/org/small").json() == model

    assert read_traces(gateway) == []
    assert read_counts() == {"no_call": 1}


def test_compressed_bytes_stay_as_they_are_and_are_read_later(
    gateway: Running, upstream: Upstream
) -> None:
    packed = gzip.compress(b'{"choices": [{"message": {"content": "gr\xc3\xbc\xc3\x9fe"}}]}')
    headers = [("Content-Type", "application/json"), ("Content-Encoding", "gzip")]
    upstream.behave = lambda asked: asked.answer(packed, headers=headers)

    request = gateway.http.build_request(
        "POST",
        "/chat/completions?api-version=1",
        content=b'{"messages":[ {"role":"user","content":"Hi"} ] , "model":"small"}',
        headers={"accept-encoding": "br, gzip, zstd"},
    )
    response = gateway.http.send(request, stream=True)
    assert b"".join(response.iter_raw()) == packed

    (asked,) = upstream.asked
    assert asked.path == "/v1/chat/completions?api-version=1"
    assert asked.body == request.content
    assert asked.headers["accept-encoding"] == "gzip"
    (trace,) = read_traces(gateway)
    assert trace.messages[-1].content == "grüße"


def test_calls_of_one_caller_s_trace_stay_together(gateway: Running) -> None:
    parent = f"00-{'ab' * 16}-{'cd' * 8}-01"
    client = gateway.client(default_headers={"traceparent": parent})
    for _ in range(2):
        client.chat.completions.create(model="small", messages=SAID)

    traces = read_traces(gateway)
    assert {trace.num_spans for trace in traces} == {2}
    assert {span.parent_id for trace in traces for span in trace.spans} == {"cd" * 8}


def test_the_last_answer_of_an_agent_is_listed_with_those_before(
    gateway: Running, upstream: Upstream
) -> None:
    tool_call = {"id": "c1", "type": "function", "function": {"name": "w", "arguments": "{}"}}
    upstream.behave = lambda asked: asked.answer_json(
        complete("Rainy")
        if len(asked.json["messages"]) > 1
        else complete(None, tool_calls=[tool_call])
    )
    client = gateway.client()
    first = client.chat.completions.create(model="small", messages=SAID).choices[0].message
    result = {"role": "tool", "tool_call_id": "c1", "content": "rain"}
    said: list[Any] = [*SAID, first.model_dump(exclude_none=True), result]
    client.chat.completions.create(model="small", messages=said)

    (trace,) = read_traces(gateway)
    assert (trace.summary.num_messages, trace.summary.num_earlier) == (4, 1)
