"""A request as the library takes it."""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from rft_app.llm.chat import ChatRequest


def to_arguments(request: ChatRequest, left_out: Collection[str] = ()) -> dict[str, Any]:
    """What is sent, without the parameters that the provider refuses.

    Example:
        >>> to_arguments(ChatRequest(model="m", messages=(), max_tokens=5), {"max_tokens"})
        {'model': 'm', 'messages': [], 'max_completion_tokens': 5}
    """
    turns = [message.model_dump() for message in request.messages]
    messages = [*request.conversation, *turns]
    arguments: dict[str, Any] = {"model": request.model, "messages": messages}
    arguments |= _describe_tools(request)
    schema = request.reply_schema
    if request.temperature is not None and "temperature" not in left_out:
        arguments["temperature"] = request.temperature
    if "max_tokens" not in left_out:
        arguments["max_tokens"] = request.max_tokens
    elif "max_completion_tokens" not in left_out:
        arguments["max_completion_tokens"] = request.max_tokens
    if schema is not None and "response_format" in left_out:
        messages.append({"role": "user", "content": _describe(schema)})
    elif schema is not None:
        arguments["response_format"] = _to_format(schema)
    return arguments


def _describe_tools(request: ChatRequest) -> dict[str, Any]:
    """Providers refuse a choice of tools where there are none."""
    if not request.tools:
        return {}
    more = {
        "tool_choice": request.tool_choice,
        "parallel_tool_calls": request.parallel_tool_calls,
    }
    return {"tools": list(request.tools), **{k: v for k, v in more.items() if v is not None}}


def _to_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    is_strict = schema.get("additionalProperties") is False
    named = {"name": "reply", "strict": is_strict, "schema": dict(schema)}
    return {"type": "json_schema", "json_schema": named}


def _describe(schema: Mapping[str, Any]) -> str:
    """For providers that enforce no schema."""
    shown = msgspec.json.encode(schema).decode()
    return f"Reply with one JSON object that matches this JSON schema, and nothing else:\n{shown}"
