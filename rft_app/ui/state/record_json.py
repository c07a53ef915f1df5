"""A record as JSON for a person to edit, and back; faults name their place."""

import re
from typing import Any

import msgspec
from pydantic import ValidationError

from rft_app.domain.message import Message
from rft_app.domain.record_draft import RecordDraft
from rft_app.errors import InvalidInputError

_NAMES = (
    *("messages", "output", "tools", "tool_choice", "parallel_tool_calls"),
    *("reference", "metadata"),
)
_BYTE = re.compile(r" \(byte (\d+)\)$")


def write_json(draft: RecordDraft) -> str:
    """What can be edited of a draft, indented; what is not there is left out.

    Example:
        >>> print(write_json(RecordDraft(messages=(Message(role="user", content="Hi"),))))
        {
          "messages": [
            {
              "role": "user",
              "content": "Hi"
            }
          ]
        }
    """
    values = draft.model_dump(mode="json", include=set(_NAMES), exclude={"messages", "output"})
    body: dict[str, Any] = {"messages": [_dump(message) for message in draft.messages]}
    if draft.output is not None:
        body["output"] = _dump(draft.output)
    body |= {name: value for name, value in values.items() if value not in (None, [], {})}
    return msgspec.json.format(msgspec.json.encode(body), indent=2).decode()


def _dump(message: Message) -> dict[str, Any]:
    return message.model_dump(mode="json", exclude_unset=True)


def read_json(text: str, seen: RecordDraft) -> RecordDraft:
    """The draft that a text describes; where it belongs is taken from `seen`.

    Raises:
        InvalidInputError: It is no JSON (with `line` and `column`), or a part has the wrong form;
            the message names the part.
    """
    values = read_object(text)
    unknown = [name for name in values if name not in _NAMES]
    if unknown:
        raise InvalidInputError(
            f"“{unknown[0]}” is no part of a record; its parts are {', '.join(_NAMES)}."
        )
    if not isinstance(values.get("messages"), list):
        raise InvalidInputError("messages: a record needs a list of messages.")
    kept = seen.model_dump(mode="json", exclude=set(_NAMES))
    try:
        return RecordDraft.model_validate(kept | values)
    except ValidationError as error:
        fault = error.errors()[0]
        raise InvalidInputError(f"{_place(fault['loc'])}: {fault['msg']}.") from error


def read_object(text: str) -> dict[str, Any]:
    """The JSON object in a text.

    Raises:
        InvalidInputError: It is none; `line` and `column` say where reading ended.
    """
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.ValidationError as error:
        raise InvalidInputError("A record is a JSON object, from { to }.", line=1) from error
    except (msgspec.DecodeError, RecursionError) as error:
        line, column = _locate(text, str(error))
        said = _BYTE.sub("", str(error)).removeprefix("JSON is malformed: ")
        raise InvalidInputError(
            f"Line {line}, column {column}: {said}.", line=line, column=column
        ) from error


def _locate(text: str, said: str) -> tuple[int, int]:
    found = _BYTE.search(said)
    data = text.encode()
    before = data[: int(found[1])] if found else data
    return before.count(b"\n") + 1, len(before.rpartition(b"\n")[2].decode(errors="ignore")) + 1


def _place(parts: tuple[int | str, ...]) -> str:
    """A path as it is written in code.

    Example:
        >>> _place(("messages", 2, "content", "str"))
        'messages[2].content'
    """
    path = ""
    for part in parts:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part not in {"str", "list[dict[str,any]]", "dict[str,any]"}:
            path += f".{part}" if path else part
    return path
