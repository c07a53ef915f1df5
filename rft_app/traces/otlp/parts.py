"""Pieces of messages, in any vocabulary, as Chat Completions knows them."""

from typing import Any, TypeGuard

import msgspec

from rft_app.traces.line import WrongShapeError

Json = dict[str, Any]

_CUSTOM = "custom"
_TEXTS = frozenset({"text", "input_text", "output_text", "summary_text", "reasoning_text"})


def is_object(value: object) -> TypeGuard[Json]:
    """Whether a value is a JSON object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether a value is a JSON array."""
    return isinstance(value, list)


def as_json_text(value: object) -> str:
    """A text as it is, nothing as the empty text, anything else as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def read_call(call: object) -> Json:
    """A tool call; its arguments become JSON text where the source parsed them.

    The input of a custom tool is free text; it stands as it is in the place of the arguments, and
    the type says so.

    Example:
        >>> read_call({"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}})
        {'id': 'c1', 'type': 'function', 'function': {'name': 'f', 'arguments': '{"a":1}'}}
    """
    if not is_object(call):
        raise WrongShapeError("A tool call is not an object.")
    function = call.get("function")
    if is_object(function):
        kind = _CUSTOM if call.get("type") == _CUSTOM else "function"
        arguments = _arguments(function.get("arguments"))
        return {**call, "type": kind, "function": {**function, "arguments": arguments}}
    custom = call.get("custom")
    if is_object(custom):
        return read_custom(call, custom)
    own_id = call.get("call_id") or call.get("id")
    named = {} if own_id is None else {"id": own_id}
    given = call["input"] if "input" in call else call.get("arguments")
    function = {"name": call.get("name") or "", "arguments": _arguments(given)}
    if call.get("type") == "custom_tool_call":
        told = {"name": function["name"], "input": as_json_text(given)}
        return read_custom({**named, "type": _CUSTOM}, told)
    return {**named, "type": "function", "function": function}


def read_custom(call: Json, custom: Json) -> Json:
    """A call of a custom tool.

    Args:
        call: With what stands beside the tool's name and input.
        custom: Name and input, a free text.

    Example:
        >>> read_custom({"id": "c1", "type": "custom"}, {"name": "run", "input": "print(1)"})
        {'id': 'c1', 'type': 'custom', 'function': {'name': 'run', 'arguments': 'print(1)'}}
    """
    outer = {key: value for key, value in call.items() if key != "custom"}
    inner = {key: value for key, value in custom.items() if key not in {"name", "input"}}
    told = {
        "name": as_json_text(custom.get("name")),
        "arguments": as_json_text(custom.get("input")),
    }
    return {**outer, "type": _CUSTOM, "function": {**inner, **told}}


def _arguments(value: object) -> str:
    return as_json_text(value) or "{}"


def read_result(part: Json) -> Json:
    """A tool's answer as a message of its own."""
    answered = next(
        (part[name] for name in ("call_id", "tool_use_id", "id") if part.get(name)), None
    )
    given = next(
        (part[name] for name in ("output", "response", "content", "result") if name in part), ""
    )
    message: Json = {"role": "tool", "tool_call_id": answered, "content": _result_content(given)}
    if part.get("is_error"):
        message["is_error"] = True
    return message


def _result_content(given: object) -> str | list[Json]:
    if not is_list(given) or not all(is_object(part) and "type" in part for part in given):
        return as_json_text(given)
    parts = [as_part(part) for part in given]
    return parts[0]["text"] if len(parts) == 1 and parts[0].keys() == {"type", "text"} else parts


def as_part(part: Json) -> Json:
    """A content part; what Chat Completions has no word for stays as it is.

    Example:
        >>> as_part({"type": "uri", "modality": "image", "uri": "https://a.example/cat.png"})
        {'type': 'image_url', 'image_url': {'url': 'https://a.example/cat.png'}}
    """
    kind = part.get("type")
    if kind in _TEXTS:
        return _text(part)
    if kind in _READERS:
        return _READERS[kind](part)
    return part


def _text(part: Json) -> Json:
    text = part.get("text", part.get("content"))
    kept = {
        name: value
        for name, value in part.items()
        if name not in {"type", "text", "content"} and value not in (None, [], {})
    }
    return {"type": "text", "text": as_json_text(text), **kept}


def _image(part: Json) -> Json:
    """Anthropic's image block, or OpenInference's."""
    source = part.get("source")
    if not is_object(source):
        return part
    url = source.get("url")
    if url is None:
        url = f"data:{source.get('media_type', 'image/png')};base64,{source.get('data', '')}"
    return {"type": "image_url", "image_url": {"url": url}}


def _input_image(part: Json) -> Json:
    if not isinstance(part.get("image_url"), str):
        return part
    detail = {"detail": part["detail"]} if part.get("detail") else {}
    return {"type": "image_url", "image_url": {"url": part["image_url"], **detail}}


def _input_file(part: Json) -> Json:
    return {"type": "file", "file": {key: part[key] for key in part if key != "type"}}


def _blob(part: Json) -> Json:
    """Bytes in base64."""
    data, mime = as_json_text(part.get("content")), str(part.get("mime_type") or "")
    if part.get("modality") == "image":
        url = f"data:{mime or 'image/png'};base64,{data}"
        return {"type": "image_url", "image_url": {"url": url}}
    if part.get("modality") == "audio":
        form = mime.rpartition("/")[2] or "wav"
        return {"type": "input_audio", "input_audio": {"data": data, "format": form}}
    return part


def _uri(part: Json) -> Json:
    if part.get("modality") != "image":
        return part
    return {"type": "image_url", "image_url": {"url": part.get("uri")}}


def _file(part: Json) -> Json:
    """A file by its id; one that is a chat part already stays."""
    if "file" in part or "file_id" not in part:
        return part
    return {"type": "file", "file": {"file_id": part["file_id"]}}


_READERS = {
    "image": _image,
    "input_image": _input_image,
    "input_file": _input_file,
    "blob": _blob,
    "uri": _uri,
    "file": _file,
}
