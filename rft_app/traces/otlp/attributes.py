"""Readers of attributes: JSON in texts, numbers in any form, names with indices."""

import re
from typing import Any

import msgspec

from rft_app.traces.line import WrongShapeError
from rft_app.traces.otlp.parts import Json, is_list, is_object
from rft_app.traces.otlp.span import Attributes

_decode = msgspec.json.Decoder().decode


def parse_json(value: object, name: str) -> Any:  # noqa: ANN401  # JSON
    """The value of an attribute that holds JSON as text or, as some senders do, as a structure.

    Raises:
        WrongShapeError: The text is no JSON; most likely it was cut off.
    """
    if not isinstance(value, str):
        return value
    try:
        return _decode(value)
    except (msgspec.DecodeError, RecursionError) as error:
        raise WrongShapeError(f"`{name}` is not JSON: {error}.") from error


def try_json(value: object) -> Any:  # noqa: ANN401  # JSON
    """As `parse_json`, but a text that is no JSON is meant as text."""
    if not isinstance(value, str):
        return value
    try:
        return _decode(value)
    except (msgspec.DecodeError, RecursionError):
        return value


def parse_said(value: object, name: str) -> Any:  # noqa: ANN401  # JSON
    """As `parse_json`, but a text that does not begin as messages in JSON do is what was said.

    Raises:
        WrongShapeError: It begins as JSON and is none.
    """
    if isinstance(value, str) and value.lstrip()[:1] not in {"[", "{", '"'}:
        return value if value.strip() else None
    return parse_json(value, name)


def read_number(value: object) -> float | None:
    """A number, also one written as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def read_usage(attributes: Attributes, **names: tuple[str, ...]) -> Json | None:
    """Token counts by their names in a usage object; each has several names as attribute."""
    usage: Json = {}
    for name, candidates in names.items():
        found = (read_number(attributes.get(each)) for each in candidates)
        number = next((each for each in found if each is not None), None)
        if number is not None:
            usage[name] = int(number)
    return usage or None


def read_text(attributes: Attributes, *names: str) -> str | None:
    """The first of these attributes that holds a text."""
    found = (attributes.get(name) for name in names)
    return next((value for value in found if isinstance(value, str) and value), None)


def unflatten(attributes: Attributes, prefix: str) -> list[Json]:
    """Objects that were flattened to attributes `prefix.0.role`, `prefix.0.calls.1.name` and so on.

    Indices need not begin at 0 and may have gaps; their order is that of numbers.

    Example:
        >>> unflatten({"m.10.a": 1, "m.2.b.0.c": 2, "x": 3}, "m")
        [{'b': [{'c': 2}]}, {'a': 1}]
    """
    tree: Json = {}
    start = len(prefix) + 1
    for name, value in attributes.items():
        if name.startswith(prefix) and name[len(prefix) : start] == ".":
            node, *path = name[start:].split(".")
            _place(tree, [node, *path], value)
    found = _fold(tree)
    return [each for each in found if is_object(each)] if is_list(found) else []


def _place(tree: Json, path: list[str], value: object) -> None:
    for key in path[:-1]:
        inner = tree.setdefault(key, {})
        if not is_object(inner):
            return
        tree = inner
    tree.setdefault(path[-1], value)


_INDEX = re.compile(r"[0-9]{1,9}")


def _fold(node: Any) -> Any:  # noqa: ANN401  # JSON
    if not is_object(node):
        return node
    if node and all(_INDEX.fullmatch(key) for key in node):
        return [_fold(node[key]) for key in sorted(node, key=int)]
    return {key: _fold(value) for key, value in node.items()}
