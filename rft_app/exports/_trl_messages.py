"""Messages as TRL's chat templates take them: text content, arguments as objects, no null.

Templates disagree on arguments given as text: some encode them twice, some fail.  Objects work in
all but DeepSeek-V3's.  TRL drops every null before it renders, so none is written.
"""

from typing import Any, Final

import msgspec
import orjson
from pydantic import JsonValue

from rft_app.domain.message import text_of
from rft_app.domain.record import RecordBytes
from rft_app.exports._rows import array, copy_whole
from rft_app.exports._shapes import Answer, NamedToolResult, System, User

_decode = msgspec.json.Decoder(list[System | User | Answer | NamedToolResult]).decode
_ROLES: Final = {"developer": "system"}
"""Chat templates do not know the newer word."""


def to_trl_messages(record: RecordBytes, *, with_answer: bool) -> bytes | None:
    """The messages as TRL takes them, as one JSON array; `None` when one holds more than text."""
    if (whole := copy_whole(record, _decode, with_answer=with_answer)) is not None:
        return whole
    messages = record.input + record.output if with_answer else record.input
    written = [_convert(raw) for raw in messages]
    return array(raw for raw in written if raw is not None) if all(written) else None


def _convert(raw: bytes) -> bytes | None:
    try:
        _decode(array((raw,)))
    except msgspec.ValidationError:
        return _rewrite(raw)
    return raw


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
