from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from rft_app.domain.grader import ToolCallsSpec
from rft_app.domain.grading import FailureKind, GradingFailure, Outcome, Verdict
from rft_app.domain.rollout import make_sample
from rft_app.errors import InvalidInputError
from rft_app.graders import check_grader, open_grader


def call(name: str, /, **arguments: object) -> dict[str, Any]:
    return {
        "id": "c1",
        "type": "function",
        "function": {"name": name, "arguments": orjson.dumps(arguments).decode()},
    }


def grade(made: list[dict[str, Any]], reference: object, **spec: Any) -> Outcome:
    sample = make_sample([{"role": "assistant", "content": None, "tool_calls": made}], None)
    text = reference if isinstance(reference, str) else orjson.dumps(reference).decode()
    with open_grader(ToolCallsSpec(**spec)) as grading:
        return grading.grade([(sample, {"reference": text})])[0]


def reward(made: list[dict[str, Any]], reference: object, **spec: Any) -> float:
    found = grade(made, reference, **spec)
    assert isinstance(found, Verdict), found
    return found.reward


WEATHER = {"name": "get_weather", "arguments": {"city": "Paris", "days": 2}}


@pytest.mark.parametrize(
    "reference",
    [
        [WEATHER],
        WEATHER,
        {"tool_calls": [call("get_weather", city="Paris", days=2)]},
        [call("get_weather", city="Paris", days=2)],
        [{"name": "get_weather", "arguments": '{"days": 2, "city": "Paris"}'}],
        [{"get_weather": {"city": ["Paris", "Paris, France"], "days": [2], "unit": ["", "C"]}}],
    ],
)
def test_a_reference_may_have_any_form(reference: object) -> None:
    assert reward([call("get_weather", city="Paris", days=2)], reference) == 1
    assert reward([call("get_weather", city="Rome", days=2)], reference) == 0


@pytest.mark.parametrize(
    ("rule", "arguments", "expected"),
    [
        ("exact", {"city": "Paris", "days": 2}, 1),
        ("exact", {"city": "Paris", "days": 2.0}, 1),
        ("exact", {"city": "Paris", "days": "2"}, 0),
        ("exact", {"city": "Paris", "days": 2, "unit": "C"}, 0),
        ("exact", {"city": "Paris"}, 0),
        ("exact", {"city": "paris", "days": 2}, 0),
        ("subset", {"city": "Paris", "days": 2, "unit": "C"}, 1),
        ("subset", {"city": "Paris"}, 0),
        ("ignore", {}, 1),
    ],
)
def test_arguments_count_by_the_rule(
    rule: str, arguments: Mapping[str, object], expected: float
) -> None:
    assert reward([call("get_weather", **arguments)], [WEATHER], arguments=rule) == expected


def test_texts_may_be_compared_loosely() -> None:
    made = [call("get_weather", city=" paris. ", days=2)]
    assert reward(made, [WEATHER]) == 0
    assert reward(made, [WEATHER], is_loose=True) == 1


def test_true_is_not_one_and_nested_values_are_compared_whole() -> None:
    wanted = [{"name": "book", "arguments": {"who": [{"age": 1}], "paid": True}}]
    assert reward([call("book", who=[{"age": 1}], paid=True)], wanted) == 1
    assert reward([call("book", who=[{"age": 1}], paid=1)], wanted) == 0
    assert reward([call("book", who=[{"age": 1, "x": 2}], paid=True)], wanted) == 0
    assert reward([call("book", who=[], paid=True)], wanted) == 0


def test_the_reward_is_the_share_of_the_longer_list() -> None:
    a, b, c = ({"name": name, "arguments": {}} for name in "abc")
    assert reward([call("a"), call("b")], [a, b, c]) == pytest.approx(2 / 3)
    assert reward([call("a"), call("b"), call("x")], [a, b]) == pytest.approx(2 / 3)
    assert reward([call("a"), call("a")], [a, b]) == 0.5, "a call matches once"
    assert reward([call("a"), call("b")], [a, b, c], is_partial=False) == 0
    assert reward([call("c"), call("a"), call("b")], [a, b, c], is_partial=False) == 1


def test_order_counts_where_it_is_asked_for() -> None:
    a, b, c = ({"name": name, "arguments": {}} for name in "abc")
    made = [call("c"), call("a"), call("b")]
    assert reward(made, [a, b, c]) == 1
    assert reward(made, [a, b, c], is_ordered=True) == pytest.approx(2 / 3)


def test_an_answer_key_pairs_calls_so_that_most_match() -> None:
    wide_first = [{"f": {"x": [1, 2]}}, {"f": {"x": [1]}}]
    assert reward([call("f", x=1), call("f", x=2)], wide_first) == 1


def test_no_call_expected_is_a_reference_too() -> None:
    assert reward([], []) == 1
    assert reward([call("a")], []) == 0
    assert reward([], [WEATHER]) == 0


def test_names_with_dots_are_those_with_underscores() -> None:
    assert reward([call("math_sqrt", x=4)], [{"math.sqrt": {"x": [4]}}]) == 1


def test_a_call_that_cannot_be_read_is_a_call_nobody_asked_for() -> None:
    broken = {"function": {"name": "get_weather", "arguments": "{city: Paris"}}
    assert reward([broken], [WEATHER]) == 0
    assert reward([broken], [WEATHER], arguments="ignore") == 1
    assert reward([call("get_weather", city="Paris", days=2), {}], [WEATHER]) == 0.5


def test_the_reason_says_what_is_missing_and_what_too_much() -> None:
    found = grade([call("search", q="x")], [WEATHER])
    assert isinstance(found, Verdict)
    assert found.reason == (
        "0 of 1 expected calls were made; missing get_weather(city=Paris, days=2); "
        "not expected search(q=x)."
    )


@pytest.mark.parametrize(
    "reference",
    [
        *("Paris", "[1]", '[{"name": 1}]', '"text"', "[" * 5_000),
        '[{"name": "a", "arguments": "{city: Paris"}]',
    ],
)
def test_a_reference_without_calls_is_a_failure_and_no_zero(reference: str) -> None:
    found = grade([call("a")], reference)
    assert isinstance(found, GradingFailure)
    assert found.failure_kind is FailureKind.NO_REFERENCE


def test_a_record_without_reference_is_a_failure() -> None:
    sample = make_sample([{"role": "assistant", "content": "Hi"}], None)
    with open_grader(ToolCallsSpec()) as grading:
        [found] = grading.grade([(sample, {"reference": None})])
    assert isinstance(found, GradingFailure)


def test_calls_written_into_the_spec_are_checked() -> None:
    check_grader(ToolCallsSpec(reference='[{"name": "a"}]'))
    with pytest.raises(InvalidInputError, match="it is not JSON"):
        check_grader(ToolCallsSpec(reference="a, b"))
    with pytest.raises(InvalidInputError, match="unknown place"):
        check_grader(ToolCallsSpec(reference="{{nothing}}"))


def test_many_calls_are_paired_quickly() -> None:
    many = [call("f", x=number) for number in range(200)]
    wanted = [{"name": "f", "arguments": {"x": 199 - number}} for number in range(200)]
    assert reward(many, wanted) == 1
    assert reward(many, wanted, is_ordered=True) == pytest.approx(1 / 200)
    assert isinstance(grade([*many, call("f")], wanted), GradingFailure)


@pytest.mark.parametrize("reference", ['[{"name":"f","arguments":{"a":%s}}]', '[{"f":{"a":[%s]}}]'])
def test_arguments_that_are_nested_too_deeply_fail_and_stop_nothing(reference: str) -> None:
    deep = "[" * 900 + "]" * 900
    made = {"function": {"name": "f", "arguments": f'{{"a":{deep}}}'}}
    found = grade([made], reference % deep)
    assert isinstance(found, GradingFailure)
    assert "too deeply" in found.message


def keys(folder: Path) -> Iterator[tuple[str, list[dict[str, dict[str, list[Any]]]]]]:
    for path in sorted(folder.glob("*.json")):
        for line in path.read_bytes().splitlines():
            row = orjson.loads(line)
            if all(isinstance(one, dict) for one in row["ground_truth"]):
                yield row["id"], row["ground_truth"]


def first_allowed(value: Any) -> Any:
    """The first value that a key allows, the objects in it opened."""
    if isinstance(value, dict):
        return {n: first_allowed(v[0]) for n, v in value.items() if v and v[0] != ""}
    return [first_allowed(one) for one in value] if isinstance(value, list) else value


def test_every_answer_key_of_bfcl_accepts_its_first_choice_and_nothing_less(
    shared_data: Path,
) -> None:
    num_checked = 0
    for name, key in keys(shared_data / "bfcl" / "possible_answer"):
        made = [
            call(tool, **first_allowed({n: v for n, v in arguments.items() if "" not in v}))
            for one in key
            for tool, arguments in one.items()
        ]
        assert reward(made, key) == 1, name
        assert reward(made, key, is_loose=True, is_partial=False) == 1, name
        assert reward(made[1:], key) == pytest.approx((len(key) - 1) / len(key)), name
        num_checked += 1
    assert num_checked == 1_000
