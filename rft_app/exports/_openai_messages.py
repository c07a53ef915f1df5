"""Messages as OpenAI's fine-tuning files take them: known fields only, arguments as text."""

from collections.abc import Sequence
from typing import Any

import orjson

from rft_app.exports._rows import Decode, convert_messages

_FIELDS = {
    "system": ("content", "name"),
    "developer": ("content", "name"),
    "user": ("content", "name"),
    "assistant": ("content", "name", "refusal", "tool_calls", "weight"),
    "tool": ("content", "tool_call_id"),
}
_PARTS = {"user": ("text", "image_url"), "assistant": ("text", "refusal")}


def to_openai_messages(
    messages: Sequence[bytes], decode: Decode, roles: dict[str, str]
) -> bytes | None:
    """The messages as OpenAI takes them, as one JSON array; `None` when that cannot be done.

    Args:
        messages: One JSON object each.
        decode: Raises `msgspec.ValidationError` for an array with a message to write again.
        roles: Roles to call by another name.
    """
    return convert_messages(messages, decode, lambda raw: _rewrite(raw, roles))


def _rewrite(raw: bytes, roles: dict[str, str]) -> bytes | None:
    message: dict[str, Any] = orjson.loads(raw)
    role = message["role"]
    content: str | list[dict[str, Any]] | None = message.get("content")
    if isinstance(content, list) and not _has_known_parts(role, content):
        return None
    kept = {
        field: message[field]
        for field in _FIELDS[role]
        if message.get(field) is not None and field != "content"
    }
    if "tool_calls" in kept:
        kept["tool_calls"] = [_rewrite_call(call) for call in kept["tool_calls"]]
    if role == "tool" and content is None:
        content = ""
    return orjson.dumps({"role": roles.get(role, role), "content": content, **kept})


def _has_known_parts(role: str, parts: list[dict[str, Any]]) -> bool:
    known = _PARTS.get(role, ("text",))
    return all(type(part) is dict and part.get("type") in known for part in parts)


def _rewrite_call(call: dict[str, Any]) -> dict[str, Any]:
    function = call["function"]
    return {
        "id": call["id"],
        "type": "function",
        "function": {"name": function["name"], "arguments": function["arguments"]},
    }
