"""Places such as `{{item.reference}}` in a text, and what is at them."""

import json
import math
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, TypeAlias

JsonValue: TypeAlias = "dict[str, JsonValue] | list[JsonValue] | str | float | bool | None"

PLACE: Final = re.compile(r"\{\{((?:(?!\{\{)[^\n])*?)\}\}")
MAX_DIGITS: Final = 10
"""Of a place in a list."""


class NotGradedError(Exception):
    """An answer that cannot be graded; never a zero."""


class MissingFieldError(Exception):
    """An answer without the part that is compared; it is wrong, whatever the reference."""


def find_places(text: str) -> list[str]:
    """The paths that a text names, in order.

    Example:
        >>> find_places("{{ item.a }} or {{sample.output_text}}")
        ['item.a', 'sample.output_text']
    """
    return [path.strip() for path in PLACE.findall(text)]


def fill(text: str, values: Mapping[str, Any]) -> str:
    """The text with each place replaced by what is there; by nothing where nothing is."""
    return PLACE.sub(lambda found: look_up(values, found[1].strip()) or "", text)


def look_up(values: Mapping[str, Any], path: str) -> str | None:
    """The text at a dotted path; numbers and objects as JSON, `None` where there is nothing.

    Example:
        >>> look_up({"item": {"fares": [{"eur": 4}]}}, "item.fares.0")
        '{"eur":4}'
    """
    found = find_value(values, path)
    if found is None or isinstance(found, str):
        return found
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


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


def read_json(text: str) -> Any:  # noqa: ANN401  # any JSON
    """A text as JSON, by the letter of its standard: no NaN, no infinity.

    Raises:
        ValueError: It is none.
        RecursionError: It is nested too deeply.
    """
    return json.loads(text, parse_constant=_refuse, parse_float=_to_finite)


def _refuse(text: str) -> Any:  # noqa: ANN401  # never comes back
    raise ValueError(f"{text} is not JSON")


def _to_finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def require_field(path: str, sample: Mapping[str, Any]) -> str:
    """The text at a path of the answer.

    Raises:
        MissingFieldError: The answer has none there, e.g. because it is no JSON.
    """
    found = look_up(sample, path)
    if found is None:
        raise MissingFieldError(describe_missing(path, sample))
    return found


def describe_missing(path: str, sample: Mapping[str, Any]) -> str:
    """What is wrong with an answer that has nothing at a path."""
    is_json = sample["output_json"] is not None or not path.startswith("output_json")
    return f"The answer has no `{path}`." if is_json else "The answer is not JSON."


def require_reference(text: str, sample: Mapping[str, Any], item: Mapping[str, Any]) -> str:
    """A reference with its places filled in.

    Raises:
        NotGradedError: The record has nothing at one of them.
    """
    values = {"sample": sample, "item": item}
    for place in find_places(text):
        if look_up(values, place) is None:
            raise NotGradedError(f"The record has no `{place}` to compare with.")
    return fill(text, values)
