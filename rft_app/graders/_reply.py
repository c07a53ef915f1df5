"""Replies of judges, read with tolerance and without guessing.

A reply that is one JSON object is taken as it is.  Of any other the last object with the field that
is looked for counts, because judges draft before they decide; thoughts, words around it, fences and
commas at the end of an object do no harm.
"""

import json  # noqa: TID251  # orjson reads whole texts only
import math
import re
from collections.abc import Callable
from typing import Final, TypeVar

import msgspec
from pydantic import JsonValue

from rft_app.llm.thoughts import strip_thoughts

Fields = dict[str, JsonValue]
ReadT = TypeVar("ReadT")

_NUMBER: Final = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_SCORED: Final = re.compile(
    rf"\s*({_NUMBER})(?:\s*(?:/|out of)\s*({_NUMBER}))?"
    r"(?![\w%]|[.,:/-]*[0-9]|\s*(?:to|/|-|–)\s*[0-9]|\s*%)"
)
"""A number that is not a part of another one, of a range or of a share."""
_MARKS: Final = r"[\s*_`']{0,10}"
"""Around the label; a quote would make it a field of JSON that is broken."""
_SHORT: Final = 40
_IS_NUMBER: Final = re.compile(rf"\s*{_NUMBER}\s*")
_LAST_COMMA: Final = re.compile(r",(?=\s*[}\]])")
_MAX_ATTEMPTS: Final = 1_000
"""Braces behind which no object is; a reply with more of them is none."""
_BRACKETED: Final = re.compile(r"\[\[\s*([^\[\]]{1,100}?)\s*\]\]")
"""How MT-bench's judges decide: `Rating: [[5]]`, `[[A]]`."""


def _refuse(constant: str) -> None:
    raise ValueError(constant)


_lenient: Final = json.JSONDecoder(strict=False, parse_constant=_refuse)
"""Reads line breaks in texts, which models write, and no `NaN` or `Infinity`."""


def decode(text: str) -> JsonValue:
    """The JSON of a text; `None` where it is none."""
    try:
        value: JsonValue = msgspec.json.decode(text.strip())
        return value
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def find_objects(text: str) -> list[Fields]:
    """The objects of a text that is more than one, in order; those inside of others are theirs.

    Example:
        >>> find_objects('By {the rules}: {"a": {"b": 1},} and {"c": 2}')
        [{'a': {'b': 1}}, {'c': 2}]
    """
    text = _LAST_COMMA.sub("", strip_thoughts(text))
    found: list[Fields] = []
    at, num_attempts = text.find("{"), 0
    while at >= 0 and num_attempts < _MAX_ATTEMPTS:
        try:
            fields, at = _lenient.raw_decode(text, at)
            found.append(fields)
        except (ValueError, RecursionError):
            at, num_attempts = at + 1, num_attempts + 1
        at = text.find("{", at)
    return found if at < 0 else []


def find_last(text: str, is_meant: Callable[[Fields], bool]) -> Fields | None:
    """The object that decides, with texts that can be stored; `None` where there is none.

    An object that is the whole reply decides; of several, the last one that `is_meant` takes, else
    the last one.
    """
    whole = decode(text)
    if whole is not None:
        return whole if isinstance(whole, dict) else None
    objects = find_objects(text)
    meant = next((one for one in reversed(objects) if is_meant(one)), None)
    found = meant or (objects[-1] if objects else None)
    return None if found is None else {name: _to_storable(value) for name, value in found.items()}


def read_words(
    text: str, labels: str, read: Callable[[str], ReadT | None]
) -> tuple[ReadT, str] | None:
    """What a reply without JSON decides, and the words before that.

    That is the whole reply, else what the last readable `[[…]]` holds, else what follows the last
    `Score: `.

    Args:
        text: The reply.
        labels: Words before the colon, as a regular expression, e.g. `score|rating`.
        read: Makes a decision of words; `None` where they are none.

    Example:
        >>> read_words("Score: 1? No. **Score:** 4", "score", read_number)
        (4.0, 'Score: 1? No. **')
        >>> read_words("Rating: [[ 3 ]]. The score: 9", "score", read_number)
        (3.0, 'Rating: ')
    """
    text = strip_thoughts(text).strip().strip('"`*_')
    if len(text) <= _SHORT and (found := read(text)) is not None:
        return found, ""
    for place in reversed(list(_BRACKETED.finditer(text))):
        if (found := read(place[1])) is not None:
            return found, text[: place.start()]
    named = re.compile(rf"\b(?:{labels})\b{_MARKS}(?:is|[:=]){_MARKS}", re.IGNORECASE)
    last = next(reversed(list(named.finditer(text))), None)
    if last is None or (found := read(text[last.end() :].partition("\n")[0])) is None:
        return None
    return found, text[: last.start()]


def read_scored(words: str, max_score: float) -> float | None:
    """The number that words begin with, alone or as `4/5` or `4 out of 5` of the highest score.

    Example:
        >>> read_scored("4", 5), read_scored("4 / 5, well done", 5), read_scored("4/10", 5)
        (4.0, 4.0, None)
        >>> read_scored("1 to 5", 5), read_scored("80%", 100), read_scored("4.5.", 5)
        (None, None, 4.5)
    """
    found = _SCORED.match(words)
    if found is None or (found[2] and float(found[2]) != max_score):
        return None
    return read_number(found[1])


def read_number(value: JsonValue) -> float | None:
    """The finite number of a field, which may be a text in ASCII digits; else `None`.

    Example:
        >>> read_number(" 4.5 "), read_number("1_0"), read_number("٤"), read_number("NaN")
        (4.5, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and not _IS_NUMBER.fullmatch(value):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def is_yes(value: JsonValue) -> bool:
    """Whether a field of a reply says yes; a text is read as `true`."""
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")


def _to_storable(value: JsonValue) -> JsonValue:
    """Half characters, which JSON can write, are none in any database."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    return value
