import re
from typing import Any

import pytest

from rft_app.domain.grader import StringCheckSpec
from rft_app.domain.grading import FailureKind, GradingFailure, Verdict
from rft_app.domain.rollout import make_sample
from rft_app.errors import InvalidInputError
from rft_app.graders import GRADERS, check_grader, open_grader

pytestmark = pytest.mark.usefixtures("data_dir")

ITEM = {"reference": "Paris", "answer": {"city": "Paris", "zip": 75}, "tags": ["a", "b"]}


def check(text: str, item: dict[str, Any] | None = None, **spec: Any) -> Any:
    sample = make_sample([{"role": "assistant", "content": text}], {"city": "Paris"})
    with open_grader(StringCheckSpec(**spec)) as grading:
        return grading.grade([(sample, ITEM if item is None else item)])[0]


@pytest.mark.parametrize(
    ("operation", "text", "reward"),
    [
        ("eq", "Paris", 1.0),
        ("eq", "paris", 0.0),
        ("eq", "Paris ", 0.0),
        ("ne", "Paris", 0.0),
        ("ne", "Rome", 1.0),
        ("like", "It is Paris.", 1.0),
        ("like", "It is paris.", 0.0),
        ("ilike", "It is PARIS.", 1.0),
        ("ilike", "It is Rome.", 0.0),
        ("regex", "It is Paris.", 1.0),
        ("regex", "It is Rome.", 0.0),
    ],
)
def test_each_operation_compares_with_the_reference(
    operation: str, text: str, reward: float
) -> None:
    assert check(text, operation=operation) == Verdict(reward=reward)


@pytest.mark.parametrize(
    ("field", "reference"),
    [
        ("output_text", "Paris"),
        ("output_text", "{{ item.answer.city }}"),
        ("output_json.city", "{{item.reference}}"),
        ("messages.0.content", "{{sample.output_text}}"),
    ],
)
def test_field_and_reference_may_be_paths_or_texts(field: str, reference: str) -> None:
    assert check("Paris", field=field, reference=reference) == Verdict(reward=1.0)


def test_places_stand_inside_a_text_and_numbers_are_written_out() -> None:
    reference = "{{item.answer.zip}}-{{item.tags.1}}"
    assert check("75-b", reference=reference) == Verdict(reward=1.0)


def test_a_record_without_reference_is_a_failure_not_a_zero() -> None:
    found = check("Paris", {"reference": None})
    assert isinstance(found, GradingFailure)
    assert found.failure_kind is FailureKind.NO_REFERENCE
    assert "item.reference" in found.message


@pytest.mark.parametrize("operation", ["eq", "ne", "like", "ilike", "regex"])
def test_an_answer_without_the_field_is_wrong_and_says_why(operation: str) -> None:
    found = check("Paris", field="output_json.country", operation=operation)
    assert found == Verdict(reward=0.0, reason="The answer has no `output_json.country`.")


def test_an_answer_that_is_no_json_is_wrong_unless_the_record_lacks_the_reference() -> None:
    sample = make_sample([{"role": "assistant", "content": "no json"}], None)
    with open_grader(StringCheckSpec(field="output_json.answer")) as grading:
        wrong, unknown = grading.grade([(sample, ITEM), (sample, {"reference": None})])
    assert wrong == Verdict(reward=0.0, reason="The answer is not JSON.")
    assert isinstance(unknown, GradingFailure)
    assert unknown.failure_kind is FailureKind.NO_REFERENCE


def test_failures_and_searches_keep_their_places() -> None:
    sample = make_sample([{"role": "assistant", "content": "Paris"}], None)
    items = [{"reference": "P"}, {}, {"reference": "R"}, {"reference": "("}]
    with open_grader(StringCheckSpec.model_validate({"operation": "regex"})) as grading:
        outcomes = grading.grade([(sample, item) for item in items])
    kinds = [o.reward if isinstance(o, Verdict) else o for o in outcomes]
    kinds = [o.failure_kind if isinstance(o, GradingFailure) else o for o in kinds]
    assert kinds == [1.0, FailureKind.NO_REFERENCE, 0.0, FailureKind.EXCEPTION]


def test_a_pattern_that_takes_for_ever_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    from rft_app.settings import get_settings

    monkeypatch.setenv("RFT_SCRIPT_TIMEOUT_S", "0.3")
    get_settings.cache_clear()
    found = check("a" * 64 + "b", operation="regex", reference="(a+)+$")
    assert isinstance(found, GradingFailure)
    assert found.failure_kind is FailureKind.TIMEOUT


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        ({"field": "output text"}, "'output text'"),
        ({"reference": "{{reference}}"}, "{{reference}}"),
        ({"reference": "{{item.}}"}, "{{item.}}"),
        ({"operation": "regex", "reference": "a\n(b"}, "line 2"),
    ],
)
def test_a_spec_that_cannot_work_is_refused(spec: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidInputError, match=re.escape(named)):
        check_grader(StringCheckSpec(**spec))


def test_an_unknown_kind_lists_those_there_are() -> None:
    with pytest.raises(InvalidInputError, match="script, string_check"):
        GRADERS.get("oracle")
