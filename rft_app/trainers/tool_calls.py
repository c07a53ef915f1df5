"""Calls of tools that a model wrote as text, in the forms that open models are taught.

`<tool_call>{"name": …, "arguments": {…}}</tool_call>`, as often as there are calls (Hermes, Qwen);
or nothing but one such object, or an array of them, where the arguments may be called `parameters`
(Llama 3, Mistral once its marks are taken off).
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import orjson
from pydantic import AliasChoices, BaseModel, Field, TypeAdapter, ValidationError

from rft_app.domain.rollout import Json

_BLOCK = re.compile(r"<tool_call>(.*?)(?:</tool_call>|\Z)", re.DOTALL)


class _Call(BaseModel):
    name: str = Field(min_length=1)
    arguments: dict[str, Any] = Field(
        default_factory=dict, validation_alias=AliasChoices("arguments", "parameters")
    )


_CALLS = TypeAdapter(_Call | list[_Call])


def read_answer(text: str) -> Json:
    """The assistant's message in an answer: its text, and its calls where it has some.

    A call that is not whole, or no JSON, stays text: what nobody can run is no call.

    Example:
        >>> read_answer('Yes.<tool_call>{"name": "pay", "arguments": {}}</tool_call>')["content"]
        'Yes.'
        >>> "tool_calls" in read_answer("I would call pay.")
        False
    """
    blocks = list(_BLOCK.finditer(text))
    found = [_read_calls(block[1]) for block in blocks] if blocks else [_read_calls(text)]
    calls = [call for some in found for call in some]
    if not calls or not all(found):
        return {"role": "assistant", "content": text}
    said = _BLOCK.sub("", text).strip() if blocks else ""
    return {"role": "assistant", "content": said, "tool_calls": list(_write_calls(calls))}


def write_answer(content: str, calls: Iterable[Json]) -> str:
    """An answer with its calls as text, in the first of these forms.

    Example:
        >>> call = {"type": "function", "function": {"name": "pay", "arguments": "{}"}}
        >>> write_answer("Yes.", [call])
        'Yes.<tool_call>{"name":"pay","arguments":{}}</tool_call>'
    """
    return content + "".join(f"<tool_call>{_write_call(call)}</tool_call>" for call in calls)


def _write_call(call: Json) -> str:
    function: Json = call.get("function") or {}
    arguments = function.get("arguments") or "{}"
    with suppress(TypeError, orjson.JSONDecodeError):
        arguments = orjson.loads(arguments)
    return orjson.dumps({"name": function.get("name"), "arguments": arguments}).decode()


def _read_calls(text: str) -> list[_Call]:
    try:
        found = _CALLS.validate_json(text.strip())
    except ValidationError:
        return []
    return found if isinstance(found, list) else [found]


def _write_calls(calls: Iterable[_Call]) -> Iterable[Json]:
    for number, call in enumerate(calls):
        arguments = orjson.dumps(call.arguments).decode()
        function = {"name": call.name, "arguments": arguments}
        yield {"id": f"call_{number}", "type": "function", "function": function}
