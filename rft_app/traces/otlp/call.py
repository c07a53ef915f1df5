"""What a dialect understood of one call of a model, whoever recorded it."""

from typing import Any

import msgspec

from rft_app.traces.otlp.parts import Json, is_list, is_object

_FINISH = {
    "tool_call": "tool_calls",
    "tool_use": "tool_calls",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "completed": "stop",
    "max_tokens": "length",
    "max_output_tokens": "length",
}
"""Words of other providers for the reasons of Chat Completions; unknown ones stay."""


class Answer(msgspec.Struct):
    """One choice."""

    messages: list[Json]
    finish_reason: str | None = None


class Call(msgspec.Struct):
    """One request to a model and what came back."""

    prompt: list[Json]
    answers: list[Answer] = []
    """Several where the request asked for them; none where it failed."""
    tools: list[Json] = []
    tool_choice: Any = None
    parallel_tool_calls: bool | None = None
    usage: Json | None = None
    model: str | None = None
    error: str | None = None
    first_token_ms: float | None = None
    """From the start of the call to the first piece of the answer."""
    metadata: Json = {}
    """What has no place of its own."""
    used: tuple[str, ...] = ()
    """Beginnings of the names of attributes that are understood in full."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing of what was said is known."""
        return not self.prompt and not self.answers


def read_finish(reason: object) -> str | None:
    """Why the model stopped, in the words of Chat Completions."""
    return _FINISH.get(reason, reason) if isinstance(reason, str) and reason else None


def read_tools(value: object) -> list[Json]:
    """Tool definitions as Chat Completions has them; those of no function stay as they are.

    Example:
        >>> read_tools([{"name": "f", "input_schema": {"type": "object"}}])
        [{'type': 'function', 'function': {'name': 'f', 'parameters': {'type': 'object'}}}]
    """
    return [_tool(tool) for tool in value if is_object(tool)] if is_list(value) else []


def _tool(tool: Json) -> Json:
    if tool.get("type") == "custom" and "name" in tool and "input_schema" not in tool:
        return {"type": "custom", "custom": {k: v for k, v in tool.items() if k != "type"}}
    is_function = tool.get("type", "function") in {"function", "custom", None}
    if "function" in tool or not is_function or "name" not in tool:
        return tool
    schema = tool.get("parameters", tool.get("input_schema"))
    function = {
        "name": tool["name"],
        "description": tool.get("description"),
        "parameters": schema,
        "strict": tool.get("strict"),
    }
    known = {name: value for name, value in function.items() if value is not None}
    return {"type": "function", "function": known}


def read_tool_choice(value: object) -> tuple[object, bool | None]:
    """The choice of tools, and whether several may be called at once where it says so."""
    if not is_object(value):
        return value, None
    parallel = None
    if "disable_parallel_tool_use" in value:
        parallel = not value["disable_parallel_tool_use"]
    kind, name = value.get("type"), value.get("name")
    if kind in {"auto", "none"}:
        return kind, parallel
    if kind == "any":
        return "required", parallel
    if kind in {"tool", "function"} and name:
        return {"type": "function", "function": {"name": name}}, parallel
    return value, parallel
