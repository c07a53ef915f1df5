"""The grader's form: from fields to a spec and back, without a browser."""

from dataclasses import replace

import pytest

from rft_app.domain.grader import GraderSpec, JudgeSpec, ScriptSpec, StringCheckSpec
from rft_app.errors import InvalidInputError
from rft_app.graders import check_grader
from rft_app.ui.state.grader_draft import JUDGE, Draft, describe_change

PROMPT = "Rate {{sample.output_text}}"
SCHEMA = {"type": "object", "properties": {"mark": {"type": "integer"}}}


@pytest.mark.parametrize(
    "spec",
    [
        ScriptSpec(source="def grade(sample, item): return 1", timeout_s=0.5, weight=0.1234567891),
        StringCheckSpec(field="output_json.a", weight=3),
        JudgeSpec(prompt=PROMPT),
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


def test_what_the_form_starts_with_can_be_saved() -> None:
    check_grader(replace(Draft(), kind=JUDGE).to_spec())


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


def test_a_version_says_what_it_changed() -> None:
    judge = JudgeSpec(prompt=PROMPT)
    longer = JudgeSpec(prompt=f"{PROMPT}\nBe strict.", temperature=1)
    assert describe_change(longer, judge) == "1 line added, 0 removed"
    assert describe_change(JudgeSpec(prompt=PROMPT, weight=2), judge) == "weight changed"
    assert describe_change(judge, StringCheckSpec()) == "from string check to judge"
