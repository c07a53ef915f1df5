"""Spans of instrumentations that say things in ways of their own."""

from typing import Any

import pytest

from rft_app.domain.intake import Outcome
from rft_app.traces.otlp import read_span
from tests.traces.otlp.test_payloads import CHAT, dump, make_span, read

Json = dict[str, Any]
LLM = {"openinference.span.kind": "LLM"}
GENERATION = {"langfuse.observation.type": "generation"}
USER = {"role": "user", "content": "Hi"}


def said(body: Json) -> list[tuple[str, str | None]]:
    return [(message["role"], message.get("content")) for message in body["messages"]]


HI = [("user", "Hi"), ("assistant", "Hello")]


def test_several_answers_in_langfuse_are_choices() -> None:
    answers = [{"role": "assistant", "content": text} for text in ("Hello", "Hey")]
    _, body = read(
        make_span(
            GENERATION
            | {
                "langfuse.observation.input": dump([USER]),
                "langfuse.observation.output": dump(answers),
            }
        )
    )

    assert said(body) == HI
    (other,) = body["metadata"]["other_answers"]
    assert other["messages"] == [answers[1]]


def test_a_body_of_anthropic_in_langfuse_tells_why_it_stopped() -> None:
    answer = {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "text", "text": "Hello"}],
        "stop_reason": "max_tokens",
        "usage": {"input_tokens": 3, "output_tokens": 2},
    }
    for given in ([USER], {"messages": [USER], "model": "claude"}):
        trace, body = read(
            make_span(
                GENERATION
                | {
                    "langfuse.observation.input": dump(given),
                    "langfuse.observation.output": dump(answer),
                }
            )
        )

        assert body["messages"][1]["content"] == answer["content"]
        assert (body["finish_reason"], trace.output_tokens) == ("length", 2)


def test_thoughts_of_openllmetry_belong_to_the_answer_behind_them() -> None:
    flat = {
        "llm.request.type": "chat",
        "gen_ai.prompt.0.role": "user",
        "gen_ai.prompt.0.content": "Hi",
        "gen_ai.completion.0.role": "thinking",
        "gen_ai.completion.0.content": "Be kind.",
        "gen_ai.completion.1.role": "assistant",
        "gen_ai.completion.1.content": "Hello",
        "gen_ai.completion.1.finish_reason": "end_turn",
    }
    _, body = read(make_span(flat))

    assert said(body) == HI
    assert body["messages"][1]["reasoning_content"] == "Be kind."
    assert body["finish_reason"] == "stop"
    assert "other_answers" not in body["metadata"]


@pytest.mark.parametrize(
    "told",
    [
        {"input.value": "Hi", "output.value": "Hello"},
        {"input.value": dump([USER]), "output.value": "Hello"},
        {
            "input.value": dump([USER]),
            "output.value": dump({"role": "assistant", "content": "Hello"}),
        },
        {"llm.prompts.0.prompt.text": "Hi", "llm.choices.0.completion.text": "Hello"},
        {"llm.prompts": ["Hi"], "output.value": "Hello"},
        {
            "input.value": dump({"model": "m", "prompt": "Hi"}),
            "output.value": dump({"choices": [{"text": "Hello", "index": 0}]}),
        },
        {"input.value": dump({"model": "m", "prompt": ["Hi"]}), "output.value": "Hello"},
    ],
    ids=["texts", "list", "messages", "completion", "older", "raw-completion", "raw-and-text"],
)
def test_openinference_without_a_chat_body_is_read(told: Json) -> None:
    _, body = read(make_span(LLM | told))

    assert said(body) == HI


@pytest.mark.parametrize("odd", ['{"question":"x"}', "[1]", "[[1]]", "  ", "{}"])
def test_what_openinference_says_of_no_conversation_is_no_call(odd: str) -> None:
    assert read_span(make_span(LLM | {"input.value": odd})).outcome is Outcome.NO_CONTENT


def test_raw_bodies_that_were_not_read_stay() -> None:
    raw = {
        "input.value": dump({"contents": [{"parts": [{"text": "Hi"}]}]}),
        "output.value": dump({"candidates": [{"safetyRatings": []}]}),
    }
    flat = {
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": "Hi",
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": "Hello",
    }
    _, body = read(make_span(LLM | raw | flat))

    assert said(body) == HI
    assert body["metadata"]["attributes"].items() >= raw.items()
    assert not body["metadata"]["attributes"].keys() & flat.keys()


EVENTS = [
    {"event.name": "gen_ai.user.message", "content": "Hi", "role": "user"},
    {
        "event.name": "gen_ai.choice",
        "index": 0,
        "message": {"role": "assistant", "content": "Hello"},
        "finish_reason": "stop",
    },
]
ANSWER = {"role": "assistant", "parts": [{"type": "text", "content": "Hello"}]}
MODEL = {"gen_ai.request.model": "m"}


@pytest.mark.parametrize(
    "told",
    [
        CHAT | {"gen_ai.input.messages": "Hi", "gen_ai.output.messages": "Hello"},
        CHAT | {"gen_ai.input.messages": "Hi", "gen_ai.output.messages": dump(ANSWER)},
        CHAT | {"gen_ai.prompt": "Hi", "gen_ai.completion": "Hello"},
        CHAT
        | {
            "gen_ai.prompt": dump({"messages": [USER]}),
            "gen_ai.completion": dump([{"role": "assistant", "content": "Hello"}]),
        },
        CHAT | {"events": dump(EVENTS)},
        {"gen_ai.input.messages": dump([USER]), "gen_ai.output.messages": dump([ANSWER])},
        {
            "gen_ai.operation.name": "converse",
            "gen_ai.input.messages": dump([USER]),
            "gen_ai.output.messages": dump([ANSWER]),
        },
    ],
    ids=["texts", "one-object", "prompt", "prompt-body", "events", "bare", "own-operation"],
)
def test_other_ways_to_write_the_conventions_are_read(told: Json) -> None:
    _, body = read(make_span(told | MODEL))

    assert said(body) == HI


@pytest.mark.parametrize(
    "operation", ["invoke_agent", "execute_tool", "run_workflow", "embeddings"]
)
def test_agents_and_tools_are_structure_whatever_they_say(operation: str) -> None:
    told = {"gen_ai.operation.name": operation, "gen_ai.input.messages": dump([USER])}

    assert read_span(make_span(told)).outcome is Outcome.NO_CALL


def test_a_prompt_that_was_cut_off_is_unreadable() -> None:
    told = CHAT | {"gen_ai.prompt": '[{"role":"us'}

    assert read_span(make_span(told)).outcome is Outcome.UNREADABLE


VERCEL = {
    "ai.operationId": "ai.streamText.doStream",
    "gen_ai.system": "openai.chat",
    "gen_ai.request.model": "m",
    "gen_ai.usage.input_tokens": 7,
    "ai.prompt.tools": [dump({"type": "function", "name": "f", "parameters": {"type": "object"}})],
    "ai.prompt.toolChoice": dump({"type": "tool", "toolName": "f"}),
    "ai.prompt.messages": dump(
        [
            {"role": "system", "content": "Be kind."},
            {
                "role": "user",
                "content": [{"type": "text", "text": "Hi"}, {"type": "image", "image": "QUJD"}],
            },
            {
                "role": "assistant",
                "content": [
                    {"type": "tool-call", "toolCallId": "c0", "toolName": "f", "args": {"a": 1}}
                ],
            },
            {
                "role": "tool",
                "content": [
                    {
                        "type": "tool-result",
                        "toolCallId": "c0",
                        "output": {"type": "text", "value": "14"},
                    }
                ],
            },
        ]
    ),
    "ai.response.text": "",
    "ai.response.toolCalls": dump([{"toolCallId": "c1", "toolName": "f", "args": '{"a":2}'}]),
    "ai.response.finishReason": "tool-calls",
    "ai.response.msToFirstChunk": 12.5,
}


def test_calls_of_vercels_sdk_are_read() -> None:
    trace, body = read(make_span(VERCEL))

    def called(own_id: str, arguments: str) -> Json:
        function = {"name": "f", "arguments": arguments}
        return {"id": own_id, "type": "function", "function": function}

    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}
    assert body["messages"] == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": [{"type": "text", "text": "Hi"}, image]},
        {"role": "assistant", "content": None, "tool_calls": [called("c0", '{"a":1}')]},
        {"role": "tool", "tool_call_id": "c0", "content": "14"},
        {"role": "assistant", "content": None, "tool_calls": [called("c1", '{"a":2}')]},
    ]
    assert (trace.source, trace.input_tokens, body["finish_reason"]) == ("vercel", 7, "tool_calls")
    assert body["tools"][0]["function"]["name"] == "f"
    assert body["tool_choice"] == {"type": "function", "function": {"name": "f"}}
    assert body["metadata"]["time_to_first_token_ms"] == 12.5


def test_the_span_around_a_call_of_vercel_is_structure() -> None:
    around = VERCEL | {"ai.operationId": "ai.streamText"}

    assert read_span(make_span(around)).outcome is Outcome.NO_CALL


def test_an_answer_of_the_gateway_that_is_no_object_keeps_its_text() -> None:
    page = "<html>Bad gateway</html>"
    attributes = {
        "gateway.path": "chat/completions",
        "gateway.request": dump({"messages": [USER]}),
        "gateway.response": page,
    }
    _, body = read(make_span(attributes, scope="rft.gateway", status_code=2))

    assert body["metadata"]["attributes"]["gateway.response"] == page
