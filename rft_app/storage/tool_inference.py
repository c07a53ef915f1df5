"""Tool definitions for traces that call tools but do not say which ones exist."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeGuard

import msgspec
import orjson

_NOTE = "Inferred from the calls in the trace."
_TYPES: dict[type, str] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
    type(None): "null",
}


class _Function(msgspec.Struct):
    name: str
    arguments: str = "{}"


class _Call(msgspec.Struct):
    function: _Function


class _Caller(msgspec.Struct):
    tool_calls: list[_Call] | None = None


_decode_caller = msgspec.json.Decoder(_Caller).decode
_decode_arguments = msgspec.json.Decoder(dict[str, Any]).decode


def infer_tools(messages: Iterable[bytes]) -> bytes | None:
    r"""Definitions of every tool that `messages` call, as a JSON array in order of first use.

    The parameters are those seen, with the types seen; an argument that every call gave is
    required.  Calls whose arguments are not a JSON object give a definition without parameters.

    Example:
        >>> call = b'{"tool_calls":[{"function":{"name":"f","arguments":"{\\"n\\":1}"}}]}'
        >>> orjson.loads(infer_tools([call]))[0]["function"]["parameters"]["properties"]
        {'n': {'type': 'integer'}}

    Returns:
        `None` when nothing is called.
    """
    seen: dict[str, list[dict[str, Any]]] = {}
    for function in _iterate_calls(messages):
        seen.setdefault(function.name, []).extend(_arguments(function))
    return orjson.dumps([_define(name, calls) for name, calls in seen.items()]) if seen else None


def _iterate_calls(messages: Iterable[bytes]) -> Iterator[_Function]:
    for message in messages:
        try:
            calls = _decode_caller(message).tool_calls
        except msgspec.ValidationError:
            continue
        yield from (call.function for call in calls or ())


def _arguments(function: _Function) -> list[dict[str, Any]]:
    try:
        return [_decode_arguments(function.arguments)]
    except msgspec.DecodeError:
        return []


def _define(name: str, calls: list[dict[str, Any]]) -> dict[str, Any]:
    names = dict.fromkeys(argument for call in calls for argument in call)
    parameters = {
        "type": "object",
        "properties": {
            argument: _schema([call[argument] for call in calls if argument in call])
            for argument in names
        },
        "required": [argument for argument in names if all(argument in call for call in calls)],
    }
    function = {"name": name, "description": _NOTE, "parameters": parameters}
    return {"type": "function", "function": function}


def _schema(values: list[Any]) -> dict[str, Any]:
    types = list(dict.fromkeys(_TYPES[type(value)] for value in values))
    if "number" in types and "integer" in types:
        types.remove("integer")
    schema: dict[str, Any] = {"type": types[0] if len(types) == 1 else types}
    if "array" in types:
        items = [item for value in values if _is_list(value) for item in value]
        schema["items"] = _schema(items) if items else {}
    return schema


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)
