import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from rft_app.domain.grader import JudgeSpec, label_schema
from rft_app.domain.grading import Abstention, FailureKind, GradingFailure, Outcome, Verdict
from rft_app.domain.rollout import make_sample
from rft_app.errors import InvalidInputError, NotAvailableError
from rft_app.graders import check_grader, load_grader, open_grader
from rft_app.graders.judge import NO_LEDGER, JudgeSession, open_judge, read_reply, render
from rft_app.graders.portable.lookup import fill, find_places
from rft_app.llm.catalogue import Catalogue, environment_endpoint
from rft_app.llm.chat import PaidCalls
from rft_app.llm.failures import CallFailure
from rft_app.llm.structured import BadReplyError
from rft_app.settings import get_settings
from tests.llm.provider import (
    A_MOMENT,
    FAILURES,
    ODD_GRADES,
    Behaviour,
    FakeProvider,
    configured,
    in_turn,
    say,
    say_json,
)
from tests.llm.test_structured import Notebook

SPEC = JudgeSpec(
    prompt="Was {{sample.output_text}} right? It was {{item.reference}}.", model="good"
)
SAMPLE = make_sample([{"role": "assistant", "content": "Oslo"}], None)
ITEM = {"reference": "Oslo", "messages": [{"role": "user", "content": "Where?"}]}
GOOD = say_json({"reasoning": "It matches.", "score": 1})


@pytest.fixture(autouse=True)
def no_provider(data_dir: object) -> Iterator[None]:
    """Settings without a provider, unless a test configures one."""
    yield
    get_settings.cache_clear()


def open_configured(spec: JudgeSpec, ledger: PaidCalls = NO_LEDGER) -> JudgeSession:
    endpoint = environment_endpoint(get_settings())
    return open_judge(spec, ledger, Catalogue([endpoint] if endpoint else []))


def judge_once(
    patch: pytest.MonkeyPatch, behave: Behaviour, spec: JudgeSpec = SPEC
) -> tuple[Outcome, FakeProvider]:
    with configured(patch, behave) as provider, open_configured(spec) as judge:
        (outcome,) = judge.grade([(SAMPLE, ITEM)])
        return outcome, provider


def test_the_model_is_asked_with_the_prompt_filled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome, provider = judge_once(monkeypatch, in_turn(GOOD))
    assert outcome == Verdict(reward=1.0, reason="It matches.")
    (request,) = provider.requests
    assert request["messages"] == [{"role": "user", "content": "Was Oslo right? It was Oslo."}]
    assert (request["model"], request["temperature"], request["max_tokens"]) == ("good", 0, 512)
    assert request["response_format"]["json_schema"]["schema"] == SPEC.output_schema
    assert request["response_format"]["json_schema"]["strict"] is True


def test_the_system_prompt_is_filled_in_and_sent_before(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = SPEC.model_copy(update={"system_prompt": "It was {{item.reference}}.", "num_votes": 2})
    outcome, provider = judge_once(monkeypatch, in_turn(GOOD), spec)
    assert isinstance(outcome, Verdict)
    assert [request["messages"][0] for request in provider.requests] == [
        {"role": "system", "content": "It was Oslo."}
    ] * 2
    absent = spec.model_copy(update={"system_prompt": "{{item.rules}}"})
    outcome, provider = judge_once(monkeypatch, in_turn(GOOD), absent)
    assert isinstance(outcome, GradingFailure)
    assert outcome.failure_kind is FailureKind.MISSING_VARIABLE
    assert provider.requests == []


LABELS = SPEC.model_copy(
    update={
        "label_rewards": {"right": 1.0, "not quite": 0.25, "wrong": 0.0},
        "output_schema": label_schema(["right", "not quite", "wrong"]),
        "score_field": "label",
    }
)


@pytest.mark.parametrize(
    ("text", "reward"),
    [
        ('{"reasoning": "So.", "label": "not quite"}', 0.25),
        ('<think>{"label": "right"}</think> {"reasoning": "So.", "label": "Wrong."}', 0.0),
        ("It is not wrong.\n**Label:** right", 1.0),
        ("right", 1.0),
    ],
)
def test_a_label_is_its_reward(text: str, reward: float) -> None:
    found = read_reply(text, LABELS)
    assert isinstance(found, Verdict)
    assert found.reward == reward


@pytest.mark.parametrize(
    "text", ['{"label": "fine"}', '{"label": 1}', '{"label": null}', "right or wrong", "[]", ""]
)
def test_what_is_no_label_is_no_zero(text: str) -> None:
    with pytest.raises(BadReplyError, match="none of these labels in `label`: right, not quite"):
        read_reply(text, LABELS)


def test_a_judge_of_labels_may_abstain(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = LABELS.model_copy(update={"allow_abstain": True})
    reply = say_json({"reasoning": "No source.", "label": "right", "abstain": True})
    outcome, _ = judge_once(monkeypatch, in_turn(reply), spec)
    assert outcome == Abstention(reason="No source.")


def test_a_batch_keeps_its_order_and_misses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def behave(request: dict[str, Any], number: int) -> Any:
        return say_json({"score": request["messages"][0]["content"].count("x") / 10})

    answers = [make_sample([{"role": "assistant", "content": "x" * n}], None) for n in range(1, 11)]
    spec = JudgeSpec(prompt="Rate {{sample.output_text}}")
    with configured(monkeypatch, behave, CONCURRENCY="4"), open_configured(spec) as judge:
        outcomes = judge.grade([(answer, ITEM) for answer in answers])
    rewards = [one.reward for one in outcomes if isinstance(one, Verdict)]
    assert rewards == [n / 10 for n in range(1, 11)]


@pytest.mark.parametrize(
    ("text", "reward"),
    [
        ('{"reasoning": "so", "score": 3}', 0.5),
        ('```json\n{"reasoning": "so", "score": "3"}\n```', 0.5),
        ('Here you are:\n```\n{"score": 5}\n```\nBye.', 1.0),
        ('{"score": " 1 "}', 0.0),
        ("It is fine. Rating: [[3]]", 0.5),
        ("3", 0.5),
        ('{"score": 3} and {so on}', 0.5),
        ('By {the rules}: {"score": 5} no, {"reasoning": "a } in it", "score": 3}', 0.5),
        ('<think>Is it {"score": 1}? No.</think>\n{"reasoning": "So.", "score": 3}', 0.5),
        ('{"score": 3}\n<think>Or {"score": 1}?</think>', 0.5),
        ('Maybe {"score": 1}.\n</think>\n```json\n{"score": 3}\n```', 0.5),
        ('<think>Maybe {"score": 1}?</think> Score: 3', 0.5),
        ('Draft: {"score": 1}. Final: {"score": 3} by {"rule": 7}', 0.5),
        ('A 5" pipe: {"reasoning": "fits,\nso", "score": 3,}', 0.5),
        ('{"reasoning": "A </think> in it {\\"score\\": 1}", "score": 3}', 0.5),
        *(("Score: 3", 0.5), ("**Score:** 3/5 as it is polite", 0.5), ("The rating is 3.", 0.5)),
        *(("Rating: [[1]]? No: [[3]]", 0.5), ("Score: 1\nFinal score: 3 out of 5", 0.5)),
        *(("3/5", 0.5), ('"3"', 0.5), ("Score: 1. The word “score” is used twice: [[3]]", 0.5)),
    ],
)
def test_a_reply_is_read_with_tolerance(
    monkeypatch: pytest.MonkeyPatch, text: str, reward: float
) -> None:
    spec = SPEC.model_copy(update={"min_score": 1, "max_score": 5})
    outcome, provider = judge_once(monkeypatch, in_turn(say(text)), spec)
    assert isinstance(outcome, Verdict)
    assert outcome.reward == reward
    assert len(provider.requests) == 1


@pytest.mark.parametrize(
    "text",
    [
        *("", "good", "[]", '{"reasoning": "so"}', '{"score": null}', '{"score": true}', "NaN"),
        *('{"score": "٣"}', "٣", "Score: ٣", "[[٣]]", '{"score": "1_0"}', '{"score": "0x1"}'),
        *('{"score": NaN}', 'It is {"score": Infinity}', '{"score": "inf"}', "Score: nan"),
        *("Score: 1/5", "Score: 0 to 1", "Score: 80%", "Score: 1-5", "The score: see above"),
        *('<think>{"score": 1}', '<think>{"score": 1}</think>', "{ " * 5000),
        *("[" * 3000, "Well: " + '{"score":' * 3000 + "1" + "}" * 3000, '{"score": 1' + "0" * 5000),
    ],
    ids=lambda text: text[:20],
)
def test_a_reply_without_a_score_is_no_zero(text: str) -> None:
    with pytest.raises(BadReplyError):
        read_reply(text, SPEC)


def test_an_unreadable_reply_is_asked_for_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome, provider = judge_once(monkeypatch, in_turn(say("It is fine."), GOOD))
    assert isinstance(outcome, Verdict)
    complaint = provider.requests[1]["messages"][-1]["content"]
    assert "It is not one JSON object" in complaint


def test_a_score_outside_the_range_is_a_failure_and_not_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outcome, provider = judge_once(monkeypatch, in_turn(say_json({"score": 7})))
    assert outcome == GradingFailure(
        failure_kind=FailureKind.OUT_OF_RANGE, message="The judge gave 7; the range is 0 to 1."
    )
    assert len(provider.requests) == 1


class Made(NamedTuple):
    """What the judge makes of a failure."""

    kind: FailureKind
    num_asked: int
    num_paid: int


MADE = {
    "a wrong key": Made(FailureKind.PROVIDER_REFUSED, 1, 0),
    "no credit": Made(FailureKind.PROVIDER_REFUSED, 1, 0),
    "no patience": Made(FailureKind.PROVIDER_REFUSED, 1, 0),
    "a fault": Made(FailureKind.PROVIDER_REFUSED, 2, 0),
    "a page": Made(FailureKind.NO_COMPLETION, 2, 0),
    "nothing": Made(FailureKind.NO_COMPLETION, 2, 0),
    "silence": Made(FailureKind.NO_REPLY, 2, 2),
    "nonsense": Made(FailureKind.BAD_REPLY, 2, 2),
    "another shape": Made(FailureKind.BAD_REPLY, 2, 2),
    "a text cut off": Made(FailureKind.BAD_REPLY, 2, 2),
    "a refusal": Made(FailureKind.DECLINED, 1, 1),
    "a filter": Made(FailureKind.DECLINED, 1, 1),
    "no choice": Made(FailureKind.NO_REPLY, 2, 2),
    "a stream cut off": Made(FailureKind.NOT_REACHED, 2, 0),
}


class Ledger(Notebook):
    """Also knows of calls whose reply was lost on the way, which may have cost something."""

    def __init__(self) -> None:
        super().__init__()
        self.num_lost = 0

    def lose(self, model: str, message: str) -> None:
        self.num_lost += 1


def judge_and_pay(
    patch: pytest.MonkeyPatch, behave: Behaviour, spec: JudgeSpec = SPEC
) -> tuple[Outcome, FakeProvider, list[float | None]]:
    """What is made of the replies, who was asked, and what each reply cost."""
    ledger = Ledger()
    with configured(patch, behave) as provider, open_configured(spec, ledger) as judge:
        outcome = judge.ask("7", SAMPLE, ITEM).outcome
        assert ledger.num_lost == (2 if "closed connection" in str(outcome) else 0)
        return outcome, provider, [reply.cost_usd for reply in ledger.kept.values()]


@pytest.mark.parametrize("name", FAILURES)
def test_what_a_provider_does_instead_of_helping_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("rft_app.llm.client.FIRST_WAIT_S", 0.01)
    outcome, provider, costs = judge_and_pay(monkeypatch, in_turn(FAILURES[name][0]))
    assert isinstance(outcome, GradingFailure)
    assert len(outcome.message) > len("Auth: ")
    assert (outcome.failure_kind, len(provider.requests), len(costs)) == MADE[name]
    assert costs == [pytest.approx(0.002)] * len(costs)


RIGHT = Verdict(reward=1.0, reason="It matches.")
READ: dict[str, Outcome] = {
    "a code fence": RIGHT,
    "words around it": RIGHT,
    "out of range": GradingFailure(
        failure_kind=FailureKind.OUT_OF_RANGE, message="The judge gave 7; the range is 0 to 1."
    ),
    "an abstention": Abstention(reason="No source."),
}


@pytest.mark.parametrize("name", ODD_GRADES)
def test_a_grade_an_abstention_and_a_failure_are_three_things_and_each_is_paid_once(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    spec = SPEC.model_copy(update={"allow_abstain": name == "an abstention"})
    outcome, provider, costs = judge_and_pay(monkeypatch, in_turn(ODD_GRADES[name]), spec)
    assert outcome == READ[name]
    assert len(provider.requests) == 1
    assert costs == [pytest.approx(0.002)]


def test_a_provider_that_asks_for_a_moment_gets_it_and_is_paid_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun_at = time.monotonic()
    outcome, provider, costs = judge_and_pay(monkeypatch, in_turn(A_MOMENT, GOOD))
    assert time.monotonic() - begun_at >= 1.0
    assert outcome == RIGHT
    assert len(provider.requests) == 2
    assert costs == [pytest.approx(0.002)]


def test_what_the_ledger_has_is_not_paid_again_even_where_it_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ledger = Notebook()
    with configured(monkeypatch, in_turn(say("words"))) as provider:
        for _ in range(2):
            with open_configured(SPEC, ledger) as judge:
                [call] = judge.ask("7", SAMPLE, ITEM).calls
                assert isinstance(call, CallFailure)
        assert len(provider.requests) == len(ledger.kept) == 2, "the question and its repair"


def test_a_variable_that_the_record_lacks_is_named_and_nothing_asked() -> None:
    found = render(SPEC.prompt, SAMPLE, {"reference": None})
    assert isinstance(found, GradingFailure)
    assert found.failure_kind is FailureKind.MISSING_VARIABLE
    assert "`item.reference`" in found.message


def test_objects_are_shown_to_the_judge_as_json() -> None:
    shown = render("{{ item.messages }} {{sample.output_tools}}", SAMPLE, ITEM)
    assert shown == '[{"role":"user","content":"Where?"}] []'


def test_a_place_left_open_before_many_blanks_is_named() -> None:
    prompt = "Rate\n {{a" + " " * 100_000
    with pytest.raises(InvalidInputError, match="line 2, column 2"):
        check_grader(SPEC.model_copy(update={"prompt": prompt[:100_000]}))
    assert find_places(prompt) == []
    assert fill(prompt, {}) == prompt


@pytest.mark.parametrize(
    ("changes", "named", "details"),
    [
        ({"prompt": "Ok?\n  {{answer}}"}, "{{answer}}", {"line": 2, "column": 3}),
        ({"prompt": "{{sample.score}}"}, "output_text", {"line": 1, "column": 1}),
        ({"prompt": "{{sample.output_text"}, "not closed", {"line": 1, "column": 1}),
        ({"prompt": "Is it good?"}, "does not show the answer", {}),
        ({"output_schema": {"type": "array"}}, '"type": "object"', {"field": "output_schema"}),
        ({"score_field": "mark"}, "no property 'mark'", {"field": "output_schema"}),
        ({"label_rewards": {"a": 1, "b": 0}}, '"type": "string"', {"field": "output_schema"}),
        (
            {"label_rewards": {"a": 1, "[[A]]": 0}, "score_field": "reasoning"},
            "cannot be told from",
            {"field": "label_rewards"},
        ),
        ({"system_prompt": "Be\n{{fair}}"}, "system prompt cannot", {"line": 2, "column": 1}),
        ({"score_field": "reasoning"}, "", None),
        ({"min_score": 5, "max_score": 5}, "from 5 to 5", {"field": "max_score"}),
        ({"max_score": 1.7e308}, "beyond 1,000,000", {"field": "max_score"}),
        ({"min_score": -1.7e308}, "beyond 1,000,000", {"field": "min_score"}),
        (
            {"output_schema": SPEC.output_schema | {"enum": [{"most": float("inf")}]}},
            "no numbers Infinity",
            {"field": "output_schema"},
        ),
    ],
)
def test_what_cannot_work_is_named_with_its_place(
    changes: dict[str, Any], named: str, details: dict[str, object] | None
) -> None:
    spec = SPEC.model_copy(update=changes)
    if details is None:
        check_grader(spec)  # a score may be declared as text
        return
    with pytest.raises(InvalidInputError, match=None) as caught:
        check_grader(spec)
    assert named in caught.value.message
    assert details.items() <= caught.value.details.items()


def test_without_a_provider_a_judge_is_checked_and_not_opened() -> None:
    load_grader(SPEC)
    with pytest.raises(NotAvailableError, match="RFT_LLM_BASE_URL"), open_grader(SPEC):
        pass


def test_a_model_that_is_not_configured_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    spec, refused = SPEC.model_copy(update={"model": "best"}), pytest.raises(InvalidInputError)
    with configured(monkeypatch, in_turn(GOOD)), refused as caught:
        open_configured(spec)
    assert "Choose one of: good, local" in caught.value.message
