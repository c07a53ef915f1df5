"""Messages as TRL's chat templates take them: text content, arguments as objects, no null.

Templates disagree on arguments given as text: some encode them twice, some fail.  Objects work in
all but DeepSeek-V3's.  TRL drops every null before it renders, so none is written.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import orjson
from pydantic import JsonValue

from rft_app.domain.message import text_of
from rft_app.exports._rows import convert_messages
from rft_app.exports._shapes import Answer, NamedToolResult, System, User

decode_plain: Final = msgspec.json.Decoder(list[System | User | Answer | NamedToolResult]).decode
"""Reads messages that TRL takes as they are."""
_ROLES: Final = {"developer": "system"}
"""Chat templates do not know the newer word."""


def to_trl_messages(messages: Sequence[bytes]) -> bytes | None:
    """The messages as TRL takes them, as one JSON array; `None` when one holds more than text."""
    return convert_messages(messages, decode_plain, _rewrite)


def _rewrite(raw: bytes) -> bytes | None:
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
        kept["tool_calls"] = [_rewrite_call(call) for call in calls]
    return orjson.dumps({"role": _ROLES.get(role, role), "content": content or "", **kept})


def _rewrite_call(call: dict[str, Any]) -> dict[str, Any]:
    function = call["function"]
    arguments = orjson.loads(function["arguments"])
    return {
        "id": call["id"],
        "type": "function",
        "function": {"name": function["name"], "arguments": _without_nulls(arguments)},
    }


def _without_nulls(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value
