"""Rubrics and votes, and both inside a combination."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from rft_app.domain.grader import Criterion, JudgeSpec, MultiSpec, RubricSpec, StringCheckSpec
from rft_app.domain.grader_difference import compare_graders
from rft_app.domain.grading import Abstention, FailureKind, GradingFailure, Outcome, Verdict
from rft_app.domain.rollout import make_sample
from rft_app.errors import InvalidInputError
from rft_app.graders import check_grader, open_asking
from rft_app.graders._asking import NO_LEDGER
from rft_app.graders.rubric import read_rubric, weigh
from rft_app.llm.catalogue import Catalogue, environment_endpoint
from rft_app.llm.chat import PaidCalls
from rft_app.llm.structured import BadReplyError
from rft_app.settings import get_settings
from tests.llm.provider import Behaviour, FakeProvider, configured, in_turn, refuse, say_json
from tests.llm.test_structured import Notebook

SAMPLE = make_sample([{"role": "assistant", "content": "Oslo {{sample.messages}}"}], None)
CRITERIA = (
    Criterion(name="correct", description="Agrees with {{facts}}.", weight=3),
    Criterion(name="tone", description="1 rude, 5 friendly.", min_score=1, max_score=5),
)
RUBRIC = RubricSpec(prompt="Answer: {{sample.output_text}}", criteria=CRITERIA)
JUDGE = JudgeSpec(prompt="Rate {{sample.output_text}}", num_votes=3)


@pytest.fixture(autouse=True)
def no_provider(data_dir: object) -> Iterator[None]:
    """Settings without a provider, unless a test configures one."""
    yield
    get_settings.cache_clear()


def ask(
    patch: pytest.MonkeyPatch,
    behave: Behaviour,
    spec: JudgeSpec | RubricSpec | MultiSpec,
    ledger: PaidCalls = NO_LEDGER,
) -> tuple[Outcome, FakeProvider]:
    with configured(patch, behave, MAX_ATTEMPTS="1", CONCURRENCY="1") as provider:
        endpoint = environment_endpoint(get_settings())
        assert endpoint is not None
        with open_asking(spec, ledger, Catalogue([endpoint])) as judge:
            return judge.ask("7", SAMPLE, {}).outcome, provider


def test_one_call_scores_all_criteria(monkeypatch: pytest.MonkeyPatch) -> None:
    reply = {
        "correct": {"reasoning": "It is.", "score": 1},
        "tone": {"reasoning": "Curt.", "score": 2},
    }
    outcome, provider = ask(monkeypatch, in_turn(say_json(reply)), RUBRIC)
    assert outcome == Verdict(
        reward=(3 * 1 + 1 * 0.25) / 4,
        criteria={"correct": 1.0, "tone": 2.0},
        reason="correct: It is. tone: Curt.",
    )
    [request] = provider.requests
    said = request["messages"][0]["content"]
    assert "Oslo {{sample.messages}}" in said, "what an answer says is no place"
    assert "- correct (0 to 1): Agrees with {{facts}}." in said
    assert request["response_format"]["json_schema"]["schema"]["required"] == ["correct", "tone"]


def test_each_criterion_may_have_a_call_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def behave(request: dict[str, Any], number: int) -> Any:
        is_tone = "1 rude" in request["messages"][0]["content"]
        return say_json({"reasoning": "So.", "score": 5 if is_tone else 0})

    ledger = Notebook()
    spec = RUBRIC.model_copy(update={"one_call_each": True})
    outcome, provider = ask(monkeypatch, behave, spec, ledger)
    assert isinstance(outcome, Verdict)
    assert (outcome.reward, outcome.criteria) == (0.25, {"correct": 0.0, "tone": 5.0})
    assert len(provider.requests) == 2
    assert sorted(ledger.kept) == ["7.c1", "7.c2"]


def test_a_lacking_score_is_asked_for_once_more_with_the_criterion_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    partly = say_json({"correct": 1})
    outcome, provider = ask(
        monkeypatch, in_turn(partly, say_json({"correct": 1, "tone": 5})), RUBRIC
    )
    assert isinstance(outcome, Verdict)
    assert outcome.reward == 1.0
    assert "'tone'" in provider.requests[1]["messages"][-1]["content"]


def test_a_score_outside_a_criterions_range_is_a_failure() -> None:
    found = read_rubric('{"correct": 1, "tone": 7}', RUBRIC)
    assert isinstance(found, GradingFailure)
    assert found.message == "The model gave 'tone' 7; the range is 1 to 5."
    with pytest.raises(BadReplyError):
        read_rubric("[]", RUBRIC)
    assert isinstance(read_rubric('{"criteria": {"correct": 1, "tone": 1}}', RUBRIC), Verdict)


@pytest.mark.parametrize(
    "before",
    [
        '<think>{"correct": 0, "tone": 1}</think>',
        'Draft: {"correct": 0, "tone": 1}. Better:\n```json\n',
        '{"criteria": {"correct": 0, "tone": 1}} is too hard. ',
    ],
)
def test_the_last_whole_reply_counts(before: str) -> None:
    found = read_rubric(before + '{"correct": 1, "tone": 5,} by {"tone": 2}', RUBRIC)
    assert isinstance(found, Verdict)
    assert found.reward == 1.0


def test_a_rubric_abstains_only_where_it_may() -> None:
    said = '{"abstain": true, "reason": "No answer.", "correct": 0, "tone": 1}'
    may = RUBRIC.model_copy(update={"allow_abstain": True})
    assert read_rubric(said, may) == Abstention(reason="No answer.")
    assert isinstance(read_rubric(said, RUBRIC), Verdict)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"criteria": (CRITERIA[0], CRITERIA[0])}, "'correct' is taken"),
        ({"criteria": (CRITERIA[0].model_copy(update={"weight": 0}),)}, "All weights are 0"),
        ({"criteria": (CRITERIA[0].model_copy(update={"min_score": 1}),)}, "is empty"),
        ({"prompt": "No answer."}, "does not show the answer"),
    ],
)
def test_a_rubric_that_cannot_work_says_why(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        check_grader(RUBRIC.model_copy(update=changes))


def test_each_vote_is_a_call_of_its_own_that_is_not_paid_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ledger = Notebook()
    behave = in_turn(say_json({"score": 1}), refuse(500), say_json({"score": 0.5}))
    outcome, provider = ask(monkeypatch, behave, JUDGE, ledger)
    assert isinstance(outcome, Verdict)
    assert outcome.reward == 0.75
    assert outcome.votes is not None
    assert outcome.votes.num_failed == 1
    assert sorted(ledger.kept) == ["7.v1", "7.v3"]
    again, provider = ask(monkeypatch, in_turn(say_json({"score": 0})), JUDGE, ledger)
    assert isinstance(again, Verdict)
    assert again.reward == 0.5
    assert len(provider.requests) == 1, "only the vote that failed is asked for again"


def test_a_combination_asks_its_judges_under_keys_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ledger = Notebook()
    parts = {
        "tone": JUDGE,
        "words": {"kind": "string_check", "operation": "like", "reference": "Oslo"},
        "facts": RUBRIC,
    }

    def behave(request: dict[str, Any], number: int) -> Any:
        if "Criteria:" in request["messages"][0]["content"]:
            return say_json({"correct": 0, "tone": 1})
        return say_json({"score": 0.5})

    outcome, _ = ask(monkeypatch, behave, MultiSpec.model_validate({"graders": parts}), ledger)
    assert isinstance(outcome, Verdict)
    assert outcome.criteria == {"tone": 0.5, "words": 1.0, "facts": 0.0}
    assert outcome.reward == 0.5
    assert sorted(ledger.kept) == ["7.facts", "7.tone.v1", "7.tone.v2", "7.tone.v3"]


def test_a_part_that_cannot_judge_makes_the_combination_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = MultiSpec.model_validate(
        {"graders": {"tone": RUBRIC, "words": StringCheckSpec(reference="x")}}
    )
    outcome, _ = ask(monkeypatch, in_turn(refuse(500)), spec)
    assert isinstance(outcome, GradingFailure)
    assert outcome.failure_kind is FailureKind.PROVIDER_REFUSED
    assert outcome.message.startswith("tone: ")


def test_versions_of_a_rubric_differ_line_by_line() -> None:
    other = RUBRIC.model_copy(update={"criteria": CRITERIA[:1], "pass_threshold": 0.5})
    found = compare_graders(RUBRIC, other)
    assert found.num_removed == 3
    assert [(one.name, one.second) for one in found.settings] == [("pass_threshold", "0.5")]


def test_full_marks_are_one_whatever_the_weights() -> None:
    weights = (0.1, 0.3, 0.7, 1, 1.1, 3)
    for three in product(weights, repeat=3):
        named = zip("abc", three, strict=True)
        criteria = [Criterion(name=n, description="Good.", weight=w) for n, w in named]
        found = weigh({"a": 1, "b": 1, "c": 1}, criteria, "")
        assert isinstance(found, Verdict)
        assert found.reward == 1, three
