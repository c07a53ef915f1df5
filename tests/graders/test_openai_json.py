from typing import Any

import pytest
from openai.types.graders import (
    LabelModelGrader,
    MultiGrader,
    PythonGrader,
    ScoreModelGrader,
    StringCheckGrader,
    TextSimilarityGrader,
)
from pydantic import BaseModel

from rft_app.domain.grader import (
    Combination,
    GraderSpec,
    JsonSchemaSpec,
    JudgeSpec,
    MultiSpec,
    ScriptSpec,
    Similarity,
    StringCheckSpec,
    StringOperation,
    TextSimilaritySpec,
    ToolCallsSpec,
    label_schema,
)
from rft_app.domain.grading import Verdict
from rft_app.domain.rollout import make_sample
from rft_app.errors import InvalidInputError
from rft_app.graders import check_grader, open_grader
from rft_app.graders.openai_json import from_openai, is_openai, to_openai
from rft_app.graders.portable.formula import Formula

pytestmark = pytest.mark.usefixtures("data_dir")

SIMILAR = TextSimilaritySpec(metric=Similarity.ROUGE_L, field="output_json.answer")
SCRIPT = ScriptSpec(source="def grade(sample, item):\n    return 0.5\n")
JUDGE = JudgeSpec(prompt="{{sample.output_text}}", model="m", min_score=1, max_score=5)

LABELLED = JUDGE.model_copy(
    update={
        **{"min_score": 0.0, "max_score": 1.0, "pass_threshold": 1.0, "score_field": "label"},
        "label_rewards": {"a": 1.0, "b": 0.0},
        "output_schema": label_schema(["a", "b"]),
    }
)


@pytest.mark.parametrize(
    ("spec", "model"),
    [
        (StringCheckSpec(operation=StringOperation.ILIKE), StringCheckGrader),
        (SIMILAR, TextSimilarityGrader),
        (SCRIPT, PythonGrader),
        (JUDGE, ScoreModelGrader),
        (JUDGE.model_copy(update={"system_prompt": "Be fair to {{item.id}}."}), ScoreModelGrader),
        (LABELLED, LabelModelGrader),
        (
            MultiSpec(
                graders={"a": StringCheckSpec(), "b": SCRIPT},
                combine=Combination.FORMULA,
                formula="a * b",
            ),
            MultiGrader,
        ),
    ],
    ids=lambda each: getattr(each, "kind", ""),
)
def test_a_grader_comes_back_as_it_went_and_the_sdk_knows_it(
    spec: GraderSpec, model: type[BaseModel]
) -> None:
    written = to_openai(spec, "mine")
    if model is not MultiGrader:  # its type names one grader where the API takes several
        model.model_validate(written, strict=True)
    assert is_openai(written)
    assert from_openai(written) == spec


@pytest.mark.parametrize("combine", ["weighted_mean", "product", "minimum"])
def test_a_combination_becomes_a_formula_with_the_same_reward(combine: str) -> None:
    like = StringCheckSpec(operation=StringOperation.LIKE, reference="Paris", weight=3)
    spec = MultiSpec(graders={"like": like, "half": SCRIPT}, combine=Combination(combine))
    sample = make_sample([{"role": "assistant", "content": "In Paris"}], None)
    rewards: list[float] = []
    for each in (spec, from_openai(to_openai(spec))):
        with open_grader(each) as grading:
            [found] = grading.grade([(sample, {})])
        assert isinstance(found, Verdict)
        rewards.append(found.reward)
    assert rewards[0] == pytest.approx(rewards[1])
    assert rewards[0] > 0


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        (StringCheckSpec(operation=StringOperation.REGEX), "regular expressions"),
        (JsonSchemaSpec(json_schema={}), "json schema"),
        (ToolCallsSpec(), "tool calls"),
        (JudgeSpec(prompt="{{sample.output_text}}"), "Choose one"),
        (JUDGE.model_copy(update={"output_schema": {"type": "object"}}), "output schema"),
        (JUDGE.model_copy(update={"num_votes": 3}), "several votes"),
        (JUDGE.model_copy(update={"allow_abstain": True}), "abstentions"),
        (LABELLED.model_copy(update={"label_rewards": {"a": 0.5, "b": 1}}), "between 0 and 1"),
        (LABELLED.model_copy(update={"score_field": "verdict"}), "output schema"),
        (LABELLED.model_copy(update={"temperature": 1.0}), "temperature and longest reply"),
        (LABELLED.model_copy(update={"pass_threshold": 0.5}), "threshold"),
        (MultiSpec(graders={"a": SCRIPT}, gates={"a": 1}), "gates"),
        (MultiSpec(graders={"a": ToolCallsSpec()}), "tool calls"),
    ],
)
def test_what_openai_has_not_is_refused_by_name(spec: GraderSpec, named: str) -> None:
    with pytest.raises(InvalidInputError, match=named):
        to_openai(spec)


TURN = {"role": "user", "content": "Rate {{sample.output_text}}"}
PICTURE = {"type": "input_image", "image_url": "https://example.com/a.png"}
LABELS: dict[str, Any] = {
    "type": "label_model",
    "name": "tone",
    "model": "m",
    "input": [
        {"role": "developer", "content": [{"type": "input_text", "text": "Be fair to "}, "all."]},
        {"role": "user", "content": {"type": "input_text", "text": "{{sample.output_text}}"}},
    ],
    "labels": ["kind", "rude", "neither"],
    "passing_labels": ["kind", "neither"],
}


def test_a_label_model_is_a_judge_whose_labels_have_rewards() -> None:
    LabelModelGrader.model_validate(
        LABELS | {"input": [{"role": "user", "content": "a"}]}, strict=True
    )
    spec = from_openai(LABELS)
    check_grader(spec)
    assert isinstance(spec, JudgeSpec)
    assert (spec.system_prompt, spec.prompt) == ("Be fair to all.", "{{sample.output_text}}")
    assert spec.label_rewards == {"kind": 1.0, "rude": 0.0, "neither": 1.0}
    assert spec.pass_threshold == 1.0
    written = to_openai(spec, "tone")
    told = [{"role": "system", "content": "Be fair to all."}, TURN | {"content": spec.prompt}]
    assert written == LABELS | {"input": told}
    assert from_openai(written) == spec
    multi = {"type": "multi", "graders": {"a": LABELS}, "calculate_output": "a"}
    found = from_openai(multi)
    assert isinstance(found, MultiSpec)
    assert found.graders == {"a": spec}


CHECK: dict[str, Any] = {
    "type": "string_check",
    "name": "a",
    "operation": "eq",
    "input": "{{ sample.output_text }}",
    "reference": "x",
}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"input": "{{item.reference}}"}, "one place of the answer"),
        ({"input": "The answer: {{sample.output_text}}"}, "one place of the answer"),
        ({"operation": "regex"}, "operation"),
        ({"reference": None}, "reference"),
        (
            {
                "type": "score_model",
                "model": "m",
                "input": [{"role": "user", "content": "a"}],
                "sampling_params": {"top_p": 0.5},
            },
            "top_p",
        ),
        (
            {"type": "score_model", "model": "m", "input": [{"role": "system", "content": "a"}]},
            "role",
        ),
        (
            {"type": "score_model", "model": "m", "input": [{"role": "assistant", "content": ""}]},
            "input.0.role",
        ),
        (
            {"type": "score_model", "model": "m", "input": [TURN, TURN]},
            "input: .*user, user; a judge here has one message of the user",
        ),
        (
            {"type": "score_model", "model": "m", "input": [TURN | {"content": [PICTURE]}]},
            "input.0.content",
        ),
        ({"type": "label_model"}, "labels"),
        (LABELS | {"labels": ["kind"]}, "labels"),
        (LABELS | {"passing_labels": ["calm"]}, "passing_labels: .*'calm' is none of the `labels`"),
        (LABELS | {"labels": ["kind", "Kind!", "neither"]}, "cannot be told from another"),
        (LABELS | {"sampling_params": {}}, "sampling_params"),
        ({"type": "text_similarity", "evaluation_metric": "cosine"}, "evaluation_metric"),
        ({"type": "score_model", "model": "m", "input": [{"role": "user"}]}, "content"),
        ({"type": "multi", "graders": {"a": {"type": "multi"}}, "calculate_output": "a"}, "multi"),
    ],
)
def test_what_cannot_be_read_is_named(change: dict[str, Any], named: str) -> None:
    assert from_openai(CHECK) == StringCheckSpec(reference="x")
    base = {} if "passing_labels" in change else CHECK
    with pytest.raises(InvalidInputError, match=named):
        check_grader(from_openai(base | change))


def test_our_own_settings_are_not_taken_for_openais() -> None:
    assert not is_openai({"kind": "script", "type": "python"})
    assert not is_openai({"type": "script"})
    assert not is_openai([])


def test_a_judge_keeps_its_threshold_and_its_place_in_a_combination() -> None:
    judge = JUDGE.model_copy(update={"pass_threshold": 0.5})
    assert from_openai(to_openai(judge)) == judge
    graders = {"a": to_openai(judge, "a")}
    multi = {"type": "multi", "graders": graders, "calculate_output": "a / 5"}
    found = from_openai(multi)
    assert isinstance(found, MultiSpec)
    assert found.graders == {"a": judge}


def score_model(ends: tuple[float, float], **settings: Any) -> dict[str, Any]:
    said = [{"role": "user", "content": "{{sample.output_text}}"}]
    return {"type": "score_model", "model": "m", "input": said, "range": ends, **settings}


def test_a_threshold_is_on_the_scale_of_the_scores_at_openai() -> None:
    found = from_openai(score_model((0, 10), pass_threshold=7))
    assert isinstance(found, JudgeSpec)
    assert found.pass_threshold == pytest.approx(0.7)
    assert to_openai(found)["pass_threshold"] == 7
    with pytest.raises(InvalidInputError, match=r"12, which is outside the `range` 0 to 10"):
        from_openai(score_model((0, 10), pass_threshold=12))


@pytest.mark.parametrize(
    ("formula", "ends", "here"),
    [
        ("0.5 * s + 0.5 * j / 10", (0, 10), "0.5 * s + 0.5 * (10 * j) / 10"),
        ("s * (j - 1) / 4", (1, 5), "s * ((1 + 4 * j) - 1) / 4"),
        ("(j + 1) / 2 * s", (-1, 1), "((-1 + 2 * j) + 1) / 2 * s"),
        ("min(s, j / 10)", (0, 10), "min(s, (10 * j) / 10)"),
        ("0.5 * s + 0.5 * j", (0, 1), "0.5 * s + 0.5 * j"),
    ],
)
def test_a_formula_counts_scores_at_openai_and_rewards_here(
    formula: str, ends: tuple[float, float], here: str
) -> None:
    graders = {"s": CHECK | {"name": "s"}, "j": score_model(ends)}
    multi = {"type": "multi", "graders": graders, "calculate_output": formula}
    found = from_openai(multi)
    assert isinstance(found, MultiSpec)
    assert found.formula == here
    again = to_openai(found)["calculate_output"]
    low, high = ends
    for reward in (0.0, 0.5, 1.0):
        theirs = {"s": 1.0, "j": low + (high - low) * reward}
        wanted = Formula(formula).compute(theirs)
        assert Formula(here).compute({"s": 1.0, "j": reward}) == pytest.approx(wanted)
        assert Formula(again).compute(theirs) == pytest.approx(wanted)


@pytest.mark.parametrize("combine", ["weighted_mean", "product", "minimum", "formula"])
def test_a_combination_with_a_range_comes_back_with_the_formula_it_went_with(combine: str) -> None:
    formula = "min * max(min, 0.5)" if combine == "formula" else None
    parts = {"min": JUDGE, "s": StringCheckSpec()}
    spec = MultiSpec(graders={**parts}, combine=Combination(combine), formula=formula)
    written = to_openai(spec)["calculate_output"]
    assert "((min - 1) / 4)" in written
    back = from_openai(to_openai(spec))
    assert isinstance(back, MultiSpec)
    assert back.formula == written.replace("((min - 1) / 4)", "min")


def test_scores_that_make_no_reward_are_refused_with_the_remedy() -> None:
    multi = {"type": "multi", "graders": {"j": score_model((0, 10))}, "calculate_output": "j"}
    with pytest.raises(InvalidInputError, match=r"gives 10 for the highest scores.*Divide"):
        from_openai(multi)
