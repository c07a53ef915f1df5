"""Messages as OpenAI's fine-tuning files take them: known fields only, arguments as text.

An assistant turn that only calls tools has `null` for content, however its source wrote that.
"""

from functools import partial
from typing import Any, Literal

import orjson

from rft_app.domain.message_kind import MessageKind
from rft_app.exports._messages import MessageStyle

_FIELDS = {
    "system": ("content", "name"),
    "developer": ("content", "name"),
    "user": ("content", "name"),
    "assistant": ("content", "name", "refusal", "tool_calls", "weight"),
    "tool": ("content", "tool_call_id"),
}
_INSTRUCTIONS = frozenset({"system", "developer"})
_PARTS = {"user": ("text", "image_url"), "assistant": ("text", "refusal")}


def openai_style(instructions: Literal["system", "developer"]) -> MessageStyle:
    """How OpenAI takes messages, with this role for instructions."""
    rewrite = partial(_rewrite, instructions=instructions)
    return MessageStyle(instructions, MessageKind.NAMED_RESULT, rewrite, has_strict_calls=True)


def _rewrite(raw: bytes, *, instructions: str) -> bytes | None:
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
    if content == "" and kept.get("tool_calls"):
        content = None
    role = instructions if role in _INSTRUCTIONS else role
    return orjson.dumps({"role": role, "content": content, **kept})


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
