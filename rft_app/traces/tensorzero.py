"""`{"type": "chat", "function_name": "…", "input": {…}, "output": […], "episode_id": "…", …}`.

A `StoredInference` of TensorZero's API, or a row of its tables `ChatInference` and `JsonInference`,
whose JSON columns are written as text.
"""

from typing import Any

import msgspec

from rft_app.traces.draft import Draft
from rft_app.traces.exchange import draft_call, pack, tell
from rft_app.traces.line import Row, WrongShapeError
from rft_app.traces.otlp.attributes import try_json
from rft_app.traces.otlp.call import Answer, Call, read_tool_choice, read_tools
from rft_app.traces.otlp.parts import Json, as_json_text, is_list, is_object
from rft_app.traces.otlp.turns import read_messages

_MOVED = ("input", "output", "dispreferred_outputs", "tool_params")
_TOOLS = ("additional_tools", "tools_available", "tool_choice", "parallel_tool_calls")
_CHOICES = {"off": "none"}
_decode = msgspec.json.Decoder().decode


class TensorZero:
    """The answer is the output; a worse one is kept as `rejected`, its episode is the group."""

    name = "tensorzero"
    label = "TensorZero inferences"

    def matches(self, row: Row) -> bool:
        """The names of function and variant, and an input."""
        return "function_name" in row and "variant_name" in row and "input" in row

    def draft(self, row: Row) -> Draft:
        """Parameters, tags and scores stay metadata."""
        if not self.matches(row):
            raise WrongShapeError("`function_name`, `variant_name` or `input` is missing.")
        known = {name: try_json(_decode(row[name])) for name in (*_MOVED, *_TOOLS) if name in row}
        given = known.get("input")
        if not is_object(given):
            raise WrongShapeError("`input` is not an object with `messages`.")
        call = Call(prompt=_read_prompt(given), answers=_read_output(known.get("output")))
        _take_tools(call, known)
        tell(
            row,
            id="inference_id",
            session_id="episode_id",
            model="variant_name",
            latency_ms="processing_time_ms",
            time_to_first_token_ms="ttft_ms",
        )
        for name in (*_MOVED, *_TOOLS):
            row.pop(name, None)
        draft = draft_call(call, row)
        worse = known.get("dispreferred_outputs")
        if is_list(worse) and worse:
            draft.body["rejected"] = pack(read_messages(_blocks(worse[0]), "assistant"))
        return draft


def _read_prompt(given: Json) -> list[Json]:
    said = [
        {**message, "content": _blocks(message.get("content")), "type": "message"}
        for message in given.get("messages") or ()
        if is_object(message)
    ]
    return [*read_messages(_system(given.get("system")), "system"), *read_messages(said)]


def _system(value: object) -> object:
    """A text; the arguments of a template count as their JSON."""
    return as_json_text(value) if is_object(value) else value


def _read_output(value: object) -> list[Answer]:
    """Blocks of a chat function, or `raw` and `parsed` of a JSON function."""
    if is_object(value):
        raw = value.get("raw")
        return [] if raw is None else [Answer(read_messages(raw, "assistant"))]
    if not is_list(value) or not value:
        return []
    messages = read_messages(_blocks(value), "assistant")
    has_calls = any(message.get("tool_calls") for message in messages)
    return [Answer(messages, "tool_calls" if has_calls else None)]


def _blocks(value: object) -> object:
    return [_block(part) for part in value] if is_list(value) else value


def _block(part: Any) -> Any:  # noqa: ANN401  # JSON
    """A content block in words that `read_messages` knows."""
    kind = part.get("type") if is_object(part) else None
    told = part.get("value", part.get("arguments")) if is_object(part) else None
    if kind == "tool_call":
        name, given = part.get("raw_name"), part.get("raw_arguments")
        return {**part, "name": name or part.get("name"), "arguments": given or told}
    if kind == "thought":
        return {**part, "type": "reasoning"}
    if kind in {"text", "raw_text", "template"} and "text" not in part:
        return {"type": "text", "text": told}
    return part


def _take_tools(call: Call, known: Json) -> None:
    told = known.get("tool_params")
    settings: Json = {**(told if is_object(told) else {}), **known}
    tools = settings.get("additional_tools") or settings.get("tools_available")
    call.tools = read_tools(tools)
    choice = settings.get("tool_choice")
    if is_object(choice) and "specific" in choice:
        choice = {"type": "tool", "name": choice["specific"]}
    call.tool_choice, call.parallel_tool_calls = read_tool_choice(choice)
    if isinstance(settings.get("parallel_tool_calls"), bool):
        call.parallel_tool_calls = settings["parallel_tool_calls"]
