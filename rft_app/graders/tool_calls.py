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

from collections.abc import Sequence

import msgspec

from rft_app.domain.grader import ToolCallsSpec
from rft_app.domain.grading import FailureKind, GradingFailure, Verdict
from rft_app.domain.rollout import Item, Sample
from rft_app.errors import InvalidInputError
from rft_app.graders._pure import PureSession, check_reference, read_reference
from rft_app.graders.portable.lookup import JsonValue
from rft_app.graders.portable.tool_calls import (
    MAX_CALLS,
    Call,
    CallRules,
    pair_calls,
    read_call,
    read_calls,
    score_pairs,
)

MOST_NAMED = 3
"""Calls that a reason names of each sort."""
MAX_SHOWN = 80


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
        rules = CallRules(spec.arguments, spec.is_loose, spec.is_ordered, spec.is_partial)

        def grade(sample: Sample, item: Item) -> Verdict | GradingFailure:
            text = read_reference(spec.reference, sample, item)
            if isinstance(text, GradingFailure):
                return text
            expected = read_calls(text)
            if isinstance(expected, str):
                return _failure(f"The record's reference holds no tool calls: {expected}")
            made = [read_call(call) or Call("?", None) for call in sample["output_tools"]]
            if max(len(made), len(expected)) > MAX_CALLS:
                message = f"More than {MAX_CALLS} tool calls are not compared."
                return GradingFailure(failure_kind=FailureKind.EXCEPTION, message=message)
            return judge(expected, made, rules)

        return PureSession(grade)


def judge(expected: Sequence[Call], made: Sequence[Call], rules: CallRules) -> Verdict:
    """The reward of the calls that were made, with what is missing."""
    pairs = pair_calls(expected, made, rules)
    reward = score_pairs(len(pairs), len(expected), len(made), is_partial=rules.is_partial)
    return Verdict(reward=reward, reason=_describe(expected, made, pairs))


def _describe(
    expected: Sequence[Call], made: Sequence[Call], pairs: Sequence[tuple[int, int]]
) -> str:
    if not expected and not made:
        return "No tool was to be called, and none was."
    rows, columns = {row for row, _ in pairs}, {column for _, column in pairs}
    missing = [_show_call(call) for at, call in enumerate(expected) if at not in rows]
    added = [_show_call(call) for at, call in enumerate(made) if at not in columns]
    parts = [f"{len(pairs)} of {len(expected)} expected calls were made"]
    parts += [f"missing {_list(missing)}"] if missing else []
    parts += [f"not expected {_list(added)}"] if added else []
    return f"{'; '.join(parts)}."


def _list(calls: Sequence[str]) -> str:
    more = len(calls) - MOST_NAMED
    return ", ".join(calls[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _show_call(call: Call) -> str:
    """In a few words, e.g. `get_weather(city=Paris)`."""
    given = (call.arguments or {}).items()
    return f"{call.name}({', '.join(f'{name}={_show(v)}' for name, v in given)})"[:MAX_SHOWN]


def _show(value: JsonValue) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _failure(message: str) -> GradingFailure:
    return GradingFailure(failure_kind=FailureKind.NO_REFERENCE, message=message)
