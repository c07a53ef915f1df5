"""Places such as `{{item.reference}}` in a text: find them, check them, fill them in."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import msgspec

from rft_app.domain.rollout import Sample

PATH = re.compile(r"(sample|item)(\.\w+)+")
"""What a place may name: a field of the answer or of the record, however deep."""
MAX_DIGITS = 10
"""Of a place in a list."""
_PLACE = re.compile(r"\{\{((?:(?!\{\{)[^\n])*?)\}\}")
_BRACES = re.compile(rf"{_PLACE.pattern}|\{{\{{")


class Fault(NamedTuple):
    """A place that nothing can fill in."""

    message: str
    line: int
    """Counted from 1, like the column."""
    column: int


def find_places(text: str) -> list[str]:
    """The paths that a text names, in order.

    Example:
        >>> find_places("{{ item.a }} or {{sample.output_text}}")
        ['item.a', 'sample.output_text']
    """
    return [path.strip() for path in _PLACE.findall(text)]


def find_faults(text: str) -> Iterator[Fault]:
    """Places that are not closed, or name what no record and no answer can have.

    Example:
        >>> [fault.column for fault in find_faults("ok {{item.a}} {{answer}} {{sample.score}} {{")]
        [15, 26, 43]
    """
    for found in _BRACES.finditer(text):
        if (message := _find_fault(found[1])) is not None:
            before = text[: found.start()]
            line = before.count("\n") + 1
            yield Fault(message, line, found.start() - (before.rfind("\n") + 1) + 1)


def _find_fault(inside: str | None) -> str | None:
    if inside is None:
        return "`{{` is not closed by `}}` in its line"
    path = inside.strip()
    if not PATH.fullmatch(path):
        return f"there is no variable {{{{{path}}}}}; write {{{{item.…}}}} or {{{{sample.…}}}}"
    root, field = path.split(".")[:2]
    if root == "sample" and field not in Sample.__annotations__:
        known = ", ".join(Sample.__annotations__)
        return f"there is no variable {{{{{path}}}}}; of `sample` there are {known}"
    return None


def fill(text: str, values: Mapping[str, Any]) -> str:
    """The text with each place replaced by what is there; by nothing where nothing is."""
    return _PLACE.sub(lambda found: look_up(values, found[1].strip()) or "", text)


def look_up(values: Mapping[str, Any], path: str) -> str | None:
    """The text at a dotted path; numbers and objects as JSON, `None` where there is nothing."""
    found = find_value(values, path)
    if found is None or isinstance(found, str):
        return found
    return msgspec.json.encode(found).decode()


def find_value(values: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401  # any JSON
    """What is at a dotted path; `None` where there is nothing."""
    found: Any = values
    for key in path.split("."):
        found = _step_into(found, key)
    return found


def _step_into(found: Any, key: str) -> Any:  # noqa: ANN401  # any JSON
    for candidate in (key, int(key)) if key.isdecimal() and len(key) < MAX_DIGITS else (key,):
        with suppress(LookupError, TypeError):
            return found[candidate]
    return None
