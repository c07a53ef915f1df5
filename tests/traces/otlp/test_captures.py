"""What real clients sent, read to its last bit."""

from collections import Counter
from typing import Any

import pytest

from rft_app.domain.trace import ParsedTrace, TraceStatus
from rft_app.traces.otlp import read_span
from rft_app.traces.otlp.bodies import read_bodies
from tests.captured import read_capture, read_traces

SYSTEM = {"role": "system", "content": "You are the Acme support agent. Be concise."}
FULL = (
    "genai_openai_span",
    "genai_openai_span_gzip",
    "genai_openai_event",
    "openinference",
    "openinference_otlp_json",
)


def survivors(traces: list[tuple[ParsedTrace, dict[str, Any]]]) -> Counter[str]:
    """In how many traces each thing is there."""
    found: Counter[str] = Counter()
    for trace, body in traces:
        found.update(
            {
                "calls": 1,
                "answers": trace.num_turns > 0,
                "tools": "tools" in body,
                "tool calls": any(message.get("tool_calls") for message in body["messages"]),
                "choice": "tool_choice" in body,
                "finish": "finish_reason" in body,
                "usage": trace.input_tokens is not None,
                "errors": trace.status is TraceStatus.ERROR,
                "images": b'"image_url"' in trace.body,
                "first token": "time_to_first_token_ms" in body["metadata"],
                "faults": trace.reason is not None,
            }
        )
    return +found


EXPECTED = {
    "genai_openai_span": {
        "calls": 12,
        "answers": 10,
        "tools": 5,
        "tool calls": 5,
        "finish": 10,
        "usage": 10,
        "errors": 2,
        "images": 1,
        "first token": 2,
    },
    "openinference": {
        "calls": 12,
        "answers": 10,
        "tools": 5,
        "tool calls": 5,
        "choice": 1,
        "finish": 10,
        "usage": 10,
        "errors": 2,
        "images": 1,
        "first token": 2,
    },
    "traceloop_0.62": {
        "calls": 12,
        "answers": 10,
        "tools": 5,
        "tool calls": 5,
        "finish": 10,
        "usage": 10,
        "errors": 2,
        "faults": 1,
    },
    "traceloop_0.40_legacy": {
        "calls": 9,
        "answers": 7,
        "tools": 3,
        "tool calls": 3,
        "finish": 7,
        "usage": 5,
        "errors": 2,
        "faults": 1,
    },
    "langfuse_sdk_otlp": {
        "calls": 5,
        "answers": 4,
        "tools": 2,
        "tool calls": 2,
        "finish": 1,
        "usage": 4,
        "errors": 1,
        "first token": 1,
    },
    "litellm_otel": {
        "calls": 1,
        "answers": 1,
        "tools": 1,
        "tool calls": 1,
        "finish": 1,
        "usage": 1,
    },
    "genai_openai_default": {},
    "none": {},
}
"""What each client sends; Traceloop drops images, Langfuse most finish reasons."""
EXPECTED["genai_openai_span_gzip"] = EXPECTED["genai_openai_event"] = EXPECTED["genai_openai_span"]
EXPECTED["openinference_otlp_json"] = EXPECTED["openinference"]


@pytest.mark.parametrize("folder", EXPECTED)
def test_what_a_client_sends_survives(folder: str) -> None:
    assert survivors(read_traces(folder)) == EXPECTED[folder]


def test_spans_without_content_or_call_are_told_apart() -> None:
    spans, _ = read_capture("genai_openai_default")
    assert Counter(read_span(span).outcome for span in spans) == {"no_content": 12, "no_call": 10}


@pytest.mark.parametrize("folder", FULL)
def test_parallel_tool_calls_and_their_answers_keep_their_ids(folder: str) -> None:
    trace, body = next(
        (trace, body) for trace, body in read_traces(folder) if len(body["messages"]) == 6
    )
    system, user, asking, first, second, answer = body["messages"]
    assert system == SYSTEM
    assert user == {"role": "user", "content": "Weather in Paris and Berlin?"}
    ids = [call["id"] for call in asking["tool_calls"]]
    assert [first["tool_call_id"], second["tool_call_id"]] == ids
    assert [call["function"]["name"] for call in asking["tool_calls"]] == ["get_weather"] * 2
    assert answer["content"] == "It is 14°C and raining in Paris, 9°C and cloudy in Berlin."
    assert body["num_prompt_messages"] == 5
    assert body["tools"][0]["function"]["parameters"]["required"] == ["city"]
    assert (trace.num_turns, trace.num_tools, trace.input_tokens) == (1, 1, 42)
    assert body["finish_reason"] == "stop"


@pytest.mark.parametrize("folder", FULL)
def test_a_second_choice_is_kept_beside_the_first(folder: str) -> None:
    body = next(
        body for _, body in read_traces(folder) if body["messages"][0]["content"] == "Say it twice"
    )
    other = body["metadata"]["other_answers"]
    assert [message["role"] for message in body["messages"]] == ["user", "assistant"]
    assert [each["messages"][0]["content"] for each in other] == ["Premium users can request"]
    assert (body["finish_reason"], other[0]["finish_reason"]) == ("length", "length")


@pytest.mark.parametrize("folder", FULL)
def test_an_image_stays_beside_its_question(folder: str) -> None:
    body = next(body for trace, body in read_traces(folder) if b"image_url" in trace.body)
    assert body["messages"][0]["content"] == [
        {"type": "text", "text": "What is in the image?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
    ]


@pytest.mark.parametrize("folder", [*FULL, "traceloop_0.62", "traceloop_0.40_legacy"])
def test_a_call_that_failed_keeps_its_question_and_says_why(folder: str) -> None:
    trace, body = next(
        (trace, body)
        for trace, body in read_traces(folder)
        if trace.model == "error-429" or b"error-429" in trace.body
    )
    assert (trace.status, trace.num_turns) == (TraceStatus.ERROR, 0)
    assert body["messages"] == [{"role": "user", "content": "boom"}]
    assert "429" in body["metadata"]["error"]["message"]


@pytest.mark.parametrize("folder", FULL)
def test_items_of_the_responses_api_become_turns(folder: str) -> None:
    bodies = [body for _, body in read_traces(folder)]
    last = bodies[-1]
    assert [message["role"] for message in last["messages"]] == [
        "user",
        "assistant",
        "tool",
        "assistant",
    ]
    assert last["messages"][1]["tool_calls"][0]["function"] == {
        "name": "get_weather",
        "arguments": last["messages"][1]["tool_calls"][0]["function"]["arguments"],
    }
    assert last["messages"][2]["tool_call_id"] == last["messages"][1]["tool_calls"][0]["id"]
    system = bodies[-3]["messages"][0]
    assert system == {"role": "system", "content": "Be concise."}


def test_raw_bodies_lose_nothing() -> None:
    bodies = [body for _, body in read_traces("openinference")]
    with_tools = next(body for body in bodies if "tools" in body)
    assert with_tools["tools"][0]["function"]["strict"] is True
    assert with_tools["tool_choice"] == "auto"
    assert bodies[0]["metadata"]["request"] == {"model": "gpt-4o-mini", "temperature": 0.2}
    assert bodies[0]["metadata"]["response"]["system_fingerprint"] == "fp_fake"


def test_raw_bodies_keep_what_choices_say_beside_their_messages() -> None:
    def choice(index: int, **beside: Any) -> dict[str, Any]:
        message = {"role": "assistant", "content": str(index)}
        return {"index": index, "message": message, "finish_reason": "stop", **beside}

    def left(*choices: dict[str, Any]) -> Any:
        call = read_bodies({"messages": []}, {"choices": list(choices), "id": "c"})
        assert [each.messages[0]["content"] for each in call.answers] == [
            str(each["index"]) for each in choices
        ]
        return call.metadata["response"].get("choices")

    sure = {"content": [{"token": "0", "logprob": -0.1}]}
    safe = {"hate": {"filtered": False}}
    assert left(choice(0, logprobs=sure)) == [{"logprobs": sure}]
    assert left(choice(0, logprobs=None)) is None
    assert left(choice(0), choice(1, content_filter_results=safe)) == [
        {"index": 1, "content_filter_results": safe}
    ]


def test_the_same_spans_in_json_and_protobuf_give_the_same_traces() -> None:
    def told(folder: str) -> list[tuple[Any, ...]]:
        return [
            (
                trace.model,
                trace.title,
                trace.num_turns,
                [message.get("content") for message in body["messages"]],
            )
            for trace, body in read_traces(folder)
        ]

    assert told("openinference") == told("openinference_otlp_json")


def test_a_tool_call_of_litellm_stands_apart_from_its_message() -> None:
    ((trace, body),) = read_traces("litellm_otel")
    answer = body["messages"][-1]
    assert (trace.source, trace.model, body["finish_reason"]) == ("litellm", "small", "tool_calls")
    assert (answer["content"], body["metadata"]["user_id"]) == (None, "ann")
    (call,) = answer["tool_calls"]
    assert call["function"] == {"name": "get_weather", "arguments": '{"city": "Paris"}'}
    assert "gen_ai.completion" not in str(body["metadata"])
