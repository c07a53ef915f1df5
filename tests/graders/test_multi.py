from itertools import product
from typing import Any

import pytest

from rft_app.domain.grader import MultiSpec, parse_spec
from rft_app.domain.grading import Abstention, FailureKind, GradingFailure, Outcome, Verdict
from rft_app.domain.rollout import make_sample
from rft_app.errors import InvalidInputError
from rft_app.graders import check_grader, open_grader
from rft_app.graders.multi import choose_combine
from rft_app.graders.portable.multi import trim

pytestmark = pytest.mark.usefixtures("data_dir")

PARIS = {"kind": "string_check", "operation": "like", "reference": "Paris"}
SHORT = {
    "kind": "script",
    "source": "def grade(sample, item):\n    return 1 / len(sample['output_text'].split())\n",
}
ONE = {"kind": "script", "source": "def grade(sample, item):\n    return 1\n"}
SHY = {"kind": "script", "source": "def grade(sample, item):\n    return {'abstain': True}\n"}
NEEDY = {"kind": "string_check", "reference": "{{item.reference}}"}
JSON = {"kind": "json_schema", "json_schema": {"type": "object"}}


def make(graders: dict[str, Any], **settings: Any) -> MultiSpec:
    spec = parse_spec({"kind": "multi", "graders": graders, **settings})
    assert isinstance(spec, MultiSpec)
    return spec


def grade(text: str, graders: dict[str, Any], **settings: Any) -> Outcome:
    sample = make_sample([{"role": "assistant", "content": text}], None)
    with open_grader(make(graders, **settings)) as grading:
        return grading.grade([(sample, {"reference": None})])[0]


def reward(text: str, graders: dict[str, Any], **settings: Any) -> float:
    found = grade(text, graders, **settings)
    assert isinstance(found, Verdict), found
    return found.reward


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, 0.75),
        ({"combine": "product"}, 0.5),
        ({"combine": "minimum"}, 0.5),
        ({"combine": "formula", "formula": "0.2 * paris + 0.8 * short"}, 0.6),
        ({"combine": "formula", "formula": "max(paris - short, 0) ^ 2"}, 0.25),
        ({"combine": "formula", "formula": "sqrt(short * 0.5) * -(-1)"}, 0.5),
    ],
)
def test_rewards_are_combined(settings: dict[str, Any], expected: float) -> None:
    found = reward("In Paris", {"paris": PARIS, "short": SHORT}, **settings)
    assert found == pytest.approx(expected)


def test_weights_count_and_no_weight_is_one() -> None:
    graders = {"paris": PARIS | {"weight": 3}, "short": SHORT}
    assert reward("In Paris", graders) == pytest.approx((3 * 1 + 0.5) / 4)
    assert reward("In Paris", graders | {"short": SHORT | {"weight": 0}}) == 1


def test_below_a_gate_nothing_counts_and_the_reason_says_so() -> None:
    graders = {"paris": PARIS, "form": JSON | {"weight": 0}}
    assert reward("In Paris", graders) == 1
    found = grade("In Paris", graders, gates={"form": 1})
    assert isinstance(found, Verdict)
    assert found.reward == 0
    assert found.reason is not None
    assert found.reason.startswith("Below the gate of form. paris 1.00 · form 0.00.")
    assert reward("In Paris", graders, gates={"paris": 1}) == 1


def test_a_grader_that_cannot_judge_makes_the_whole_unknown() -> None:
    found = grade("Paris", {"paris": PARIS, "needy": NEEDY}, combine="product")
    assert isinstance(found, GradingFailure)
    assert found.failure_kind is FailureKind.NO_REFERENCE
    assert found.message.startswith("needy: ")


@pytest.mark.parametrize(
    ("part", "kind"), [(NEEDY, GradingFailure), (SHY, Abstention)], ids=["failing", "abstaining"]
)
def test_a_closed_gate_counts_whatever_the_others_have(
    part: dict[str, Any], kind: type[object]
) -> None:
    graders = {"other": part, "paris": PARIS}
    found = grade("Rome", graders, gates={"paris": 1})
    assert isinstance(found, Verdict)
    assert (found.reward, found.criteria) == (0.0, {"paris": 0.0})
    assert found.reason == "Below the gate of paris. Without a reward: other. paris 0.00."
    assert isinstance(grade("Paris", graders, gates={"paris": 1}), kind)
    assert isinstance(grade("Rome", graders, gates={"other": 1}), kind), "it has no reward to weigh"


def test_no_formula_of_shares_loses_full_marks_to_rounding() -> None:
    shares = [0.1, 0.2, 0.3, 0.4, 0.6, 0.7]
    names = ["a", "b", "c", "d"]
    wholes = [four for four in product(shares, repeat=4) if abs(sum(four) - 1) < 1e-9]
    assert any(sum(four) > 1 for four in wholes)
    assert any(sum(four) < 1 for four in wholes)
    for four in wholes:
        formula = " + ".join(f"{share} * {name}" for share, name in zip(four, names, strict=True))
        spec = make(dict.fromkeys(names, PARIS), combine="formula", formula=formula)
        combine = choose_combine(spec)
        assert trim(combine(dict.fromkeys(names, 1.0))) == pytest.approx(1, abs=1e-9)
        assert 0 <= trim(combine(dict.fromkeys(names, 1.0))) <= 1
    formula = "0.4 * a + 0.2 * b + 0.3 * c + 0.1 * d"
    for order in (formula, "0.1 * a + 0.7 * b + 0.2 * c + 0 * d", f"1 - ({formula})"):
        found = grade("x", dict.fromkeys(names, ONE), combine="formula", formula=order)
        assert isinstance(found, Verdict), order


@pytest.mark.parametrize(
    ("formula", "kind"),
    [
        ("paris / 0", FailureKind.NOT_FINITE),
        ("log(paris - 1)", FailureKind.NOT_FINITE),
        ("exp(999 * paris)", FailureKind.NOT_FINITE),
        ("(0 - paris) ^ 0.5", FailureKind.NOT_FINITE),
        ("2 * paris", FailureKind.OUT_OF_RANGE),
        ("0 - paris", FailureKind.OUT_OF_RANGE),
    ],
)
def test_a_formula_without_a_reward_is_a_failure_and_no_zero(
    formula: str, kind: FailureKind
) -> None:
    found = grade("Paris", {"paris": PARIS}, combine="formula", formula=formula)
    assert isinstance(found, GradingFailure)
    assert found.failure_kind is kind


@pytest.mark.parametrize(
    "formula",
    [
        "paris +",
        "__import__('os')",
        "paris.real",
        "[paris]",
        "paris if paris else 0",
        "True",
        "'a'",
        "sqrt(paris, 2)",
        "max()",
        "paris == 1",
        "lambda: 1",
        "1" * 400,
        "(" * 300 + "paris" + ")" * 300,
        "-" * 900 + "paris",
        "open",
        "other",
        "",
    ],
)
def test_what_is_no_arithmetic_over_known_names_is_refused(formula: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        check_grader(make({"paris": PARIS}, combine="formula", formula=formula or None))
    assert caught.value.details["field"] == "formula"


@pytest.mark.parametrize(
    ("graders", "settings", "named"),
    [
        ({}, {}, "graders"),
        ({"a b": PARIS}, {}, "graders"),
        ({"a": {"kind": "judge", "prompt": "no answer"}}, {}, "The grader 'a' cannot work"),
        ({"a": {"kind": "multi", "graders": {"b": PARIS}}}, {}, "graders"),
        ({"a": PARIS | {"weight": 0}}, {}, "All weights are 0"),
        ({"a": PARIS}, {"gates": {"b": 1}}, "no grader 'b'"),
        ({"a": PARIS}, {"gates": {"a": 2}}, "gates"),
        ({"a": PARIS}, {"formula": "a"}, "There is a formula"),
        ({"a": PARIS | {"field": "a b"}}, {}, "The grader 'a' cannot work"),
        ({"a": SHORT | {"source": "def grade(:"}}, {}, "The grader 'a' cannot work"),
    ],
)
def test_a_combination_that_cannot_work_names_the_place(
    graders: dict[str, Any], settings: dict[str, Any], named: str
) -> None:
    with pytest.raises(InvalidInputError, match=named):
        check_grader(make(graders, **settings))
