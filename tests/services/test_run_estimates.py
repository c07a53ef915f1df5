"""What a dry run is expected to ask, cost and take."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import Session, col, select

from rft_app.domain.dry_run import DryRunSettings
from rft_app.domain.generation import TokenEstimate
from rft_app.domain.grader import JudgeSpec
from rft_app.domain.sampling import Sampling
from rft_app.llm.catalogue import Choice
from rft_app.pipeline import _rollout_plan
from rft_app.services.call_times import assume_time
from rft_app.services.run_estimates import RunEstimate, estimate_dry_run
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import DryRunRow, LlmCallRow
from tests.llm.conftest import make_endpoint
from tests.llm.provider import configured, in_turn, say, say_json
from tests.pipeline.graded_dataset import (
    DATASET,
    NUMBER_OF_TEXT,
    add_records,
    configure,
    run_dry,
)

pytestmark = pytest.mark.usefixtures("any_database")

JUDGE = JudgeSpec(prompt="Rate: {{sample.output_text}}")
SAMPLING = Sampling(model="good", max_tokens=40)
SETTINGS = DryRunSettings(sampling=SAMPLING, num_rollouts=2)
EVERY_S = 2.0


def estimate(settings: DryRunSettings = SETTINGS) -> RunEstimate:
    with reading() as session:
        return estimate_dry_run(session, DATASET, settings)


def space_replies(session: Session, pauses_s: dict[int, float]) -> None:
    """Let one reply have come every two seconds, with a pause before some of them."""
    begun_at = session.exec(select(DryRunRow.created_at)).one()
    moment = begun_at
    for number, key in enumerate(session.exec(select(LlmCallRow.key).order_by(LlmCallRow.key))):
        moment += timedelta(seconds=EVERY_S + pauses_s.get(number, 0.0))
        session.exec(update(LlmCallRow).where(col(LlmCallRow.key) == key).values(created_at=moment))


@pytest.mark.parametrize("settings", [SETTINGS, DryRunSettings()])
def test_records_are_looked_up_once_for_answers_and_judge(
    monkeypatch: pytest.MonkeyPatch, settings: DryRunSettings
) -> None:
    add_records(["1", "0", "1"])
    configure(JUDGE)
    looked: list[str] = []
    for name in ("read_columns", "iterate_answered"):
        look = getattr(_rollout_plan, name)

        def count(*args: object, name: str = name, look: object = look) -> object:
            assert callable(look)
            looked.append(name)
            return look(*args)

        monkeypatch.setattr(_rollout_plan, name, count)
    with configured(monkeypatch, in_turn(say("1"))):
        found = estimate(settings)
    assert len(looked) == 1
    assert found.judge is not None
    assert found.judge.num_calls == (6 if settings.sampling else 3)
    assert (found.answers is None) is (settings.sampling is None)


@pytest.mark.parametrize("read", ["sample.output_text", "sample.messages.0.content"])
def test_a_judge_reads_answers_that_are_still_to_come(
    monkeypatch: pytest.MonkeyPatch, read: str
) -> None:
    add_records([None, None, None])
    configure(JudgeSpec(prompt=f"Rate: {{{{{read}}}}}"))
    found: list[int] = []
    with configured(monkeypatch, in_turn(say("1"))):
        for max_tokens in (40, 4_040):
            sampling = Sampling(model="good", max_tokens=max_tokens)
            judge = estimate(DryRunSettings(sampling=sampling, num_rollouts=2)).judge
            assert judge is not None
            found.append(judge.tokens.num_prompt_tokens)
    assert found[1] - found[0] == 6 * 2_000, "half the longest answer is expected"


def test_nothing_is_looked_up_where_no_model_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    add_records(["1"])
    configure(NUMBER_OF_TEXT)
    monkeypatch.delattr(_rollout_plan, "iterate_answered")
    assert estimate(DryRunSettings()) == (None, None)


@pytest.mark.parametrize("pauses_s", [{}, {3: 5_000.0}, {0: 600.0, 5: 90_000.0}])
def test_the_pace_of_an_earlier_run_leaves_its_pauses_out(
    monkeypatch: pytest.MonkeyPatch, pauses_s: dict[int, float]
) -> None:
    add_records(["1"] * 4)
    configure(NUMBER_OF_TEXT)
    with configured(monkeypatch, in_turn(say("1"))):
        before = estimate().answers
        run_dry(sampling=SAMPLING, num_rollouts=2)
        with unit_of_work() as session:
            space_replies(session, pauses_s)
        found = estimate().answers
    assert before is not None
    assert before.time.paced_by is None
    assert "nothing measured yet; assumed 1 s" in before.time.formula
    assert found is not None
    assert (found.num_calls, found.time.paced_by) == (8, 1)
    assert found.time.seconds == pytest.approx(8 * EVERY_S)
    assert found.time.formula == "Time: 8 calls × 2 s, the pace of run 1."


def test_tokens_are_assumed_first_and_then_what_an_earlier_run_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_records(["1"] * 4)
    configure(JUDGE)
    longer = SETTINGS.model_copy(update={"sampling": Sampling(model="good", max_tokens=4_000)})
    with configured(monkeypatch, in_turn(say_json({"score": 1}))):
        before = estimate(longer)
        run_dry(sampling=longer.sampling, num_rollouts=2)
        after, shorter = estimate(longer), estimate()
        recorded = estimate(DryRunSettings())
    assert before.answers is not None
    assert before.judge is not None
    for one in before:
        assert one is not None
        assert (one.tokens_of, "nothing measured yet; prompts" in one.cost.formula) == (None, True)
    assert (before.answers.tokens.num_prompt_tokens, before.answers.cost.high_usd) != (8_000, None)
    for one in after:
        assert one is not None
        assert one.tokens == TokenEstimate(num_prompt_tokens=8_000, num_reply_tokens=800)
        assert one.tokens_of == 1
        assert one.cost.expected_usd == pytest.approx(0.016)
        assert one.cost.formula.endswith(
            "Tokens: as run 1 used, 1,000 of the prompt and 100 of the reply a call, mean of 8 "
            "calls."
        )
    assert shorter.answers is not None
    assert shorter.answers.tokens.num_reply_tokens == 8 * 40, "no longer than they may be"
    assert recorded.judge is not None
    assert recorded.judge.tokens_of is None, "answers of another kind are of another length"


def test_answers_that_were_cut_off_do_not_say_how_long_longer_ones_will_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_records(["1"] * 4)
    configure(NUMBER_OF_TEXT)
    longer = SETTINGS.model_copy(update={"sampling": Sampling(model="good", max_tokens=80)})
    with configured(monkeypatch, in_turn(say("1", finish_reason="length"))):
        run_dry(sampling=SAMPLING, num_rollouts=2)
        same, found = estimate().answers, estimate(longer).answers
    assert same is not None
    assert found is not None
    assert (same.tokens_of, found.tokens_of) == (1, None)


def test_another_judge_learns_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    add_records(["1"] * 4)
    configure(JUDGE)
    with configured(monkeypatch, in_turn(say_json({"score": 1}))):
        run_dry()
        assert (same := estimate(DryRunSettings()).judge) is not None
        configure(JudgeSpec(prompt="Judge this at length: {{sample.output_text}}"))
        assert (other := estimate(DryRunSettings()).judge) is not None
    assert (same.tokens_of, other.tokens_of) == (1, None)


def test_the_pace_of_answers_is_not_that_of_their_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    add_records(["1"] * 4)
    configure(JUDGE)
    with configured(monkeypatch, in_turn(say_json({"score": 1}))):
        run_dry(sampling=SAMPLING, num_rollouts=2)
        with unit_of_work() as session:
            run = session.exec(select(DryRunRow)).one()
            run.finished_at = run.created_at + timedelta(days=1)
        found = estimate().answers
    assert found is not None
    assert found.time.paced_by == 1
    assert found.time.seconds < 60


def test_a_judge_s_time_is_assumed_first_and_then_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    add_records(["1"] * 8)
    configure(JUDGE)
    settings = DryRunSettings()
    with configured(monkeypatch, in_turn(say_json({"score": 1})), CONCURRENCY="4"):
        before = estimate(settings).judge
        run_dry()
        with unit_of_work() as session:
            space_replies(session, {3: 9_000.0})
        after = estimate(settings).judge
    assert before is not None
    assert before.time is not None
    reply_s = 1.0 + before.tokens.num_reply_tokens / 8 / 50
    assert before.time.seconds == pytest.approx(8 * reply_s / 4), "four at a time"
    assert before.time.paced_by is None
    assert after is not None
    assert after.time is not None
    assert after.time.paced_by == 1
    assert after.time.seconds == pytest.approx(8 * EVERY_S)


TOKENS = TokenEstimate(num_prompt_tokens=90_000, num_reply_tokens=5_000)


@pytest.mark.parametrize(
    ("limits", "seconds", "told"),
    [
        ({}, 100 * 2.0 / 8, "100 calls × 2.0 s, 8 at a time"),
        ({"requests_per_minute": 50}, 120.0, "100 calls at 50 requests a minute"),
        ({"tokens_per_minute": 9_500}, 600.0, "95,000 tokens at 9,500 a minute"),
        ({"requests_per_minute": 6_000}, 100 * 2.0 / 8, "8 at a time"),
    ],
)
def test_assumed_times_keep_to_the_provider_s_limits(
    limits: dict[str, int], seconds: float, told: str
) -> None:
    endpoint = make_endpoint("http://127.0.0.1:9/v1", **limits)
    found = assume_time(Choice(endpoint, endpoint.provider.models[0]), TOKENS, 100)
    assert found.seconds == pytest.approx(seconds)
    assert told in found.formula
    assert found.paced_by is None
