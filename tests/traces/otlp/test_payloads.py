"""Payloads of instrumentations and providers of which there is no capture."""

from typing import Any

import orjson
import pytest

from rft_app.domain.intake import Outcome
from rft_app.domain.trace import ParsedTrace, TraceStatus
from rft_app.traces.otlp import read_span
from rft_app.traces.otlp.bodies import read_bodies
from rft_app.traces.otlp.call import read_tools
from rft_app.traces.otlp.span import Event, Log, Span
from rft_app.traces.otlp.trace import make_trace, read_session

TRACE, SPAN = "a" * 32, "b" * 16


def make_span(attributes: dict[str, Any], **changes: Any) -> Span:
    values = {
        "trace_id": TRACE,
        "span_id": SPAN,
        "parent_id": "",
        "name": "chat",
        "kind": 3,
        "start_ns": 1_795_313_077_000_000_000,
        "end_ns": 1_795_313_078_500_000_000,
        "status_code": 0,
        "status_message": "",
        "attributes": attributes,
        "events": [],
        "resource": {"service.name": "agent"},
        "scope": "",
    }
    return Span(**(values | changes))


def read(span: Span, *logs: Log) -> tuple[ParsedTrace, dict[str, Any]]:
    found = read_span(span, logs)
    assert found.call is not None, found
    trace = make_trace(span, found.call, found.source, read_session(span), 1000)
    return trace, orjson.loads(trace.body)


def dump(value: object) -> str:
    return orjson.dumps(value).decode()


CHAT = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "anthropic"}
ARGUMENTS = '{"city":"Paris"}'
ASK = {
    "role": "assistant",
    "content": "Let me look.",
    "tool_calls": [
        {
            "id": "t1",
            "type": "function",
            "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'},
        }
    ],
}
RESULT = {"role": "tool", "tool_call_id": "t1", "content": "14 °C"}
ANTHROPIC = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 256,
    "system": [{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}}],
    "messages": [
        {
            "role": "user",
            "content": [
                {
                    "type": "image",
                    "source": {"type": "base64", "media_type": "image/png", "data": "QUJD"},
                },
                {"type": "text", "text": "Weather here?"},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "Let me look."},
                {"type": "tool_use", "id": "t1", "name": "get_weather", "input": {"city": "Paris"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "t1",
                    "content": [{"type": "text", "text": "14 °C"}],
                },
                {"type": "text", "text": "And then?"},
            ],
        },
    ],
    "tools": [{"name": "get_weather", "input_schema": {"type": "object"}}],
    "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
}
ANTHROPIC_ANSWER = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5-20250929",
    "content": [
        {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
        {"type": "text", "text": "Take a coat."},
    ],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 50, "output_tokens": 20},
}


def test_raw_bodies_of_anthropic_become_chat_messages() -> None:
    trace, body = read(
        make_span(
            {
                "openinference.span.kind": "LLM",
                "input.value": dump(ANTHROPIC),
                "output.value": dump(ANTHROPIC_ANSWER),
            }
        )
    )
    system, user, asking, result, then, answer = body["messages"]
    assert system["content"][0]["text"] == "Be kind."
    assert user["content"][0] == {
        "type": "image_url",
        "image_url": {"url": "data:image/png;base64,QUJD"},
    }
    assert asking == ASK
    assert result == RESULT
    assert then == {"role": "user", "content": "And then?"}
    assert answer["content"] == "Take a coat."
    assert answer["reasoning_content"] == "Hm."
    assert answer["reasoning_details"][0]["signature"] == "c2ln"
    assert body["tools"][0]["function"]["parameters"] == {"type": "object"}
    assert (body["tool_choice"], body["parallel_tool_calls"]) == ("required", False)
    assert (body["finish_reason"], trace.input_tokens, trace.output_tokens) == ("stop", 50, 20)
    assert (trace.model, trace.reason) == ("claude-sonnet-4-5-20250929", None)
    assert body["metadata"]["request"]["max_tokens"] == 256


def test_items_of_the_responses_api_keep_reasoning_images_and_calls() -> None:
    request = {
        "model": "o4",
        "instructions": "Be kind.",
        "input": [
            {
                "type": "message",
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "Weather here?"},
                    {
                        "type": "input_image",
                        "image_url": "https://a.example/c.png",
                        "detail": "low",
                    },
                ],
            },
            {
                "type": "reasoning",
                "id": "rs_1",
                "summary": [{"type": "summary_text", "text": "Hm."}],
            },
            {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "Let me look.", "annotations": []}],
            },
            {
                "type": "function_call",
                "id": "fc_1",
                "call_id": "t1",
                "name": "get_weather",
                "arguments": '{"city":"Paris"}',
            },
            {"type": "function_call_output", "call_id": "t1", "output": "14 °C"},
        ],
        "tools": [
            {"type": "function", "name": "get_weather", "parameters": {}},
            {"type": "web_search"},
        ],
        "tool_choice": {"type": "function", "name": "get_weather"},
    }
    response = {
        "id": "resp_1",
        "output": [
            {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "Take a"}],
            }
        ],
        "status": "incomplete",
        "incomplete_details": {"reason": "max_output_tokens"},
        "usage": {"input_tokens": 5, "output_tokens": 2},
    }
    trace, body = read(
        make_span(
            {
                "openinference.span.kind": "LLM",
                "input.value": dump(request),
                "output.value": dump(response),
            }
        )
    )
    _, user, asking, result, answer = body["messages"]
    assert user["content"][1] == {
        "type": "image_url",
        "image_url": {"url": "https://a.example/c.png", "detail": "low"},
    }
    assert asking == {**ASK, "reasoning_content": "Hm."}
    assert (result, answer["content"]) == (RESULT, "Take a")
    assert [tool["type"] for tool in body["tools"]] == ["function", "web_search"]
    assert body["tool_choice"] == {"type": "function", "function": {"name": "get_weather"}}
    assert (body["finish_reason"], trace.input_tokens) == ("length", 5)


EVENTS: list[tuple[str, dict[str, Any]]] = [
    ("gen_ai.system.message", {"content": "Be kind."}),
    ("gen_ai.user.message", {"content": "Weather here?"}),
    ("gen_ai.assistant.message", {"content": "Let me look.", "tool_calls": ASK["tool_calls"]}),
    ("gen_ai.tool.message", {"id": "t1", "content": "14 °C"}),
    ("gen_ai.choice", {"index": 1, "finish_reason": "length", "message": {"content": "Take"}}),
    (
        "gen_ai.choice",
        {"index": 0, "finish_reason": "stop", "message": {"content": "Take a coat."}},
    ),
]
TOLD = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "Weather here?"},
    ASK,
    RESULT,
    {"role": "assistant", "content": "Take a coat."},
]


def test_older_events_are_read_from_log_records() -> None:
    logs = [Log(TRACE, SPAN, name, place, body, {}) for place, (name, body) in enumerate(EVENTS)]
    _, body = read(make_span(CHAT), *reversed(logs))
    assert body["messages"] == TOLD
    assert body["finish_reason"] == "stop"
    assert body["metadata"]["other_answers"][0]["messages"][0]["content"] == "Take"


def test_older_events_are_read_from_the_span() -> None:
    events = [
        Event(name, place, {"gen_ai.system": "azure", "gen_ai.event.content": dump(body)})
        for place, (name, body) in enumerate(EVENTS)
    ]
    _, body = read(make_span(CHAT, events=events))
    assert body["messages"] == TOLD


def test_the_oldest_events_hold_all_messages_at_once() -> None:
    events = [
        Event("gen_ai.content.prompt", 1, {"gen_ai.prompt": dump(TOLD[:2])}),
        Event("gen_ai.content.completion", 2, {"gen_ai.completion": dump([TOLD[4]])}),
    ]
    trace, body = read(make_span(CHAT, events=events))
    assert body["messages"] == [*TOLD[:2], TOLD[4]]
    assert trace.num_turns == 1


def test_messages_may_be_structures_instead_of_text() -> None:
    said = [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]
    told = [
        {
            "role": "assistant",
            "parts": [
                {"type": "reasoning", "content": "Hm."},
                {"type": "tool_call", "id": "t1", "name": "f", "arguments": None},
                {"type": "server_tool_call", "name": "search", "server_tool_call": {"type": "web"}},
            ],
            "finish_reason": "tool_call",
        }
    ]
    _, body = read(
        make_span(CHAT | {"gen_ai.input.messages": said, "gen_ai.output.messages": told})
    )
    answer = body["messages"][1]
    assert answer["reasoning_content"] == "Hm."
    assert answer["tool_calls"][0]["function"] == {"name": "f", "arguments": "{}"}
    assert answer["content"][0]["server_tool_call"] == {"type": "web"}
    assert body["finish_reason"] == "tool_calls"


def test_flat_messages_are_read_where_raw_bodies_are_of_another_kind() -> None:
    """LangChain's own objects stand in `input.value`; calls of Anthropic stand there twice."""
    flat = {
        "llm.input_messages.10.message.role": "tool",
        "llm.input_messages.10.message.tool_call_id": "t1",
        "llm.input_messages.10.message.content": "14 °C",
        "llm.input_messages.2.message.role": "user",
        "llm.input_messages.2.message.content": "Weather here?",
        "llm.input_messages.9.message.role": "assistant",
        "llm.input_messages.9.message.contents.0.message_content.type": "text",
        "llm.input_messages.9.message.contents.0.message_content.text": "Let me look.",
        "llm.input_messages.9.message.contents.1.message_content.type": "tool_use",
        "llm.input_messages.9.message.contents.1.message_content.id": "t1",
        "llm.input_messages.9.message.tool_calls.0.tool_call.id": "t1",
        "llm.input_messages.9.message.tool_calls.0.tool_call.function.name": "get_weather",
        "llm.input_messages.9.message.tool_calls.0.tool_call.function.arguments": ARGUMENTS,
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": "Take a coat.",
        "llm.tools.0.tool.json_schema": dump({"name": "get_weather", "input_schema": {}}),
        "llm.invocation_parameters": dump({"tool_choice": "auto"}),
        "llm.token_count.prompt": 7,
    }
    trace, body = read(
        make_span(
            {
                "openinference.span.kind": "LLM",
                "input.value": dump({"messages": [[{"lc": 1, "kwargs": {}}]]}),
                **flat,
            }
        )
    )
    assert body["messages"] == TOLD[1:]
    assert (body["tool_choice"], trace.input_tokens) == ("auto", 7)
    assert body["tools"][0]["function"]["name"] == "get_weather"


def test_a_langfuse_generation_of_texts_is_a_call() -> None:
    attributes = {
        "langfuse.observation.type": "generation",
        "langfuse.observation.input": "Weather here?",
        "langfuse.observation.output": "14 °C",
        "langfuse.observation.usage_details": dump({"input": 3, "output": 2}),
        "session.id": "s1",
        "user.id": "u1",
        "langfuse.trace.tags": ["a", "b"],
    }
    trace, body = read(make_span(attributes))
    assert [message["content"] for message in body["messages"]] == ["Weather here?", "14 °C"]
    assert (trace.input_tokens, trace.output_tokens, trace.group) == (3, 2, "s1")
    metadata = body["metadata"]
    assert (metadata["user_id"], metadata["tags"]) == ("u1", ["a", "b"])
    assert metadata["resource"] == {"service.name": "agent"}


def test_an_evaluation_is_kept_as_feedback() -> None:
    event = Event(
        "gen_ai.evaluation.result",
        1,
        {"gen_ai.evaluation.name": "relevance", "gen_ai.evaluation.score.value": 0.75},
    )
    said = [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]
    trace, body = read(make_span(CHAT | {"gen_ai.input.messages": dump(said)}, events=[event]))
    assert trace.reward == 0.75
    assert body["metadata"]["feedback"] == {"relevance": 0.75}


def test_times_and_errors_are_kept() -> None:
    thrown = Event("exception", 1, {"exception.type": "Timeout", "exception.message": "too slow"})
    attributes = {
        "openinference.span.kind": "LLM",
        "input.value": dump({"model": "m", "messages": [{"role": "user", "content": "Hi"}]}),
    }
    first = Event("First Token Stream Event", 1_795_313_077_250_000_000, {})
    trace, body = read(make_span(attributes, events=[first, thrown], status_code=2))
    assert (trace.status, trace.latency_ms) == (TraceStatus.ERROR, 1500)
    assert body["metadata"]["error"] == {"type": "Timeout", "message": "too slow"}
    assert body["metadata"]["time_to_first_token_ms"] == 250
    assert trace.recorded_at == 1_795_313_077_000


def test_a_clock_that_ran_backwards_gives_no_latency() -> None:
    said = dump([{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}])
    trace, _ = read(make_span(CHAT | {"gen_ai.input.messages": said}, end_ns=1))
    assert trace.latency_ms is None


@pytest.mark.parametrize(
    ("attributes", "outcome"),
    [
        ({"gen_ai.operation.name": "invoke_agent", "gen_ai.input.messages": "[]"}, Outcome.NO_CALL),
        ({"gen_ai.operation.name": "execute_tool"}, Outcome.NO_CALL),
        ({"gen_ai.operation.name": "embeddings"}, Outcome.NO_CALL),
        ({"openinference.span.kind": "CHAIN", "input.value": "Hi"}, Outcome.NO_CALL),
        ({"http.method": "GET"}, Outcome.NO_CALL),
        (CHAT, Outcome.NO_CONTENT),
        ({"openinference.span.kind": "LLM"}, Outcome.NO_CONTENT),
        ({"langfuse.observation.type": "generation"}, Outcome.NO_CONTENT),
        (CHAT | {"gen_ai.input.messages": '[{"role":"user","par'}, Outcome.UNREADABLE),
        (CHAT | {"gen_ai.input.messages": "[1, 2]"}, Outcome.UNREADABLE),
        (CHAT | {"gen_ai.input.messages": "[" * 100_000}, Outcome.UNREADABLE),
        (
            {"gen_ai.prompt.0.role": "user", "gen_ai.prompt.0" + ".a" * 50_000: 1},
            Outcome.UNREADABLE,
        ),
    ],
)
def test_what_is_no_readable_call_is_said_so(attributes: dict[str, Any], outcome: Outcome) -> None:
    assert read_span(make_span(attributes)).outcome is outcome


@pytest.mark.parametrize("kind", ["completion", "acompletion"])
def test_litellm_tells_parallel_calls_beside_the_answer(kind: str) -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://a.example/cat.png"}}
    told = [
        {"role": "user", "parts": [picture]},
        {"role": "assistant", "parts": [], "tool_calls": ASK["tool_calls"]},
        {"role": "tool", "parts": [{"type": "text", "content": "14 °C"}], "tool_call_id": "t1"},
    ]
    parts = [{"type": "text", "content": "Let me look."}]
    answer = {"role": "assistant", "parts": parts, "finish_reason": "tool_calls"}
    called = {
        f"gen_ai.completion.{number}.function_call.{name}": value
        for number, city in enumerate(("Rome", "Oslo"))
        for name, value in (("name", "get_weather"), ("arguments", dump({"city": city})))
    }
    trace, body = read(
        make_span(
            {
                "litellm.call_id": "c1",
                "llm.request.type": kind,
                "gen_ai.operation.name": kind,
                "gen_ai.request.model": "small",
                "gen_ai.input.messages": dump(told),
                "gen_ai.output.messages": dump([answer]),
                **called,
            }
        )
    )
    seen, asked, result, last = body["messages"]
    assert (trace.source, seen["content"], result) == ("litellm", [picture], RESULT)
    assert asked["tool_calls"] == ASK["tool_calls"]
    assert last["content"] == "Let me look."
    assert [call["function"]["arguments"] for call in last["tool_calls"]] == [
        *('{"city":"Rome"}', '{"city":"Oslo"}')
    ]


CUSTOM = {"id": "c1", "type": "custom", "custom": {"name": "run", "input": "print(1)"}}
TOLD_CUSTOM = {
    "id": "c1",
    "type": "custom",
    "function": {"name": "run", "arguments": "print(1)"},
}
ITEM = {
    "type": "custom_tool_call",
    "id": "ctc_1",
    "call_id": "c1",
    "name": "run",
    "input": "print(1)",
}


@pytest.mark.parametrize(
    ("request_", "response"),
    [
        (
            {"messages": [{"role": "user", "content": "Hi"}]},
            {"choices": [{"message": {"role": "assistant", "tool_calls": [CUSTOM]}}]},
        ),
        ({"model": "m", "input": "Hi"}, {"output": [ITEM]}),
    ],
    ids=["chat", "responses"],
)
def test_calls_of_custom_tools_keep_name_and_input(request_: Any, response: Any) -> None:
    call = read_bodies(request_, response)

    assert call.answers[0].messages[0]["tool_calls"] == [TOLD_CUSTOM]


def test_custom_tools_keep_their_format() -> None:
    tool = {"name": "run", "format": {"type": "grammar", "syntax": "lark"}}

    for told in ({"type": "custom", **tool}, {"type": "custom", "custom": tool}):
        assert read_tools([told]) == [{"type": "custom", "custom": tool}]
    assert read_tools([{"type": "custom", "name": "f", "input_schema": {}}]) == [
        {"type": "function", "function": {"name": "f", "parameters": {}}}
    ]
