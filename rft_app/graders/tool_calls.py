"""Tool calls: whether the answer calls the tools that the reference calls.

A spec such as

    {"kind": "tool_calls", "reference": "{{item.reference}}", "arguments": "subset",
     "is_ordered": true}

compares the calls of the answer with a list of calls in the record.  The list may be written as
OpenAI has it, as `{"name": …, "arguments": {…}}`, or as an answer key of the Berkeley Function
Calling Leaderboard, `{"name": {"argument": [what is allowed, …]}}`, where an empty text among what
is allowed means that the argument may be left out.  An empty list expects that no tool is called.

Each expected call matches at most one call of the answer.  The reward is the share of matches
among the calls of the longer list, so that calls that nobody asked for count as well.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
from pydantic import JsonValue

from rft_app.domain.grader import ArgumentRule, ToolCallsSpec
from rft_app.domain.grading import FailureKind, GradingFailure, Verdict
from rft_app.domain.rollout import Item, Sample
from rft_app.errors import InvalidInputError
from rft_app.graders._pure import PureSession, check_reference, read_reference

MAX_CALLS = 200
MOST_NAMED = 3
"""Calls that a reason names of each sort."""
MAX_SHOWN = 80
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

    @property
    def shown(self) -> str:
        """In a few words, e.g. `get_weather(city=Paris)`."""
        given = (self.arguments or {}).items()
        return f"{self.name}({', '.join(f'{name}={_show(v)}' for name, v in given)})"[:MAX_SHOWN]


class ToolCallsGrader:
    """Kind `tool_calls`."""

    name = "tool_calls"
    label = "Tool calls"

    def check(self, spec: ToolCallsSpec) -> None:
        """Check the places in the reference, or the calls where it has none."""
        if check_reference(spec.reference):
            return
        if isinstance(found := read_calls(spec.reference), str):
            raise InvalidInputError(
                f"The expected calls cannot be read: {found}", field="reference"
            )

    def open(self, spec: ToolCallsSpec) -> PureSession:
        """Make ready; nothing is started."""
        self.check(spec)
        compare = _Comparison(spec)

        def grade(sample: Sample, item: Item) -> Verdict | GradingFailure:
            text = read_reference(spec.reference, sample, item)
            if isinstance(text, GradingFailure):
                return text
            expected = read_calls(text)
            if isinstance(expected, str):
                return _failure(f"The record's reference holds no tool calls: {expected}")
            made = [_read_call(call) or Call("?", None) for call in sample["output_tools"]]
            if max(len(made), len(expected)) > MAX_CALLS:
                message = f"More than {MAX_CALLS} tool calls are not compared."
                return GradingFailure(failure_kind=FailureKind.EXCEPTION, message=message)
            return compare.judge(expected, made)

        return PureSession(grade)


def read_calls(text: str) -> list[Call] | str:
    """The calls of a reference, or why it holds none.

    Example:
        >>> read_calls('[{"name": "add", "arguments": {"a": 1}}, {"sub": {"a": [1, 2]}}]')
        [Call(name='add', arguments={'a': 1}, is_key=False), Call(name='sub', arguments={'a': [1, 2]}, is_key=True)]
        >>> read_calls("Paris")
        'it is not JSON.'
    """  # noqa: E501  # one line of output
    try:
        found: JsonValue = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return "it is not JSON."
    if isinstance(found, dict):
        found = found.get("tool_calls", [found])
    if not isinstance(found, list):
        return "it is neither a list of calls nor one call."
    calls = [_read_call(one) for one in found]
    known = [call for call in calls if call is not None]
    if len(known) < len(calls):
        at = calls.index(None) + 1
        return f'call {at} is none; write {{"name": "…", "arguments": {{…}}}}.'
    broken = next((call for call in known if call.arguments is None), None)
    return known if broken is None else f"the arguments of {broken.name} are no JSON object."


def _read_call(raw: JsonValue) -> Call | None:
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
            found: JsonValue = msgspec.json.decode(raw)
        except (msgspec.DecodeError, RecursionError):
            return None
        return found if isinstance(found, dict) else None
    return raw if isinstance(raw, dict) else None


class _Comparison:
    """Compares lists of calls by the rules of one spec."""

    def __init__(self, spec: ToolCallsSpec) -> None:
        self._spec = spec

    def judge(self, expected: Sequence[Call], made: Sequence[Call]) -> Verdict:
        """The reward of the calls that were made."""
        if not expected and not made:
            return Verdict(reward=1.0, reason="No tool was to be called, and none was.")
        prepare = _loosen if self._spec.is_loose else list[Call]
        rows, columns = prepare(expected), prepare(made)
        matches = [[self._matches(one, other) for other in columns] for one in rows]
        pairs = (_align if self._spec.is_ordered else _assign)(matches)
        share = len(pairs) / max(len(expected), len(made))
        reward = share if self._spec.is_partial else float(share == 1)
        return Verdict(reward=reward, reason=_describe(expected, made, pairs))

    def _matches(self, expected: Call, made: Call) -> bool:
        if _plain(expected.name) != _plain(made.name):
            return False
        if self._spec.arguments is ArgumentRule.IGNORE:
            return True
        if expected.arguments is None or made.arguments is None:
            return False
        may_add = self._spec.arguments is ArgumentRule.SUBSET
        compare = _same_as_key if expected.is_key else _same_fields
        return compare(expected.arguments, made.arguments, may_add=may_add)


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


def _describe(
    expected: Sequence[Call], made: Sequence[Call], pairs: Sequence[tuple[int, int]]
) -> str:
    rows, columns = {row for row, _ in pairs}, {column for _, column in pairs}
    missing = [call.shown for at, call in enumerate(expected) if at not in rows]
    added = [call.shown for at, call in enumerate(made) if at not in columns]
    parts = [f"{len(pairs)} of {len(expected)} expected calls were made"]
    parts += [f"missing {_list(missing)}"] if missing else []
    parts += [f"not expected {_list(added)}"] if added else []
    return f"{'; '.join(parts)}."


def _list(calls: Sequence[str]) -> str:
    more = len(calls) - MOST_NAMED
    return ", ".join(calls[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _show(value: JsonValue) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _failure(message: str) -> GradingFailure:
    return GradingFailure(failure_kind=FailureKind.NO_REFERENCE, message=message)
