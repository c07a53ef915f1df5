"""Tool calls of an answer beside those that are expected."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from rft_app.graders.portable.lookup import JsonValue, NotGradedError, read_json, require_reference

MAX_CALLS: Final = 200
_NOT_IN_NAMES = re.compile(r"[^\w-]")
_LOOSE = re.compile(r"[\W_]+")

Matches = Sequence[Sequence[bool]]
"""Of each expected call, with which of the calls that were made it could be paired."""


class Call(NamedTuple):
    """A tool call."""

    name: str
    arguments: Mapping[str, JsonValue] | None
    """`None` where they are no JSON object."""
    is_key: bool = False
    """Whether each argument is the list of what is allowed."""


def read_calls(text: str) -> list[Call] | str:
    """The calls of a reference, or why it holds none.

    Example:
        >>> read_calls('[{"name": "add", "arguments": {"a": 1}}, {"sub": {"a": [1, 2]}}]')
        [Call(name='add', arguments={'a': 1}, is_key=False), Call(name='sub', arguments={'a': [1, 2]}, is_key=True)]
        >>> read_calls("Paris")
        'it is not JSON.'
    """  # noqa: E501  # one line of output
    try:
        found: JsonValue = read_json(text)
    except (ValueError, RecursionError):
        return "it is not JSON."
    if isinstance(found, dict):
        found = found.get("tool_calls", [found])
    if not isinstance(found, list):
        return "it is neither a list of calls nor one call."
    calls = [read_call(one) for one in found]
    known = [call for call in calls if call is not None]
    if len(known) < len(calls):
        at = calls.index(None) + 1
        return f'call {at} is none; write {{"name": "…", "arguments": {{…}}}}.'
    broken = next((call for call in known if call.arguments is None), None)
    return known if broken is None else f"the arguments of {broken.name} are no JSON object."


def read_call(raw: JsonValue) -> Call | None:
    """A call in any of the known forms."""
    if not isinstance(raw, dict):
        return None
    call = raw.get("function", raw)
    if isinstance(call, dict) and isinstance(name := call.get("name"), str):
        return Call(name, _read_arguments(call.get("arguments")))
    return _read_key(raw)


def _read_key(raw: Mapping[str, JsonValue]) -> Call | None:
    if len(raw) != 1:
        return None
    [(name, arguments)] = raw.items()
    if not isinstance(arguments, dict):
        return None
    is_key = all(isinstance(allowed, list) for allowed in arguments.values())
    return Call(name, arguments, is_key=True) if is_key else None


def _read_arguments(raw: JsonValue) -> Mapping[str, JsonValue] | None:
    if raw is None or raw == "":
        return {}
    if isinstance(raw, str):
        try:
            found: JsonValue = read_json(raw)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None
    return raw if isinstance(raw, dict) else None


class CallRules(NamedTuple):
    """How calls are compared; as of `ToolCallsSpec`."""

    arguments: str
    is_loose: bool
    is_ordered: bool
    is_partial: bool


def pair_calls(
    expected: Sequence[Call], made: Sequence[Call], rules: CallRules
) -> list[tuple[int, int]]:
    """The places of the calls that match each other, in both lists."""
    prepare = _loosen if rules.is_loose else list[Call]
    rows, columns = prepare(expected), prepare(made)
    matches = [[_matches(one, other, rules.arguments) for other in columns] for one in rows]
    return (_align if rules.is_ordered else _assign)(matches)


def score_pairs(num_pairs: int, num_expected: int, num_made: int, *, is_partial: bool) -> float:
    """The share of matches; 1 where no call was expected and none was made."""
    share = num_pairs / max(num_expected, num_made) if num_expected or num_made else 1.0
    return share if is_partial else float(share == 1)


def grade_tool_calls(
    spec: Mapping[str, Any], sample: Mapping[str, Any], item: Mapping[str, Any]
) -> float:
    """How many of the expected calls the answer makes.

    Raises:
        NotGradedError: The record holds no calls to compare with, or there are too many.
    """
    expected = read_calls(require_reference(spec["reference"], sample, item))
    if isinstance(expected, str):
        raise NotGradedError(f"The record's reference holds no tool calls: {expected}")
    made = [read_call(call) or Call("?", None) for call in sample["output_tools"]]
    if max(len(made), len(expected)) > MAX_CALLS:
        raise NotGradedError(f"More than {MAX_CALLS} tool calls are not compared.")
    rules = CallRules(*(spec[name] for name in CallRules._fields))
    num_pairs = len(pair_calls(expected, made, rules))
    return score_pairs(num_pairs, len(expected), len(made), is_partial=rules.is_partial)


def _matches(expected: Call, made: Call, rule: str) -> bool:
    if _plain(expected.name) != _plain(made.name):
        return False
    if rule == "ignore":
        return True
    if expected.arguments is None or made.arguments is None:
        return False
    compare = _same_as_key if expected.is_key else _same_fields
    return compare(expected.arguments, made.arguments, may_add=rule == "subset")


def _plain(name: str) -> str:
    """A name as every provider allows it: `math.sqrt` is called `math_sqrt` by some."""
    return _NOT_IN_NAMES.sub("_", name)


def _loosen(calls: Sequence[Call]) -> list[Call]:
    """Calls whose texts hold letters and digits alone, all small."""
    return [
        call._replace(
            arguments=call.arguments
            and {name: _loosen_value(value) for name, value in call.arguments.items()}
        )
        for call in calls
    ]


def _loosen_value(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return _LOOSE.sub("", value).casefold() or value  # an empty text has a meaning in keys
    if isinstance(value, list):
        return [_loosen_value(one) for one in value]
    if isinstance(value, dict):
        return {name: _loosen_value(one) for name, one in value.items()}
    return value


def _same_fields(
    expected: Mapping[str, JsonValue], made: Mapping[str, JsonValue], *, may_add: bool
) -> bool:
    if not expected.keys() <= made.keys() or (not may_add and len(made) > len(expected)):
        return False
    return all(_equal(value, made[name]) for name, value in expected.items())


def _same_as_key(
    allowed: Mapping[str, JsonValue], made: Mapping[str, JsonValue], *, may_add: bool
) -> bool:
    """Whether every argument is one of those that its list allows."""
    if not may_add and not made.keys() <= allowed.keys():
        return False
    return all(
        any(_fits(option, made[name]) for option in _options(options))
        if name in made
        else "" in _options(options)
        for name, options in allowed.items()
    )


def _options(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else [value]


def _fits(option: JsonValue, made: JsonValue) -> bool:
    """Whether a value is what an answer key allows; objects in a key hold lists again."""
    if isinstance(option, dict):
        return isinstance(made, dict) and _same_as_key(option, made, may_add=False)
    if isinstance(option, list):
        return (
            isinstance(made, list)
            and len(option) == len(made)
            and all(_fits(one, other) for one, other in zip(option, made, strict=True))
        )
    return _same(option, made)


def _equal(expected: JsonValue, made: JsonValue) -> bool:
    if isinstance(expected, dict):
        return isinstance(made, dict) and _same_fields(expected, made, may_add=False)
    if isinstance(expected, list):
        return (
            isinstance(made, list)
            and len(expected) == len(made)
            and all(_equal(one, other) for one, other in zip(expected, made, strict=True))
        )
    return _same(expected, made)


def _same(expected: JsonValue, made: JsonValue) -> bool:
    """Whether two simple values are equal; 5 is 5.0, but 1 is not true."""
    return isinstance(expected, bool) == isinstance(made, bool) and expected == made


def _assign(matches: Matches) -> list[tuple[int, int]]:
    """The most pairs of an expected and a made call, in any order, by augmenting paths."""
    row_of: dict[int, int] = {}

    def place(row: int, seen: set[int]) -> bool:
        for column, is_match in enumerate(matches[row]):
            if is_match and column not in seen:
                seen.add(column)
                if column not in row_of or place(row_of[column], seen):
                    row_of[column] = row
                    return True
        return False

    for row in range(len(matches)):
        place(row, set())
    return [(row, column) for column, row in row_of.items()]


def _align(matches: Matches) -> list[tuple[int, int]]:
    """The most pairs in the order of both lists: their longest common subsequence."""
    num_columns = len(matches[0]) if matches else 0
    above: list[tuple[tuple[int, int], ...]] = [()] * (num_columns + 1)
    for row, is_match in enumerate(matches):
        line: list[tuple[tuple[int, int], ...]] = [()]
        for column in range(num_columns):
            taken = (*above[column], (row, column)) if is_match[column] else ()
            line.append(max(line[-1], above[column + 1], taken, key=len))
        above = line
    return list(above[-1])
