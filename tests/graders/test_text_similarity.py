from typing import Any

import pytest

from rft_app.domain.grader import TextSimilaritySpec
from rft_app.domain.grading import FailureKind, GradingFailure, Outcome, Verdict
from rft_app.domain.rollout import make_sample
from rft_app.errors import InvalidInputError
from rft_app.graders import check_grader, open_grader

METRICS = ("fuzzy_match", "bleu", "rouge_1", "rouge_2", "rouge_l")


def grade(text: str, reference: str | None, **spec: Any) -> Outcome:
    sample = make_sample([{"role": "assistant", "content": text}], {"answer": text})
    with open_grader(TextSimilaritySpec(**spec)) as grading:
        return grading.grade([(sample, {"reference": reference})])[0]


def measure(text: str, reference: str, metric: str) -> float:
    found = grade(text, reference, metric=metric)
    assert isinstance(found, Verdict)
    return found.reward


@pytest.mark.parametrize("metric", METRICS)
def test_equal_texts_are_one_and_foreign_ones_near_zero(metric: str) -> None:
    text = "The parcel arrives on Monday morning."
    assert measure(text, text, metric) == pytest.approx(1)
    assert measure("xyz", text, metric) < 0.1
    assert measure("", text, metric) == 0


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("fuzzy_match", 2 * 19 / 41),  # all 19 letters stand among the 22
        ("rouge_1", 2 * 5 / 11),  # 5 words in common, of 6 and 5
        ("rouge_2", 2 * 3 / 9),  # the cat, cat sat, the mat
        ("rouge_l", 2 * 5 / 11),
        ("bleu", (5 / 6 * 3 / 5 * 1 / 4 * 1 / 6) ** 0.25),  # no run of four: smoothed
    ],
)
def test_each_metric_counts_what_it_says(metric: str, expected: float) -> None:
    found = measure("the cat sat on the mat", "the cat sat the mat", metric)
    assert found == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize("metric", METRICS)
def test_texts_with_too_little_to_compare_are_alike_only_where_they_are_equal(metric: str) -> None:
    assert measure("\U0001f600", "\U0001f62d", metric) == 0
    assert measure("!!!", "...", metric) == 0
    assert measure("!!!", "!!!", metric) == 1
    assert measure("Paris", "London", metric) < 0.4


@pytest.mark.parametrize("metric", ["fuzzy_match", "rouge_l"])
def test_texts_that_would_take_minutes_are_a_failure_and_no_zero(metric: str) -> None:
    found = grade("a " * 200_000, "b " * 200_000, metric=metric)
    assert isinstance(found, GradingFailure)
    assert "200,000" in found.message or "400,000" in found.message


def test_what_was_compared_is_not_kept() -> None:
    from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

    measure("a long text", "another text", "bleu")
    assert Tokenizer13a.__call__.cache_info().currsize == 0


def test_order_counts_for_sequences_and_not_for_words() -> None:
    assert measure("b a", "A B", "rouge_1") == 1
    assert measure("b a", "A B", "rouge_l") == 0.5


def test_a_missing_reference_is_a_failure_and_a_missing_field_a_zero() -> None:
    missing = grade("Paris", None)
    assert isinstance(missing, GradingFailure)
    assert missing.failure_kind is FailureKind.NO_REFERENCE
    absent = grade("Paris", "Paris", field="output_json.city")
    assert absent == Verdict(reward=0.0, reason="The answer has no `output_json.city`.")
    unknown = grade("Paris", None, field="output_json.city")
    assert isinstance(unknown, GradingFailure)


def test_words_of_any_script_are_words() -> None:
    assert measure("der Käse", "das Käse", "rouge_1") == 0.5
    assert measure("パリ です", "パリ", "rouge_1") == pytest.approx(2 / 3)


def test_any_field_can_be_compared() -> None:
    assert grade("Paris", "Paris", field="output_json.answer") == Verdict(reward=1.0)


@pytest.mark.parametrize("fault", [{"field": "a b"}, {"reference": "{{answer}}"}])
def test_paths_are_checked_when_it_is_saved(fault: dict[str, str]) -> None:
    with pytest.raises(InvalidInputError):
        check_grader(TextSimilaritySpec.model_validate(fault))
