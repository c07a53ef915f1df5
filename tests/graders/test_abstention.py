"""Scripts and judges that would not judge, and scripts that tell what makes up a reward."""

import pytest

from rft_app.domain.grader import JudgeSpec, MultiSpec, ScriptSpec, StringCheckSpec, spec_hash
from rft_app.domain.grading import (
    Abstention,
    FailureKind,
    GradingFailure,
    Outcome,
    Verdict,
)
from rft_app.domain.rollout import make_sample
from rft_app.graders import open_grader
from rft_app.graders.judge import ABSTAIN_LINE, full_prompt, full_schema, read_reply

SAMPLE = make_sample([{"role": "assistant", "content": "Oslo"}], None)
JUDGE = JudgeSpec(prompt="Rate {{sample.output_text}}", allow_abstain=True)


def run_script(returned: str) -> Outcome:
    spec = ScriptSpec(source=f"def grade(sample, item):\n    return {returned}")
    with open_grader(spec) as grading:
        (outcome,) = grading.grade([(SAMPLE, {})])
        return outcome


def test_a_script_tells_what_makes_up_its_reward() -> None:
    told = '{"reward": 0.5, "criteria": {"tone": 3, "höflich": 1}, "reason": "Half\\n.\\ud800"}'
    found = run_script(told)
    assert found == Verdict(reward=0.5, criteria={"tone": 3.0, "höflich": 1.0}, reason="Half\n.?")


def test_a_script_abstains_with_or_without_a_reason() -> None:
    assert run_script('{"abstain": True, "reason": "No idea."}') == Abstention(reason="No idea.")
    assert run_script('{"abstain": True}') == Abstention()
    assert run_script('{"abstain": False, "reward": 1}') == Verdict(reward=1.0)


@pytest.mark.parametrize(
    ("returned", "kind", "said"),
    [
        ("{}", FailureKind.NOT_A_NUMBER, "without a number as `reward`"),
        ('{"score": 1}', FailureKind.NOT_A_NUMBER, "unknown field `score`"),
        ('{"reward": {"reward": 1}}', FailureKind.NOT_A_NUMBER, "$.reward"),
        ('{"reward": 1, "reason": 3}', FailureKind.NOT_A_NUMBER, "$.reason"),
        ('{"reward": 1, "criteria": [1]}', FailureKind.NOT_A_NUMBER, "$.criteria"),
        ('{"reward": 1, "criteria": {"a": "b"}}', FailureKind.NOT_A_NUMBER, "$.criteria"),
        ('{"reward": 1, "criteria": {"a": float("nan")}}', FailureKind.EXCEPTION, "ValueError"),
        ('{"reward": 1, "reason": {1, 2}}', FailureKind.EXCEPTION, "not JSON serializable"),
        (
            '{"reward": 1, "criteria": {str(n): n for n in range(31)}}',
            FailureKind.NOT_A_NUMBER,
            "length <= 30",
        ),
        ('{"reward": 1, "reason": "x" * 9000}', FailureKind.NOT_A_NUMBER, "too long a dict"),
        ('{"reward": 1.5}', FailureKind.OUT_OF_RANGE, "1.5"),
    ],
)
def test_a_dict_that_holds_no_reward_is_a_failure(
    returned: str, kind: FailureKind, said: str
) -> None:
    found = run_script(returned)
    assert isinstance(found, GradingFailure)
    assert found.failure_kind is kind
    assert said in found.message


def test_as_much_as_a_script_may_tell_arrives() -> None:
    names = "{str(n) + chr(252) * 55: n for n in range(30)}"
    found = run_script(f'{{"reward": 1, "reason": chr(252) * 5000, "criteria": {names}}}')
    assert isinstance(found, Verdict)
    assert len(found.criteria) == 30


def test_a_judge_abstains_only_where_it_may() -> None:
    said = '{"reasoning": "It shows no question.", "score": 0, "abstain": true}'
    assert read_reply(said, JUDGE) == Abstention(reason="It shows no question.")
    strict = JUDGE.model_copy(update={"allow_abstain": False})
    assert isinstance(read_reply(said, strict), Verdict)
    assert read_reply('{"score": 1, "abstain": false}', JUDGE) == Verdict(reward=1.0)


def test_only_a_judge_that_may_abstain_is_told_how() -> None:
    assert full_prompt(JUDGE).endswith(ABSTAIN_LINE)
    assert full_schema(JUDGE)["required"] == ["reasoning", "score", "abstain"]
    strict = JUDGE.model_copy(update={"allow_abstain": False})
    assert full_prompt(strict) == JUDGE.prompt
    assert full_schema(strict) == JUDGE.output_schema


def test_a_judge_that_was_stored_before_keeps_its_hash() -> None:
    plain = JudgeSpec(prompt="Rate {{sample.output_text}}")
    assert spec_hash(plain) == "0346e59b1abb5977b0da12130d8aeecdafc5bc1bfba4ab4129ba7b3540f5d091"
    assert spec_hash(plain) != spec_hash(JUDGE)


def test_a_combination_abstains_where_a_part_does_and_none_fails() -> None:
    silent = ScriptSpec(source="def grade(sample, item):\n    return {'abstain': True}")
    broken = ScriptSpec(source="def grade(sample, item):\n    return None")
    good = StringCheckSpec(reference="Oslo")

    def combine(**graders: ScriptSpec | StringCheckSpec) -> Outcome:
        with open_grader(MultiSpec(graders={**graders})) as grading:
            (outcome,) = grading.grade([(SAMPLE, {})])
            return outcome

    assert combine(good=good, silent=silent) == Abstention(reason="silent: abstains.")
    failed = combine(silent=silent, broken=broken)
    assert isinstance(failed, GradingFailure)
    assert failed.message.startswith("broken: ")
    assert combine(good=good) == Verdict(reward=1.0, reason="good 1.00.", criteria={"good": 1.0})
