"""Which calls are made about one answer, how many at a time, and which are spared."""

import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from rft_app.domain.grader import Criterion, JudgeSpec, MultiSpec, RubricSpec
from rft_app.domain.grading import Abstention, FailureKind, GradingFailure, Outcome, Verdict
from rft_app.domain.rollout import make_sample
from rft_app.errors import JobCancelledError
from rft_app.graders import open_asking
from rft_app.graders._asking import NO_LEDGER
from rft_app.llm.catalogue import Catalogue, environment_endpoint
from rft_app.llm.chat import PaidCalls
from rft_app.settings import get_settings
from tests.llm.provider import Behaviour, FakeProvider, Json, Served, configured, refuse, say_json
from tests.llm.test_structured import Notebook

SAMPLE = make_sample([{"role": "assistant", "content": "Oslo"}], None)
LIKE = {"kind": "string_check", "operation": "like", "reference": "Oslo"}
UNLIKE = LIKE | {"reference": "Paris"}
NEEDY = {"kind": "string_check", "reference": "{{item.reference}}"}
SHY = {"kind": "script", "source": "def grade(sample, item):\n    return {'abstain': True}"}
TONE = {"kind": "judge", "prompt": "Tone: {{sample.output_text}}"}
FACTS = {"kind": "judge", "prompt": "Facts: {{sample.output_text}}", "num_votes": 2}
TOGETHER_S = 10.0


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
    concurrency: int = 1,
) -> tuple[Outcome, FakeProvider]:
    """Ask about one answer."""
    limits = {"MAX_ATTEMPTS": "1", "CONCURRENCY": str(concurrency)}
    with configured(patch, behave, **limits) as provider:
        endpoint = environment_endpoint(get_settings())
        assert endpoint is not None
        with open_asking(spec, ledger, Catalogue([endpoint])) as judge:
            return judge.ask("7", SAMPLE, {"reference": None}).outcome, provider


def combine(graders: Mapping[str, Any], **settings: Any) -> MultiSpec:
    """A combination of these."""
    return MultiSpec.model_validate({"graders": graders, **settings})


def score_by_prompt(request: Json, number: int) -> Served:
    """The tone is bad, the facts are good."""
    is_tone = request["messages"][0]["content"].startswith("Tone")
    return say_json({"score": 0 if is_tone else 1})


def list_prompts(provider: FakeProvider) -> list[str]:
    """The first word of each question."""
    return [one["messages"][0]["content"].partition(":")[0] for one in provider.requests]


def test_a_closed_gate_spares_every_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = {"tone": TONE, "place": UNLIKE, "facts": FACTS}
    spec = combine(parts, gates={"place": 1})
    outcome, provider = ask(monkeypatch, score_by_prompt, spec)
    assert provider.requests == []
    assert outcome == Verdict(
        reward=0.0,
        reason="Below the gate of place. Not asked: tone, facts. place 0.00.",
        criteria={"place": 0.0},
    )


def test_an_open_gate_asks_every_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = {"tone": TONE, "place": LIKE, "facts": FACTS}
    outcome, provider = ask(monkeypatch, score_by_prompt, combine(parts, gates={"place": 1}))
    assert sorted(list_prompts(provider)) == ["Facts", "Facts", "Tone"]
    assert isinstance(outcome, Verdict)
    assert outcome.reward == pytest.approx(2 / 3)


def test_a_judge_with_a_gate_comes_first_and_spares_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = combine({"facts": FACTS, "tone": TONE}, gates={"tone": 0.5})
    outcome, provider = ask(monkeypatch, score_by_prompt, spec)
    assert list_prompts(provider) == ["Tone"]
    assert isinstance(outcome, Verdict)
    assert (outcome.reward, outcome.criteria) == (0.0, {"tone": 0.0})


@pytest.mark.parametrize(("part", "kind"), [(NEEDY, GradingFailure), (SHY, Abstention)])
def test_where_there_is_no_reward_no_judge_is_paid_for_it(
    monkeypatch: pytest.MonkeyPatch, part: Json, kind: type[object]
) -> None:
    outcome, provider = ask(monkeypatch, score_by_prompt, combine({"tone": TONE, "own": part}))
    assert provider.requests == []
    assert isinstance(outcome, kind)


@pytest.mark.parametrize("part", [NEEDY, SHY])
def test_a_judge_whose_gate_may_close_is_asked_behind_a_failure(
    monkeypatch: pytest.MonkeyPatch, part: Json
) -> None:
    spec = combine({"facts": FACTS, "own": part, "tone": TONE}, gates={"tone": 0.5})
    outcome, provider = ask(monkeypatch, score_by_prompt, spec)
    assert list_prompts(provider) == ["Tone"]
    assert isinstance(outcome, Verdict)
    assert outcome.reward == 0.0
    assert "Without a reward: own. Not asked: facts." in (outcome.reason or "")


def test_a_judge_that_fails_spares_those_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome, provider = ask(
        monkeypatch, lambda *_: refuse(500), combine({"tone": TONE, "facts": FACTS})
    )
    assert list_prompts(provider) == ["Tone"]
    assert isinstance(outcome, GradingFailure)
    assert outcome.failure_kind is FailureKind.PROVIDER_REFUSED
    assert outcome.message.startswith("tone: ")


VOTES = JudgeSpec(prompt="Rate {{sample.output_text}}", num_votes=3)
CRITERIA = tuple(Criterion(name=name, description="Good.") for name in ("a", "b", "c"))
EACH = RubricSpec(prompt="Rate {{sample.output_text}}", criteria=CRITERIA, one_call_each=True)


@pytest.mark.parametrize("spec", [VOTES, EACH])
def test_calls_about_one_answer_are_made_at_the_same_time(
    monkeypatch: pytest.MonkeyPatch, spec: JudgeSpec | RubricSpec
) -> None:
    together = threading.Barrier(3)

    def wait_for_the_others(request: Json, number: int) -> Served:
        together.wait(TOGETHER_S)
        return say_json({"score": 1})

    outcome, provider = ask(monkeypatch, wait_for_the_others, spec, concurrency=3)
    assert len(provider.requests) == 3
    assert isinstance(outcome, Verdict)
    assert outcome.reward == 1.0


def test_votes_keep_to_what_the_provider_allows_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    lock, under_way, most = threading.Lock(), 0, 0
    pairs = threading.Barrier(2)

    def count_under_way(request: Json, number: int) -> Served:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        pairs.wait(TOGETHER_S)
        with lock:
            under_way -= 1
        return say_json({"score": 1})

    spec = VOTES.model_copy(update={"num_votes": 6})
    _, provider = ask(monkeypatch, count_under_way, spec, concurrency=2)
    assert (len(provider.requests), most) == (6, 2)


def test_votes_that_are_under_way_when_it_is_stopped_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ledger, both = Notebook(), threading.Barrier(3)
    go = threading.Event()

    def hold(request: Json, number: int) -> Served:
        if number < 2:
            both.wait(TOGETHER_S)
            go.wait(TOGETHER_S)
        return say_json({"score": 1})

    with configured(monkeypatch, hold, CONCURRENCY="2", MAX_ATTEMPTS="1") as provider:
        endpoint = environment_endpoint(get_settings())
        assert endpoint is not None
        catalogue = Catalogue([endpoint])
        with open_asking(VOTES, ledger, catalogue) as judge:

            def stop() -> None:
                both.wait(TOGETHER_S)
                judge.stop()
                go.set()

            stopping = threading.Thread(target=stop)
            stopping.start()
            with pytest.raises(JobCancelledError):
                judge.ask("7", SAMPLE, {})
            stopping.join()
        assert sorted(ledger.kept) == ["7.v1", "7.v2"]
        with open_asking(VOTES, ledger, catalogue) as judge:
            outcome = judge.ask("7", SAMPLE, {}).outcome
        assert len(provider.requests) == 3, "the two that were under way are not paid again"
    assert isinstance(outcome, Verdict)
    assert sorted(ledger.kept) == ["7.v1", "7.v2", "7.v3"]
