"""Rows as the tools that log calls write them."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from rft_app.domain.validity import Reason
from rft_app.traces import parse_line
from rft_app.traces.line import LineFault
from tests.traces.reading_helpers import assistant, fault, read, user

TOOL = {"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}
CALL = {
    "id": "c1",
    "type": "function",
    "function": {"name": "find", "arguments": '{"city":"Rome"}'},
}
USAGE = {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}
CHAT_REQUEST = {
    "model": "gpt-4o",
    "messages": [{"role": "system", "content": "Be brief."}, user("Where is it?")],
    "tools": [TOOL],
    "tool_choice": "auto",
    "temperature": 0.2,
}
CHAT_ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1795313801,
    "model": "gpt-4o-2024-08-06",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": None, "tool_calls": [CALL]},
            "finish_reason": "tool_calls",
        }
    ],
    "usage": USAGE,
}
CLAUDE_REQUEST = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 256,
    "system": [{"type": "text", "text": "Be brief."}],
    "tools": [{"name": "find", "input_schema": {"type": "object"}}],
    "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
    "messages": [
        user("Where is it?"),
        {
            "role": "assistant",
            "content": [
                {"type": "tool_use", "id": "tu1", "name": "find", "input": {"city": "Rome"}}
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "tu1", "content": "Italy"},
                {
                    "type": "image",
                    "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"},
                },
            ],
        },
    ],
}
CLAUDE_ANSWER = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5",
    "content": [
        {"type": "thinking", "thinking": "Rome is there.", "signature": "sig"},
        {"type": "text", "text": "In Italy."},
    ],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 50, "output_tokens": 20},
}
CLAUDE_EVENTS = [
    {
        "type": "message_start",
        "message": {
            **CLAUDE_ANSWER,
            "content": [],
            "stop_reason": None,
            "usage": {"input_tokens": 9},
        },
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Let "}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "me."}},
    {"type": "content_block_stop", "index": 0},
    {
        "type": "content_block_start",
        "index": 1,
        "content_block": {"type": "tool_use", "id": "tu1", "name": "find", "input": {}},
    },
    {
        "type": "content_block_delta",
        "index": 1,
        "delta": {"type": "input_json_delta", "partial_json": '{"city": "Ro'},
    },
    {
        "type": "content_block_delta",
        "index": 1,
        "delta": {"type": "input_json_delta", "partial_json": 'me"}'},
    },
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 7}},
    {"type": "message_stop"},
]
RESPONSES_REQUEST = {
    "model": "gpt-4o",
    "instructions": "Be brief.",
    "input": [
        user("Where is it?"),
        {"type": "function_call", "call_id": "c1", "name": "find", "arguments": '{"city":"Rome"}'},
        {"type": "function_call_output", "call_id": "c1", "output": "Italy"},
    ],
    "tools": [{"type": "function", "name": "find", "parameters": {}, "strict": True}],
}
RESPONSES_ANSWER = {
    "id": "resp_1",
    "object": "response",
    "status": "completed",
    "model": "gpt-4o-2024-08-06",
    "output": [
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}]},
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "In Italy.", "annotations": []}],
        },
    ],
    "usage": {"input_tokens": 36, "output_tokens": 12},
}


def chunk(**delta: Any) -> dict[str, Any]:
    reason = delta.pop("finish_reason", None)
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "model": "gpt-4o-2024-08-06",
        "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
    }


CHUNKS = [
    chunk(role="assistant", content=None),
    chunk(
        tool_calls=[
            {
                "index": 0,
                "id": "c1",
                "type": "function",
                "function": {"name": "find", "arguments": ""},
            }
        ]
    ),
    chunk(tool_calls=[{"index": 0, "function": {"arguments": '{"city":'}}]),
    chunk(tool_calls=[{"index": 0, "function": {"arguments": '"Rome"}'}}]),
    chunk(finish_reason="tool_calls"),
    {"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [], "usage": USAGE},
]


def texts(body: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(message["role"], message.get("content")) for message in body["messages"]]


# --- gateway rows, in any API and envelope


def test_a_gateway_may_wrap_the_answer_with_its_status() -> None:
    trace, body, _ = read(
        {"request": CHAT_REQUEST, "response": {"status": 200, "body": CHAT_ANSWER}}
    )

    assert body["messages"][-1]["tool_calls"] == [CALL]
    assert (trace.status, trace.input_tokens, body["finish_reason"]) == ("ok", 12, "tool_calls")
    assert body["metadata"]["http"] == {"status": 200}
    assert body["metadata"]["request"] == {"temperature": 0.2}


def test_a_refused_call_is_an_error_without_an_answer() -> None:
    refusal = {"error": {"message": "Rate limit reached", "code": "rate_limit_exceeded"}}

    trace, body, _ = read({"request": CHAT_REQUEST, "response": {"status": 429, "body": refusal}})

    assert (trace.status, trace.num_turns, trace.reason) == ("error", 0, None)
    assert body["metadata"]["response"] == refusal


@pytest.mark.parametrize(
    "response",
    [
        CHUNKS,
        {"status": 200, "stream_chunks": CHUNKS},
        {"status": 200, "body": "".join(f"data: {orjson.dumps(c).decode()}\n\n" for c in CHUNKS)},
        "".join(f"data: {orjson.dumps(c).decode()}\n\n" for c in CHUNKS) + "data: [DONE]\n\n",
        orjson.dumps(CHAT_ANSWER).decode(),
    ],
    ids=["pieces", "in an envelope", "events in an envelope", "events", "text of JSON"],
)
def test_a_stream_is_put_together(response: Any) -> None:
    trace, body, _ = read({"request": CHAT_REQUEST, "response": response})

    assert body["messages"][-1]["tool_calls"] == [CALL]
    assert (trace.num_turns, trace.input_tokens, body["finish_reason"]) == (1, 12, "tool_calls")


def test_a_page_of_html_is_kept_and_is_no_answer() -> None:
    trace, body, _ = read(
        {"request": CHAT_REQUEST, "response": {"status": 502, "body": "<html>Bad gateway"}}
    )

    assert (trace.status, trace.num_turns) == ("error", 0)
    assert body["metadata"]["response"] == "<html>Bad gateway"


def test_anthropics_bodies_become_chat_messages() -> None:
    trace, body, _ = read({"request": CLAUDE_REQUEST, "response": CLAUDE_ANSWER})

    assert [message["role"] for message in body["messages"]] == [
        *("system", "user", "assistant", "tool", "user", "assistant")
    ]
    call = body["messages"][2]["tool_calls"][0]
    assert (call["id"], orjson.loads(call["function"]["arguments"])) == ("tu1", {"city": "Rome"})
    assert body["messages"][3] == {"role": "tool", "tool_call_id": "tu1", "content": "Italy"}
    image = body["messages"][4]["content"][0]
    assert image == {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}}
    assert body["messages"][-1]["content"] == "In Italy."
    assert body["messages"][-1]["reasoning_content"] == "Rome is there."
    assert body["messages"][-1]["reasoning_details"][0]["signature"] == "sig"
    assert body["tools"][0]["function"]["name"] == "find"
    assert (body["tool_choice"], body["parallel_tool_calls"]) == ("required", False)
    assert (body["finish_reason"], trace.input_tokens, trace.output_tokens) == ("stop", 50, 20)
    assert trace.reason is None


def test_anthropics_stream_is_put_together() -> None:
    trace, body, _ = read({"request": CLAUDE_REQUEST, "response": CLAUDE_EVENTS})

    answer = body["messages"][-1]
    assert answer["content"] == "Let me."
    assert orjson.loads(answer["tool_calls"][0]["function"]["arguments"]) == {"city": "Rome"}
    assert (body["finish_reason"], trace.input_tokens, trace.output_tokens) == ("tool_calls", 9, 7)


def test_an_error_of_anthropic_is_an_error() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}

    trace, _, _ = read({"request": CLAUDE_REQUEST, "response": {"status": 529, "body": error}})

    assert (trace.status, trace.num_turns) == ("error", 0)


def test_items_of_the_responses_api_become_chat_messages() -> None:
    trace, body, _ = read({"request": RESPONSES_REQUEST, "response": RESPONSES_ANSWER})

    assert [message["role"] for message in body["messages"]] == [
        *("system", "user", "assistant", "tool", "assistant")
    ]
    assert body["messages"][2]["tool_calls"][0]["function"]["arguments"] == '{"city":"Rome"}'
    assert body["messages"][-1]["content"] == "In Italy."
    assert body["messages"][-1]["reasoning_content"] == "Hm."
    assert body["tools"][0]["function"]["strict"] is True
    assert (trace.reason, trace.input_tokens, body["finish_reason"]) == (None, 36, "stop")


def test_events_of_the_responses_api_end_with_the_body() -> None:
    events = [
        {"type": "response.created", "response": {"id": "resp_1", "status": "in_progress"}},
        {"type": "response.output_text.delta", "delta": "In "},
        {"type": "response.completed", "response": RESPONSES_ANSWER},
    ]

    _, body, _ = read({"request": RESPONSES_REQUEST, "response": events})

    assert body["messages"][-1]["content"] == "In Italy."


def test_several_choices_are_all_there() -> None:
    choices = [{"index": n, "message": assistant(f"{n}"), "finish_reason": "stop"} for n in (0, 1)]

    _, body, _ = read({"request": CHAT_REQUEST, "response": {**CHAT_ANSWER, "choices": choices}})

    assert body["messages"][-1]["content"] == "0"
    assert body["metadata"]["response"]["choices"][1]["message"]["content"] == "1"


# --- LiteLLM


SPEND = {
    "request_id": "chatcmpl-1",
    "call_type": "acompletion",
    "api_key": "88dc28d0f030c55ed4ab77ed8faf098196cb1c05",
    "spend": 0.00018,
    "total_tokens": 17,
    "prompt_tokens": 12,
    "completion_tokens": 5,
    "startTime": "2026-11-22T02:16:41.080000Z",
    "endTime": "2026-11-22T02:16:41.700000Z",
    "completionStartTime": "2026-11-22T02:16:41.200000Z",
    "model": "gpt-4o",
    "end_user": "u-7",
    "request_tags": '["prod"]',
    "session_id": "s-1",
    "status": "success",
    "metadata": "{}",
    "messages": "{}",
    "proxy_server_request": CHAT_REQUEST,
    "response": CHAT_ANSWER,
}


def test_a_spend_log_holds_the_call_as_the_proxy_got_it() -> None:
    trace, body, shape = read(SPEND)

    assert shape == "litellm_spend"
    assert body["messages"][-1]["tool_calls"] == [CALL]
    assert body["tools"] == [TOOL]
    assert (trace.external_id, trace.group, trace.latency_ms) == ("chatcmpl-1", "s-1", 620)
    assert trace.recorded_at == 1795313801080
    assert body["metadata"]["time_to_first_token_ms"] == 120
    assert (body["metadata"]["user_id"], body["metadata"]["tags"]) == ("u-7", ["prod"])


def test_a_spend_log_may_hold_json_as_text() -> None:
    row = {
        **SPEND,
        "proxy_server_request": "{}",
        "messages": orjson.dumps(CHAT_REQUEST["messages"]).decode(),
        "response": orjson.dumps({k: v for k, v in CHAT_ANSWER.items() if k != "usage"}).decode(),
    }

    trace, body, _ = read(row)

    assert trace.num_turns == 1
    assert body["usage"] == USAGE


def test_a_spend_log_without_prompts_says_how_to_get_them() -> None:
    bare = {**SPEND, "proxy_server_request": "{}", "response": "{}"}

    assert "store_prompts_in_spend_logs" in fault(orjson.dumps(bare)).message


def test_a_failed_spend_log_tells_its_error() -> None:
    details = {
        "status": "failure",
        "error_information": {"error_class": "RateLimitError", "error_message": "Slow down."},
    }

    trace, body, _ = read({**SPEND, "status": None, "metadata": details, "response": {}})

    assert (trace.status, trace.num_turns) == ("error", 0)
    assert body["metadata"]["error"] == {"type": "RateLimitError", "message": "Slow down."}


# --- Helicone


HELICONE = {
    "request_id": "5f1a",
    "request_created_at": "2026-11-22T02:16:41.080Z",
    "request_path": "/v1/chat/completions",
    "request_user_id": "u-7",
    "request_properties": {"Helicone-Session-Id": "s-1", "plan": "free"},
    "request_body": CHAT_REQUEST,
    "response_body": CHAT_ANSWER,
    "response_status": 200,
    "request_model": "gpt-4o",
    "response_model": "gpt-4o-2024-08-06",
    "provider": "OPENAI",
    "delay_ms": 812,
    "time_to_first_token": 120,
    "prompt_tokens": 12,
    "completion_tokens": 5,
    "feedback_rating": True,
    "scores": {"helpful": {"value": 80, "valueType": "int"}},
}


def test_a_request_of_helicone_comes_with_session_user_and_rating() -> None:
    trace, body, shape = read(HELICONE)

    assert shape == "helicone"
    assert body["messages"][-1]["tool_calls"] == [CALL]
    assert (trace.external_id, trace.group, trace.reward) == ("5f1a", "s-1", 1.0)
    assert (trace.latency_ms, trace.recorded_at) == (812, 1795313801080)
    assert body["metadata"]["time_to_first_token_ms"] == 120
    assert body["metadata"]["user_id"] == "u-7"
    assert body["metadata"]["scores"] == HELICONE["scores"]


def test_helicone_keeps_bodies_of_anthropic_and_failures() -> None:
    row = {**HELICONE, "request_body": CLAUDE_REQUEST, "response_body": CLAUDE_ANSWER}
    assert read(row)[1]["messages"][-1]["content"] == "In Italy."

    trace, _, _ = read({**HELICONE, "response_status": 500, "response_body": {"error": "Down."}})
    assert (trace.status, trace.num_turns) == ("error", 0)


def test_a_helicone_row_without_bodies_says_how_to_get_them() -> None:
    row = {"request_id": "5f1a", "signed_body_url": "https://bodies.example/5f1a"}

    assert "--include-body" in fault(orjson.dumps(row)).message


# --- Langfuse


OBSERVATION = {
    "id": "b1",
    "trace_id": "t-1",
    "project_id": "p",
    "type": "GENERATION",
    "name": "support",
    "start_time": "2026-11-22 02:16:41.080000",
    "end_time": "2026-11-22 02:16:41.700000",
    "session_id": "s-1",
    "user_id": "u-7",
    "tags": ["prod"],
    "provided_model_name": "gpt-4o",
    "model_parameters": {"temperature": 0.2},
    "input": {"messages": CHAT_REQUEST["messages"], "tools": [TOOL]},
    "output": {"role": "assistant", "content": None, "tool_calls": [CALL]},
    "usage_details": {"input": 12, "output": 5, "total": 17},
    "latency": 0.62,
    "time_to_first_token": 0.12,
    "level": "DEFAULT",
}


def test_an_observation_of_langfuse_is_a_call() -> None:
    trace, body, shape = read(OBSERVATION)

    assert shape == "langfuse"
    assert body["messages"][-1]["tool_calls"] == [CALL]
    assert body["tools"] == [TOOL]
    assert (trace.external_id, trace.group, trace.model) == ("b1", "s-1", "gpt-4o")
    assert (trace.input_tokens, trace.output_tokens, trace.latency_ms) == (12, 5, 620)
    assert trace.recorded_at == 1795313801080
    assert body["metadata"]["time_to_first_token_ms"] == 120
    assert (body["metadata"]["user_id"], body["metadata"]["tags"]) == ("u-7", ["prod"])


def test_the_api_of_langfuse_writes_camel_case_and_texts() -> None:
    row = {
        "id": "b1",
        "traceId": "t-1",
        "type": "GENERATION",
        "startTime": "2026-11-22T02:16:41.080Z",
        "sessionId": "s-1",
        "model": "gpt-4o",
        "input": orjson.dumps(CHAT_REQUEST["messages"]).decode(),
        "output": "In Italy.",
        "usageDetails": {"input": 12, "output": 5},
        "timeToFirstToken": "0.12",
        "level": "ERROR",
        "statusMessage": "Cut off.",
    }

    trace, body, _ = read(row)

    assert texts(body)[-1] == ("assistant", "In Italy.")
    assert (trace.group, trace.status, trace.input_tokens) == ("s-1", "error", 12)
    assert body["metadata"]["error"] == {"message": "Cut off."}
    assert body["metadata"]["time_to_first_token_ms"] == 120


def test_an_observation_of_other_work_is_named() -> None:
    assert "SPAN" in fault(orjson.dumps({**OBSERVATION, "type": "SPAN"})).message


# --- OpenAI's batches and stored completions


def test_a_line_of_a_batch_that_is_joined() -> None:
    row = {
        "id": "batch_req_1",
        "custom_id": "r-1",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": CHAT_REQUEST,
        "response": {"status_code": 200, "request_id": "req_1", "body": CHAT_ANSWER},
        "error": None,
    }

    trace, body, shape = read(row)

    assert (shape, trace.external_id, trace.model) == ("openai_batch", "batch_req_1", "gpt-4o")
    assert body["messages"][-1]["tool_calls"] == [CALL]
    assert body["metadata"]["http"] == {"status_code": 200, "request_id": "req_1"}


def test_a_batchs_output_alone_has_no_question() -> None:
    row = {"id": "b", "custom_id": "r-1", "response": {"status_code": 200, "body": CHAT_ANSWER}}

    trace, body, _ = read(row)

    assert trace.reason is Reason.NO_USER_TURN
    assert body["messages"][-1]["tool_calls"] == [CALL]


def test_a_request_of_a_batch_that_expired_is_an_error() -> None:
    error = {"code": "batch_expired", "message": "This request could not be executed."}
    row = {"id": "b", "custom_id": "r-1", "body": CHAT_REQUEST, "response": None, "error": error}

    trace, body, _ = read(row)

    assert (trace.status, trace.num_turns) == ("error", 0)
    assert body["metadata"]["error"] == error


def test_batches_of_anthropic_have_params_and_results() -> None:
    result = {"type": "succeeded", "message": CLAUDE_ANSWER}

    trace, body, shape = read({"custom_id": "r-1", "params": CLAUDE_REQUEST, "result": result})

    assert (shape, trace.external_id) == ("openai_batch", "msg_1")
    assert body["messages"][-1]["content"] == "In Italy."
    trace, _, _ = read(
        {"custom_id": "r-1", "params": CLAUDE_REQUEST, "result": {"type": "expired"}}
    )
    assert (trace.status, trace.external_id) == ("error", "r-1")


def test_an_embedding_of_a_batch_is_no_conversation() -> None:
    row = {"custom_id": "r-1", "url": "/v1/embeddings", "body": {"model": "e", "input": "Hi"}}

    assert "no conversation" in fault(orjson.dumps(row)).message


def test_a_stored_completion_with_its_messages() -> None:
    row = {
        **CHAT_ANSWER,
        "messages": CHAT_REQUEST["messages"],
        "tools": [TOOL],
        "tool_choice": "auto",
        "metadata": {"plan": "free"},
        "temperature": 0.2,
    }

    trace, body, shape = read(row)

    assert (shape, trace.external_id, trace.recorded_at) == (
        *("openai_stored", "chatcmpl-1"),
        1795313801000,
    )
    assert body["tools"] == [TOOL]
    assert body["metadata"]["plan"] == "free"
    assert body["metadata"]["temperature"] == 0.2


def test_a_stored_response_with_its_input() -> None:
    row = {**RESPONSES_ANSWER, **RESPONSES_REQUEST}

    trace, body, shape = read(row)

    assert (shape, trace.reason) == ("openai_stored", None)
    assert texts(body)[0] == ("system", "Be brief.")
    assert texts(body)[-1] == ("assistant", "In Italy.")


# --- Anthropic and TensorZero


def test_request_and_answer_of_anthropic_in_one_row() -> None:
    trace, body, shape = read({**CLAUDE_REQUEST, **CLAUDE_ANSWER, "session_id": "s-1"})

    assert (shape, trace.group, trace.model) == ("anthropic", "s-1", "claude-sonnet-4-5")
    assert texts(body)[0] == ("system", "Be brief.")
    assert texts(body)[-1] == ("assistant", "In Italy.")
    assert trace.output_tokens == 20


def test_a_conversation_of_anthropic_ends_with_its_answer() -> None:
    row = {"system": "Be brief.", "messages": [user("Hi"), assistant("Hello")]}

    trace, body, shape = read(row)

    assert (shape, trace.num_turns) == ("anthropic", 1)
    assert texts(body)[0] == ("system", "Be brief.")


INFERENCE = {
    "type": "chat",
    "function_name": "support",
    "variant_name": "baseline",
    "episode_id": "0191-e",
    "inference_id": "0191-i",
    "timestamp": "2026-11-22T02:16:41.080Z",
    "input": {
        "system": "Be brief.",
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Where is it?"}]},
            {
                "role": "assistant",
                "content": [
                    {
                        "type": "tool_call",
                        "id": "c1",
                        "name": "find",
                        "arguments": '{"city":"Rome"}',
                    }
                ],
            },
            {
                "role": "user",
                "content": [{"type": "tool_result", "id": "c1", "name": "find", "result": "Italy"}],
            },
        ],
    },
    "output": [{"type": "thought", "text": "Hm."}, {"type": "text", "text": "In Italy."}],
    "dispreferred_outputs": [[{"type": "text", "text": "No idea."}]],
    "additional_tools": [{"name": "find", "description": "d", "parameters": {}, "strict": True}],
    "tool_choice": {"specific": "find"},
    "parallel_tool_calls": False,
    "processing_time_ms": 620,
    "ttft_ms": 120,
    "tags": {"user_id": "u-7"},
}


def test_an_inference_of_tensorzero_with_a_worse_answer() -> None:
    trace, body, shape = read(INFERENCE)

    assert shape == "tensorzero"
    assert [message["role"] for message in body["messages"]] == [
        *("system", "user", "assistant", "tool", "assistant")
    ]
    assert body["messages"][3] == {"role": "tool", "tool_call_id": "c1", "content": "Italy"}
    assert body["messages"][-1]["content"] == "In Italy."
    assert body["messages"][-1]["reasoning_content"] == "Hm."
    assert body["rejected"][0]["content"] == "No idea."
    assert body["tools"][0]["function"]["strict"] is True
    assert body["tool_choice"] == {"type": "function", "function": {"name": "find"}}
    assert body["parallel_tool_calls"] is False
    assert (trace.external_id, trace.group, trace.latency_ms) == ("0191-i", "0191-e", 620)
    assert (trace.reason, body["metadata"]["time_to_first_token_ms"]) == (None, 120)


def test_a_row_of_tensorzeros_table_holds_json_as_text() -> None:
    row = {
        "id": "0191-i",
        "function_name": "extract",
        "variant_name": "baseline",
        "input": orjson.dumps(INFERENCE["input"]).decode(),
        "output": orjson.dumps({"raw": '{"a":1}', "parsed": {"a": 1}}).decode(),
        "processing_time_ms": 9,
    }

    trace, body, _ = read(row)

    assert body["messages"][-1] == assistant('{"a":1}')
    assert trace.external_id == "0191-i"


# --- what cannot be read


def test_otlp_is_told_where_it_can_be_imported() -> None:
    assert "among the traces" in fault(b'{"resourceSpans":[]}').message


@pytest.mark.parametrize(
    "row",
    [
        {**SPEND, "proxy_server_request": {"messages": [7]}},
        {
            **HELICONE,
            "request_body": {"messages": "x", "tools": 7},
            "response_body": {"choices": 7},
        },
        {**OBSERVATION, "input": 7, "output": None},
        {**INFERENCE, "input": "x"},
        {"custom_id": "r", "body": {"messages": {"a": 1}}},
        {"custom_id": "r", "response": {"status_code": 200, "body": {"choices": [{}]}}, "url": 7},
        {"object": "chat.completion", "choices": "x"},
        {"request": {"messages": [None]}, "response": {"choices": [None]}},
        {"request": {"input": [[]]}, "response": {"output": [7]}},
        {"type": "message", "content": 7, "stop_reason": None},
        {"litellm_call_id": "x", "messages": 7},
        {"request": CHAT_REQUEST, "response": [{"object": "chat.completion.chunk", "choices": 7}]},
        {"request": CHAT_REQUEST, "response": [{"type": "message_start"}, {"index": None}]},
    ],
)
def test_a_broken_row_is_a_fault_or_a_trace_and_never_stops_those_behind(row: Any) -> None:
    found = parse_line(orjson.dumps(row), None, 1000)

    assert isinstance(found, tuple) or found.reason is Reason.WRONG_SHAPE


@pytest.mark.shared_data
def test_every_captured_gateway_call_comes_in(shared_data: Path) -> None:
    lines = (shared_data.parent / "captures" / "gateway_log.jsonl").read_bytes().splitlines()
    found = [parse_line(line, None, 128_000) for line in lines]
    traces = [each[0] for each in found if not isinstance(each, LineFault)]

    assert len(traces) == len(lines) == 198
    assert sum(trace.num_turns for trace in traces) == 153
    assert sum(trace.status == "error" for trace in traces) == 45
    assert not any(trace.reason for trace in traces)
