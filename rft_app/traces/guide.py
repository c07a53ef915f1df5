"""The row shapes as a person meets them: one line of each, and what becomes of it.

The table of `docs/import.md` says the same; a test compares them, and imports every example.
"""

from typing import NamedTuple

import msgspec


class ShapeGuide(NamedTuple):
    """One shape."""

    shape: str
    """Name in `rft_app.traces.SHAPES`."""
    fields: str
    """What a row has, in Markdown."""
    answer: str
    """What becomes the answer."""
    example: bytes
    """One row."""


def _guide(shape: str, fields: str, answer: str, /, **row: object) -> ShapeGuide:
    return ShapeGuide(
        shape, fields, answer, msgspec.json.format(msgspec.json.encode(row), indent=0)
    )


_QUESTION = {"role": "user", "content": "Cancel my flight."}
_ANSWER = {"role": "assistant", "content": "Which one?"}

GUIDE: tuple[ShapeGuide, ...] = (
    _guide(
        "messages",
        "`messages`, optionally `reference`, `tools`, `tool_choice`, `parallel_tool_calls`",
        "the last assistant turn",
        messages=[{"role": "system", "content": "You are an airline agent."}, _QUESTION, _ANSWER],
        model="gpt-4o",
        reward=0.5,
    ),
    _guide(
        "trajectory",
        "`messages` or `traj` with `trace_id`, `task_id` or `trial`: one whole agent run",
        "the last assistant turn, or every one",
        task_id=7,
        trial=0,
        reward=1.0,
        traj=[_QUESTION, _ANSWER, {"role": "user", "content": "LX 14."}, _ANSWER],
    ),
    _guide(
        "gateway_call",
        "`request` and `response` of one call: Chat Completions, Responses or Anthropic's Messages",
        "the response's message",
        trace_id="t-81",
        timestamp="2026-01-26T09:30:00Z",
        request={"model": "gpt-4o", "messages": [_QUESTION]},
        response={"choices": [{"message": _ANSWER, "finish_reason": "stop"}]},
    ),
    _guide(
        "litellm",
        "`litellm_call_id`, `messages`, `model_parameters`, `response`: "
        "LiteLLM's standard logging payload",
        "the response's message",
        litellm_call_id="a064ba21",
        status="success",
        startTime=1795313801.08,
        response_time=0.62,
        model="gpt-4o",
        messages=[_QUESTION],
        response={"choices": [{"message": _ANSWER, "finish_reason": "stop"}]},
    ),
    _guide(
        "litellm_spend",
        "`request_id`, `startTime`, `spend`, with `messages` or `proxy_server_request`, "
        "`response`: a row of LiteLLM's spend logs",
        "the response's message",
        request_id="chatcmpl-81",
        startTime="2026-01-26T09:30:00Z",
        spend=0.0002,
        proxy_server_request={"model": "gpt-4o", "messages": [_QUESTION]},
        response={"choices": [{"message": _ANSWER, "finish_reason": "stop"}]},
    ),
    _guide(
        "langfuse",
        "`type` GENERATION, `trace_id`, `start_time`, `input`, `output`: "
        "an observation of a Langfuse export",
        "the output",
        id="b1",
        trace_id="t-81",
        type="GENERATION",
        start_time="2026-01-26 09:30:00.000000",
        input=[_QUESTION],
        output=_ANSWER,
    ),
    _guide(
        "helicone",
        "`request_id`, `request_body`, `response_body`: a request of a Helicone export",
        "the response's message",
        request_id="r-81",
        request_created_at="2026-01-26T09:30:00Z",
        request_body={"model": "gpt-4o", "messages": [_QUESTION]},
        response_body={"choices": [{"message": _ANSWER, "finish_reason": "stop"}]},
        delay_ms=812,
    ),
    _guide(
        "openai_stored",
        "`object`, `choices` or `output`, and `messages` or `input`: "
        "a completion or response that OpenAI stored",
        "the first choice, or the output",
        id="chatcmpl-81",
        object="chat.completion",
        created=1795313801,
        model="gpt-4o",
        messages=[_QUESTION],
        choices=[{"message": _ANSWER, "finish_reason": "stop"}],
    ),
    _guide(
        "openai_batch",
        "`custom_id` with `body` and `response`: lines of a batch's input and output as one row; "
        "Anthropic's have `params` and `result`",
        "the response's message",
        custom_id="r-81",
        method="POST",
        url="/v1/chat/completions",
        body={"model": "gpt-4o", "messages": [_QUESTION]},
        response={
            "status_code": 200,
            "body": {"choices": [{"message": _ANSWER, "finish_reason": "stop"}]},
        },
    ),
    _guide(
        "anthropic",
        "`messages` with `system`, or with `content` and `stop_reason`: Anthropic's Messages API",
        "the content",
        system="You are an airline agent.",
        messages=[_QUESTION],
        content=[{"type": "text", "text": "Which one?"}],
        stop_reason="end_turn",
        usage={"input_tokens": 12, "output_tokens": 3},
    ),
    _guide(
        "tensorzero",
        "`function_name`, `variant_name`, `input`, `output`: an inference that TensorZero stored",
        "the output",
        function_name="support",
        variant_name="baseline",
        episode_id="e-81",
        input={
            "system": "You are an airline agent.",
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "Cancel my flight."}]}
            ],
        },
        output=[{"type": "text", "text": "Which one?"}],
    ),
    _guide(
        "openai_rft",
        "`messages` that end in a user or tool turn, and `reference_answer`",
        "none; the reference is kept",
        messages=[{"role": "user", "content": "What is 6 × 7?"}],
        reference_answer="42",
    ),
    _guide(
        "openai_dpo",
        "`input`, `preferred_output`, `non_preferred_output`",
        "the preferred output; the other is kept",
        input={"messages": [_QUESTION]},
        preferred_output=[_ANSWER],
        non_preferred_output=[{"role": "assistant", "content": "No."}],
    ),
    _guide(
        "trl_dpo",
        "`prompt`, `chosen`, `rejected`, as text or messages; `prompt` may be part of both",
        "the chosen one; the other is kept",
        prompt=[_QUESTION],
        chosen=[_ANSWER],
        rejected=[{"role": "assistant", "content": "No."}],
    ),
    _guide(
        "prompt_completion",
        "`prompt`, `completion`, as text or messages",
        "the completion",
        prompt="Name the capital of France.",
        completion="Paris",
    ),
    _guide(
        "question_answer",
        "`question`, `answer`",
        "the answer, which is the reference, too",
        question="How many days has a leap year?",
        answer="366",
    ),
)
