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
        "`messages`, optionally `tools`, `tool_choice`, `parallel_tool_calls`",
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
        "`request` and `response` of one Chat Completions call",
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
