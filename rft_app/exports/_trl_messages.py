"""Messages as TRL's chat templates take them: text content, arguments as objects, no null.

Templates disagree on arguments given as text: some encode them twice, some fail.  Objects work in
all but DeepSeek-V3's.  TRL drops every null before it renders, so none is written.
"""

from functools import partial
from typing import Any, Final

import orjson
from pydantic import JsonValue

from rft_app.domain.export import ToolArguments
from rft_app.domain.message import text_of
from rft_app.domain.message_kind import MessageKind
from rft_app.exports._messages import MessageStyle

_ROLES: Final = {"developer": "system"}
"""Chat templates do not know the newer word."""


def trl_style(arguments: ToolArguments) -> MessageStyle:
    """How TRL takes messages, with a tool call's arguments as asked for."""
    rewrite = partial(_rewrite, is_text=arguments is ToolArguments.TEXT)
    return MessageStyle("system", MessageKind.CALLS, rewrite, mark=b'"tool_calls"')


def _rewrite(raw: bytes, *, is_text: bool) -> bytes | None:
    message: dict[str, Any] = orjson.loads(raw)
    content: str | list[dict[str, Any]] | None = message.pop("content", None)
    if isinstance(content, list):
        if any(type(part) is not dict or part.get("type") != "text" for part in content):
            return None
        content = text_of(content)
    role = message.pop("role")
    calls = message.pop("tool_calls", None)
    kept = {key: _without_nulls(value) for key, value in message.items() if value is not None}
    if calls:
        kept["tool_calls"] = [_rewrite_call(call, is_text=is_text) for call in calls]
    return orjson.dumps({"role": _ROLES.get(role, role), "content": content or "", **kept})


def _rewrite_call(call: dict[str, Any], *, is_text: bool) -> dict[str, Any]:
    function = call["function"]
    arguments: str = function["arguments"]
    return {
        "id": call["id"],
        "type": "function",
        "function": {
            "name": function["name"],
            "arguments": arguments if is_text else _to_object(arguments),
        },
    }


def _to_object(arguments: str) -> Any:  # noqa: ANN401  # any JSON
    """The arguments as they are, so that no number changes, but for nulls."""
    if "null" in arguments:
        return _without_nulls(orjson.loads(arguments))
    return orjson.Fragment(arguments)


def _without_nulls(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value
