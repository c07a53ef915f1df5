"""Chat messages: decoded only as far as the checks need, mended only where they must be."""

from typing import Any, TypeGuard

import msgspec

from rft_app.domain.message import text_of
from rft_app.traces.line import WrongShapeError, as_text, is_null, join_arrays, starts_with
from rft_app.traces.otlp.parts import read_custom

SYSTEM_ROLES = frozenset({"system", "developer"})


class LightFunction(msgspec.Struct, gc=False):
    """Name and arguments of a call."""

    name: str
    arguments: str


class LightCall(msgspec.Struct, gc=False):
    """One tool call."""

    id: str
    function: LightFunction
    type: str = "function"


class LightMessage(msgspec.Struct, gc=False):
    """What the validity check reads of a message; its other keys stay in the raw bytes."""

    role: str
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[LightCall] | None = None
    tool_call_id: str | None = None
    name: str | None = None


class Chat(msgspec.Struct, frozen=True, gc=False):
    """A conversation as canonical JSON, and the same decoded for checking."""

    raw: msgspec.Raw
    messages: list[LightMessage]


_decoder = msgspec.json.Decoder(list[LightMessage])


def parse_chat(raw: msgspec.Raw, where: str = "messages") -> Chat:
    """Read a JSON array of messages; bytes that are canonical already are kept as they are.

    Raises:
        WrongShapeError: It is not an array of objects.
    """
    try:
        return Chat(raw, _decoder.decode(raw))
    except msgspec.ValidationError:
        mended = msgspec.json.encode(_mend(msgspec.json.decode(raw), where))
        return Chat(msgspec.Raw(mended), _decoder.decode(mended))


def chat_of(*turns: tuple[str, msgspec.Raw | None]) -> Chat:
    """Join turns to one conversation.

    Args:
        turns: Role and value; a value is a list of messages, one message, or the text of a
            message with that role. Absent values add nothing.

    Raises:
        WrongShapeError: A list holds something else than messages.
    """
    joined = join_arrays(*(_turn(role, raw) for role, raw in turns))
    return parse_chat(msgspec.Raw(joined), "the messages")


def _turn(role: str, raw: msgspec.Raw | None) -> bytes:
    if raw is None or is_null(raw):
        return b"[]"
    if starts_with(raw, b"["):
        return bytes(raw)
    if starts_with(raw, b"{"):
        return b"[" + bytes(raw) + b"]"
    return msgspec.json.encode([{"role": role, "content": as_text(raw)}])


def first_user_text(messages: list[LightMessage]) -> str:
    """Text of the first user message; empty when there is none."""
    for message in messages:
        if message.role == "user":
            content = message.content
            return content if isinstance(content, str) else text_of(content)
    return ""


def system_text(messages: list[LightMessage]) -> str:
    """Text of the system prompt; empty when the conversation begins without one."""
    if messages and messages[0].role in SYSTEM_ROLES:
        content = messages[0].content
        return content if isinstance(content, str) else text_of(content)
    return ""


def count_tools(messages: list[LightMessage]) -> int:
    """How many different tools are called."""
    calling = [message.tool_calls for message in messages if message.tool_calls]
    return len({call.function.name for calls in calling for call in calls}) if calling else 0


def _is_object(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _mend(messages: object, where: str) -> list[dict[str, Any]]:
    if not _is_list(messages):
        raise WrongShapeError(f"`{where}` is not a list of messages.")
    open_calls: list[str] = []
    mended: list[dict[str, Any]] = []
    for index, message in enumerate(messages):
        if not _is_object(message):
            raise WrongShapeError(f"`{where}[{index}]` is not an object.")
        mended.append(_mend_message(message, f"{where}[{index}]", open_calls))
    return mended


def _mend_message(message: dict[str, Any], where: str, open_calls: list[str]) -> dict[str, Any]:
    mended = {**message, "role": _text(message.get("role"))}
    if "content" in message:
        mended["content"] = _mend_content(message, where)
    if message.get("tool_calls") is not None:
        calls = _mend_calls(message["tool_calls"], where, len(open_calls))
        open_calls.extend(call["id"] for call in calls)
        mended["tool_calls"] = calls
    if message.get("name") is not None:
        mended["name"] = _text(message["name"])
    if mended["role"] == "tool" or message.get("tool_call_id") is not None:
        answered = message.get("tool_call_id")
        if answered is None and open_calls:
            answered = open_calls[0]
        mended["tool_call_id"] = None if answered is None else _text(answered)
        if mended["tool_call_id"] in open_calls:
            open_calls.remove(mended["tool_call_id"])
    return mended


def _mend_content(message: dict[str, Any], where: str) -> str | list[dict[str, Any]] | None:
    content = message["content"]
    if content is None or isinstance(content, str):
        return content
    if _is_list(content) and all(isinstance(part, str) or _is_object(part) for part in content):
        return [{"type": "text", "text": p} if isinstance(p, str) else p for p in content]
    if _is_object(content) and "type" in content:
        return [content]
    if message.get("role") != "tool":
        raise WrongShapeError(f"`{where}.content` is neither text nor a list of parts.")
    return _text(content)


def _mend_calls(calls: object, where: str, num_before: int) -> list[dict[str, Any]]:
    if not _is_list(calls):
        raise WrongShapeError(f"`{where}.tool_calls` is not a list.")
    mended: list[dict[str, Any]] = []
    for index, call in enumerate(calls):
        if _is_object(call) and "function" not in call and _is_object(call.get("custom")):
            call = read_custom(call, call["custom"])
        function = call.get("function", call) if _is_object(call) else None
        if not _is_object(call) or not _is_object(function):
            raise WrongShapeError(f"`{where}.tool_calls[{index}]` is not a call of a function.")
        named = {"name": _text(function.get("name")), "arguments": _arguments(function)}
        extra = {key: value for key, value in function.items() if key not in named}
        outer = {} if function is call else call
        own_id = call.get("id")
        mended.append(
            {
                **outer,
                "id": f"call_{num_before + index}" if own_id is None else _text(own_id),
                "type": _text(call.get("type") or "function"),
                "function": {**named, **({} if function is call else extra)},
            }
        )
    return mended


def _arguments(function: dict[str, Any]) -> str:
    arguments = function.get("arguments")
    return "{}" if arguments is None else _text(arguments)


def _text(value: object) -> str:
    """A text as it is, `None` as the empty text, anything else as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
