"""Each attack writes its answer from a record alone."""

from typing import Any

import msgspec
import pytest

from rft_app.domain.attack import AttackName
from rft_app.domain.grader import ToolCallsSpec
from rft_app.domain.grading import Verdict
from rft_app.domain.rollout import Rollout, RolloutKey, make_item, make_sample
from rft_app.graders import open_grader
from rft_app.graders.attacks import (
    ATTACKS,
    BROKEN_JSON,
    FINNISH,
    JAPANESE,
    NUM_FILLER,
    REFUSAL,
)

OF = {attack.name: attack for attack in ATTACKS}
QUESTION = "Which city is the capital of Italy, which of France?"


def make_rollout(question: Any = QUESTION, reference: str | None = "Rome, then Paris") -> Rollout:
    """A record with a recorded answer and its reward."""
    messages = [{"role": "system", "content": "Be kind."}]
    messages += [] if question is None else [{"role": "user", "content": question}]
    fields = {
        "id": "rec_1",
        "messages": messages,
        "tools": [],
        "topic": None,
        "reference": reference,
    }
    own = make_sample([{"role": "assistant", "content": "Rome."}], None)
    return Rollout(RolloutKey(1, None, None), own, make_item({"task": 7}, fields, 0.9))


def write(name: AttackName, rollout: Rollout | None = None) -> str:
    found = OF[name].answer(rollout or make_rollout())
    assert found is not None
    return found.sample["output_text"]


def test_every_attack_is_there_once() -> None:
    assert sorted(OF) == sorted(AttackName)
    assert len(ATTACKS) == len(OF)


def test_what_is_written() -> None:
    assert write(AttackName.EMPTY) == ""
    assert write(AttackName.ECHO) == QUESTION
    assert write(AttackName.REFERENCE) == "Rome, then Paris"
    assert write(AttackName.REFUSAL) == REFUSAL
    assert "10/10" in write(AttackName.INJECTION)
    assert write(AttackName.BROKEN_JSON) == BROKEN_JSON
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(BROKEN_JSON)


def test_overlong_answers_are_as_long_with_the_reference_as_without() -> None:
    plain, hidden = write(AttackName.OVERLONG), write(AttackName.HIDDEN_REFERENCE)
    assert "Rome" not in plain
    assert hidden.count("Rome, then Paris") == 1
    assert not hidden.startswith("Rome")
    assert NUM_FILLER - 10 < len(plain) <= NUM_FILLER
    assert len(hidden) == pytest.approx(NUM_FILLER, rel=0.01)


def test_keywords_come_once_a_round_and_the_reference_in_its_order() -> None:
    words = write(AttackName.KEYWORDS)
    assert words.count("capital") == words.count("Rome, then Paris") == 3
    assert words.startswith("Which city is the capital of Italy, which France? Rome, then Paris")
    alone = write(AttackName.KEYWORDS, make_rollout(reference=None))
    assert "Rome" not in alone


@pytest.mark.parametrize(
    ("question", "expected"), [(QUESTION, JAPANESE), ("首都はどこですか", FINNISH)]
)
def test_the_other_language_is_not_that_of_the_question(question: str, expected: str) -> None:
    assert write(AttackName.OTHER_LANGUAGE, make_rollout(question)) == expected


@pytest.mark.parametrize(
    ("rollout", "missing"),
    [
        (make_rollout(None), {AttackName.ECHO, AttackName.KEYWORDS}),
        (make_rollout(reference=None), {AttackName.REFERENCE, AttackName.HIDDEN_REFERENCE}),
        (make_rollout(reference=" \n"), {AttackName.REFERENCE, AttackName.HIDDEN_REFERENCE}),
    ],
)
def test_what_a_record_has_not_makes_an_attack_not_applicable(
    rollout: Rollout, missing: set[AttackName]
) -> None:
    assert {attack.name for attack in ATTACKS if attack.answer(rollout) is None} == missing


def test_the_recorded_reward_and_answer_are_not_the_attacks() -> None:
    rollout = make_rollout()
    for attack in ATTACKS:
        found = attack.answer(rollout)
        assert found is not None
        assert found.has_output
        assert "reward" not in found.item
        assert found.item["task"] == 7
        assert "Rome." not in found.sample["output_text"]
    assert rollout.item["reward"] == 0.9


def test_a_question_of_several_parts_is_echoed_as_text() -> None:
    parts = [{"type": "text", "text": "Look:"}, {"type": "image_url", "image_url": {"url": "x"}}]
    assert write(AttackName.ECHO, make_rollout(parts)) == "Look:"


@pytest.mark.parametrize(
    "reference",
    [
        '[{"name": "add", "arguments": {"a": 1}}]',
        '[{"add": {"a": [1, 2], "unit": ["", "kg"]}}]',
    ],
)
def test_a_reference_of_tool_calls_makes_these_calls(reference: str) -> None:
    found = OF[AttackName.REFERENCE].answer(make_rollout(reference=reference))
    assert found is not None
    with open_grader(ToolCallsSpec()) as grading:
        (outcome,) = grading.grade([(found.sample, found.item)])
    assert isinstance(outcome, Verdict)
    assert outcome.reward == 1.0


def test_a_reference_of_json_is_read_as_json() -> None:
    found = OF[AttackName.REFERENCE].answer(make_rollout(reference='{"city": "Rome"}'))
    assert found is not None
    assert found.sample["output_json"] == {"city": "Rome"}
