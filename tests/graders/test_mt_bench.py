"""Judge prompts of MT-bench, of one answer and of two."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from rft_app.domain.grader import JudgeSpec
from rft_app.domain.grading import FailureKind, GradingFailure, Outcome, Verdict
from rft_app.domain.rollout import Item, make_sample
from rft_app.errors import InvalidInputError
from rft_app.graders import check_grader, open_asking
from rft_app.graders._asking import NO_LEDGER
from rft_app.graders.grader_file import parse_grader
from rft_app.llm.catalogue import Catalogue, environment_endpoint
from rft_app.settings import get_settings
from tests.llm.provider import configured, in_turn, say

SAMPLE = make_sample([{"role": "assistant", "content": "Norway's is Oslo."}], None)
TURNS = [
    {"role": "user", "content": "The capital of Sweden?"},
    {"role": "assistant", "content": "It is Stockholm."},
    {"role": "user", "content": "And of Norway?"},
]
ONE_TURN: Item = {"messages": TURNS[2:], "reference": "Oslo", "answer_a": "Bergen"}
TWO_TURNS: Item = ONE_TURN | {"messages": TURNS, "reference_1": "Stockholm"}
SINGLE = {
    "name": "mine",
    "type": "single",
    "system_prompt": "Be fair.",
    "prompt_template": "Rate {answer} to {question} on a scale of 1 to 10.",
}


@pytest.fixture(autouse=True)
def no_provider(data_dir: object) -> Iterator[None]:
    """Settings without a provider, unless a test configures one."""
    yield
    get_settings.cache_clear()


PAIR = {
    "name": "pair",
    "type": "pairwise",
    "system_prompt": "Decide: [[A]], [[B]] or [[C]].",
    "prompt_template": "{question}\nA: {answer_a}\nB: {answer_b}",
}


def judge(
    patch: pytest.MonkeyPatch, spec: JudgeSpec, item: Item, said: str = "Rating: [[10]]"
) -> tuple[Outcome, str]:
    """What a model's rating becomes, and what the model was asked."""
    reply = say(f"It answers.\n\n{said}")
    with configured(patch, in_turn(reply)) as provider:
        endpoint = environment_endpoint(get_settings())
        assert endpoint is not None
        with open_asking(spec, NO_LEDGER, Catalogue([endpoint])) as asked:
            outcome = asked.ask("1", SAMPLE, item).outcome
        asked_for = [message for request in provider.requests for message in request["messages"]]
    return outcome, "\n".join(message["content"] for message in asked_for)


@pytest.mark.shared_data
def test_each_prompt_of_the_file_is_a_judge(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (shared_data / "mt-bench" / "judge_prompts.jsonl").read_bytes().splitlines()
    rows = {row["name"]: (row, line) for line in lines for row in [orjson.loads(line)]}
    for name, (row, line) in rows.items():
        spec = parse_grader("prompt.json", line)
        check_grader(spec)
        assert isinstance(spec, JudgeSpec)
        assert spec.system_prompt == row["system_prompt"].strip()
        is_two, is_pair = "multi-turn" in name, row["type"] == "pairwise"
        item = TWO_TURNS if is_two else ONE_TURN
        outcome, said = judge(monkeypatch, spec, item, "[[B]]" if is_pair else "Rating: [[10]]")
        assert isinstance(outcome, Verdict)
        assert outcome.reward == 1.0
        needed = {"Norway's is Oslo.", "And of Norway?"}
        needed |= {"The capital of Sweden?", "It is Stockholm."} if is_two else set()
        needed |= {"Oslo"} if "math" in name or is_pair else set()
        needed |= {"Bergen"} if "math" in name and is_pair else set()
        assert all(one in said for one in needed), name
        assert not any(f"{{{place}" in said for place in ("question", "answer", "ref_", "{"))
    assert len(rows) == 8


@pytest.mark.parametrize(
    ("said", "reward"),
    [
        ("[[A]]", 0.0),
        ("[[B]]", 1.0),
        ("[[C]]", 0.5),
        ("At first [[A]], but no: [[B]].", 1.0),
        ("<think>[[A]]</think>[[c]]", 0.5),
        ('{"reasoning": "Shorter than [[B]].", "verdict": "[[A]]"}', 0.0),
        ("Verdict: B.", 1.0),
    ],
)
def test_a_verdict_of_two_answers_is_the_reward_of_the_second(
    monkeypatch: pytest.MonkeyPatch, said: str, reward: float
) -> None:
    spec = parse_grader("pair.json", orjson.dumps(PAIR))
    check_grader(spec)
    assert isinstance(spec, JudgeSpec)
    outcome, asked = judge(monkeypatch, spec, ONE_TURN, said)
    assert isinstance(outcome, Verdict)
    assert outcome.reward == reward
    assert outcome.reason is not None
    assert outcome.reason[0] == "ABC"[[0.0, 1.0, 0.5].index(reward)], "The label is shown."
    assert "A: Oslo\nB: Norway's is Oslo." in asked


@pytest.mark.parametrize("said", ["[[D]]", "Both are good.", '{"verdict": 7}', "A or B"])
def test_a_verdict_that_is_none_is_a_failure(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    spec = parse_grader("pair.json", orjson.dumps(PAIR))
    assert isinstance(spec, JudgeSpec)
    outcome, _ = judge(monkeypatch, spec, ONE_TURN, said)
    assert isinstance(outcome, GradingFailure)
    assert outcome.failure_kind is FailureKind.BAD_REPLY
    assert "none of these labels in `verdict`: A, B, C" in outcome.message


@pytest.mark.shared_data
def test_the_whole_file_is_refused_with_the_names_in_it(shared_data: Path) -> None:
    raw = (shared_data / "mt-bench" / "judge_prompts.jsonl").read_bytes()
    with pytest.raises(InvalidInputError, match=r"holds 8 .*pair-v2, .*single-v1, .*\.json file"):
        parse_grader("judge_prompts.jsonl", raw)
    alone = raw.splitlines()[4]
    assert parse_grader("one.jsonl", alone + b"\n\n") == parse_grader("one.json", alone)


def test_what_a_record_has_not_is_a_grading_failure_that_names_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = parse_grader("a.json", orjson.dumps(SINGLE | {"prompt_template": TWO_REFERENCES}))
    assert isinstance(spec, JudgeSpec)
    outcome, said = judge(monkeypatch, spec, {"messages": TURNS, "reference": "Oslo"})
    assert isinstance(outcome, GradingFailure)
    assert outcome.failure_kind is FailureKind.MISSING_VARIABLE
    assert "item.reference_1" in outcome.message
    assert said == ""


TWO_REFERENCES = "{ref_answer_1} {ref_answer_2} {answer_2} on a scale of 1 to 10"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"type": "listwise"}, "'mine' cannot be a judge: its type is 'listwise'"),
        ({"type": None}, "its type is None"),
        ({"name": None, "type": "pairwise"}, r"'without a name'.*the verdict \[\[A\]\]"),
        ({"prompt_template": "{answer} {mood} on a scale of 1 to 10"}, "fills in {mood}"),
        ({"prompt_template": "Rate {answer}."}, "does not say its range"),
        ({"prompt_template": "{{answer}} on a scale of 1 to 10"}, "holds {{…}}"),
        ({"prompt_template": 7}, "must be texts"),
        ({"prompt_template": " "}, "must be texts"),
        ({"system_prompt": ["x"]}, "must be texts"),
    ],
)
def test_a_prompt_that_cannot_be_a_judge_says_why(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        parse_grader("a.json", orjson.dumps(SINGLE | changes))


def test_a_prompt_without_the_answer_is_refused_when_it_is_checked() -> None:
    raw = SINGLE | {"prompt_template": "Rate {question} on a scale of 1 to 10."}
    with pytest.raises(InvalidInputError, match="does not show the answer"):
        check_grader(parse_grader("a.json", orjson.dumps(raw)))
