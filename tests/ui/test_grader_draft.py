"""The grader's form: from fields to a spec and back, without a browser."""

from dataclasses import replace

import pytest

from rft_app.domain.grader import (
    ArgumentRule,
    Combination,
    GraderSpec,
    JsonSchemaSpec,
    JudgeSpec,
    MultiSpec,
    ScriptSpec,
    Similarity,
    StringCheckSpec,
    TextSimilaritySpec,
    ToolCallsSpec,
    label_schema,
)
from rft_app.errors import InvalidInputError
from rft_app.graders import check_grader
from rft_app.ui.state.grader_draft import FIELDS, JSON_SCHEMA, JUDGE, MULTI, Draft, describe_change
from rft_app.ui.state.judge_labels import follow_labels

OWN_SCHEMA = '{"type": "object", "properties": {"score": {"type": "string"}}}'
PROMPT = "Rate {{sample.output_text}}"
SCHEMA = {"type": "object", "properties": {"mark": {"type": "integer"}}}


@pytest.mark.parametrize(
    "spec",
    [
        ScriptSpec(source="def grade(sample, item): return 1", timeout_s=0.5, weight=0.1234567891),
        StringCheckSpec(field="output_json.a", weight=3),
        TextSimilaritySpec(metric=Similarity.ROUGE_L, field="output_json.a", reference="b"),
        JsonSchemaSpec(json_schema=SCHEMA, field="output_json.a"),
        ToolCallsSpec(arguments=ArgumentRule.SUBSET, is_ordered=True, is_partial=False),
        MultiSpec(
            graders={"a": StringCheckSpec(weight=2), "b": ScriptSpec(source="x = 1")},
            combine=Combination.FORMULA,
            formula="a * b",
            gates={"a": 0.5},
        ),
        JudgeSpec(prompt=PROMPT),
        JudgeSpec(
            prompt=PROMPT,
            system_prompt="Be fair.\nTo {{item.id}}.",
            output_schema=label_schema(["good", "bad"]),
            score_field="label",
            label_rewards={"good": 1, "bad": 0.25},
        ),
        JudgeSpec(
            prompt=PROMPT,
            output_schema=SCHEMA,
            score_field="mark",
            min_score=-1.5,
            max_score=10,
            model="good",
            temperature=0.7,
            max_tokens=64,
        ),
    ],
    ids=lambda spec: spec.kind,
)
def test_a_stored_grader_comes_out_of_its_form_as_it_went_in(spec: GraderSpec) -> None:
    assert Draft.of(spec).to_spec() == spec


@pytest.mark.parametrize("kind", FIELDS)
def test_what_the_form_starts_with_can_be_saved(kind: str) -> None:
    check_grader(replace(Draft(), kind=kind).to_spec())


def test_a_schema_has_a_place_of_its_own_for_what_it_checks() -> None:
    draft = replace(Draft(), kind=JSON_SCHEMA, field="output_text")
    assert draft.to_spec() == JsonSchemaSpec(json_schema={"type": "object", "required": []})
    with pytest.raises(InvalidInputError, match="JSON schema is not JSON") as caught:
        replace(draft, json_schema="{").to_spec()
    assert caught.value.details["field"] == "json_schema"


def test_what_other_kinds_hold_is_no_change() -> None:
    judge = replace(Draft(), kind=JUDGE)
    assert judge.is_like(replace(judge, source="other", timeout_s="9", temperature="0.0"))
    assert not judge.is_like(replace(judge, weight="1"))
    assert not judge.is_like(Draft())


@pytest.mark.parametrize(
    ("changes", "field", "named"),
    [
        ({"temperature": "warm"}, "temperature", "from 0 to 2, not 'warm'"),
        ({"min_score": ""}, "min_score", "lowest score"),
        ({"output_schema": '{\n "a": }'}, "output_schema", "line 2"),
        ({"output_schema": "[]"}, None, "output_schema"),
        ({"label_rewards": '{"a": 1'}, "label_rewards", "table of labels is not JSON"),
        ({"label_rewards": '{"a": 1, "b": 2}'}, None, "label_rewards"),
        ({"max_tokens": "9"}, None, "max_tokens"),
        ({"prompt": ""}, None, "prompt"),
        ({"weight": "-1"}, None, "weight"),
    ],
)
def test_what_cannot_be_is_named_with_its_field(
    changes: dict[str, str], field: str | None, named: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        replace(Draft(), kind=JUDGE, **changes).to_spec()
    assert named in caught.value.message
    assert caught.value.details.get("field") == field


@pytest.mark.parametrize("text", ["{", "[]", '{"graders": {}, "source": "x"}'])
def test_a_combination_that_is_none_is_refused_in_its_field(text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        replace(Draft(), kind=MULTI, combination=text).to_spec()
    assert caught.value.details["field"] == "combination"


def test_a_version_says_what_it_changed() -> None:
    judge = JudgeSpec(prompt=PROMPT)
    longer = JudgeSpec(prompt=f"{PROMPT}\nBe strict.", temperature=1)
    assert describe_change(longer, judge) == "1 line added, 0 removed"
    assert describe_change(JudgeSpec(prompt=PROMPT, weight=2), judge) == "weight changed"
    assert describe_change(judge, StringCheckSpec()) == "from string check to judge"


def test_the_schema_of_the_reply_follows_the_labels_unless_somebody_wrote_it() -> None:
    labels = '{"good": 1, "bad": 0}'
    draft = Draft(kind=JUDGE, prompt=PROMPT, label_rewards=labels)
    with pytest.raises(InvalidInputError, match='"type": "string"'):
        check_grader(draft.to_spec())
    schema = follow_labels(draft.output_schema, labels, draft.score_field)
    check_grader(replace(draft, output_schema=schema).to_spec())
    more = follow_labels(schema, '{"good": 1, "fair": 0.5, "bad": 0}', draft.score_field)
    assert '"fair"' in more
    assert follow_labels(more, "[1]", draft.score_field) == more
    assert follow_labels(more, " ", draft.score_field) == Draft().output_schema
    assert follow_labels(OWN_SCHEMA, labels, draft.score_field) == OWN_SCHEMA
    assert follow_labels("{", labels, draft.score_field) == "{"


def test_a_judge_with_labels_is_the_same_once_it_is_saved() -> None:
    typed = replace(
        Draft(kind="judge"), prompt="{{sample.output_text}}", label_rewards='{"a":1,"b": 0.25}'
    )
    saved = replace(typed, label_rewards='{\n  "b": 0.25,\n  "a": 1.0\n}')
    assert typed.is_like(saved)
    assert not typed.is_like(replace(saved, label_rewards='{"a": 1, "b": 0.5}'))
    assert not typed.is_like(replace(saved, label_rewards='{"a": 1, "b'))
