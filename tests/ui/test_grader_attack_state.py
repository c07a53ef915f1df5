"""Attacking the grader of the dialog, without a browser."""

import asyncio
import threading
from dataclasses import replace

import pytest

from rft_app.domain.generation import CostRange, TokenEstimate
from rft_app.domain.grading import FailureKind, GradingFailure
from rft_app.domain.paid import PaidTotals
from rft_app.errors import ConflictError
from rft_app.services.grader_attacks import AttackReport, Spread
from rft_app.services.grading_watch import Watch
from rft_app.services.judge_costs import JudgeEstimate
from rft_app.ui.state import grader_attack
from rft_app.ui.state.attack_view import AttackRow, describe_rule
from rft_app.ui.state.grader import GraderState
from rft_app.ui.state.grader_attack import GraderAttackState
from rft_app.ui.state.grader_draft import Draft
from tests.ui.test_grader_state import make

WAIT_S = 10.0
NOTHING = Spread(rewards=(), mean=None, num_failed=0, num_abstained=0)
REPORT = AttackReport(num_records=2, recorded=NOTHING, compares=False, findings=())
FREE = CostRange(low_usd=0.0, expected_usd=0.0, high_usd=0.0, formula="", prices_date=None)
ESTIMATE = JudgeEstimate(
    model="good",
    num_calls=55,
    tokens=TokenEstimate(num_prompt_tokens=1, num_reply_tokens=1),
    cost=FREE,
)


@pytest.fixture
def card() -> GraderAttackState:
    """The card of a dialog."""
    return make(GraderAttackState)


def let(
    monkeypatch: pytest.MonkeyPatch, estimate: JudgeEstimate | None, attacked: list[str]
) -> None:
    """Let estimates and attacks come out like this."""

    def attack(dataset_id: str, _spec: object, watch: Watch) -> AttackReport:
        assert (watch.num_done, watch.num_all) == (0, 0)
        attacked.append(dataset_id)
        return REPORT

    monkeypatch.setattr(grader_attack, "estimate_attack", lambda *_: estimate)
    monkeypatch.setattr(grader_attack, "attack_grader", attack)


def press(card: GraderAttackState) -> None:
    asyncio.run(GraderAttackState.attack_it.fn(card))


@pytest.mark.usefixtures("database")
def test_a_judge_is_asked_only_after_its_cost_was_told(
    card: GraderAttackState, monkeypatch: pytest.MonkeyPatch
) -> None:
    attacked: list[str] = []
    let(monkeypatch, ESTIMATE, attacked)
    press(card)
    assert (attacked, card.summary) == ([], "")
    assert card.estimate == "Asks good 55 times, free."
    press(card)
    assert len(attacked) == 1
    assert (card.estimate, card.attacked) == ("", Draft().mark)


@pytest.mark.usefixtures("database")
def test_an_edit_makes_the_estimate_worthless(
    card: GraderAttackState, monkeypatch: pytest.MonkeyPatch
) -> None:
    attacked: list[str] = []
    let(monkeypatch, ESTIMATE, attacked)
    press(card)
    dialog = asyncio.run(card.get_state(GraderState))
    dialog.draft = replace(dialog.draft, source="def grade(sample, item): return 1")
    press(card)
    assert attacked == []
    assert card.estimated == dialog.draft.mark


@pytest.mark.usefixtures("database")
def test_what_stands_in_the_way_is_said_and_a_closed_dialog_shows_nothing(
    card: GraderAttackState, monkeypatch: pytest.MonkeyPatch
) -> None:
    let(monkeypatch, ESTIMATE.model_copy(update={"obstacle": "No provider."}), [])
    press(card)
    assert (card.fault, card.is_attacking, card.estimate) == ("No provider.", False, "")

    def close(*_: object) -> None:
        GraderAttackState.leave.fn(card)
        raise ConflictError("This dataset has no valid record.")

    monkeypatch.setattr(grader_attack, "estimate_attack", close)
    press(card)
    assert (card.fault, card.is_attacking) == ("", False)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("how", ["cancelled", "closed"])
def test_an_attack_shows_how_far_it_is_until_it_is_stopped(
    card: GraderAttackState, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    stopped = threading.Event()

    def attack(_dataset: str, _spec: object, watch: Watch) -> AttackReport:
        watch.hold(stopped.set)
        watch.begin(4)
        watch.count(0, 0.1)
        assert stopped.wait(WAIT_S), "nobody stopped it"
        watch.paid = PaidTotals(num_calls=1, cost_usd=0.01)
        watch.require_going()
        return REPORT

    async def attack_and_stop() -> None:
        attacking = asyncio.create_task(GraderAttackState.attack_it.fn(card))
        async with asyncio.timeout(WAIT_S):
            while card.percent != 25:  # noqa: ASYNC110  # what a browser sees, too
                await asyncio.sleep(0)
        assert (card.progress, card.percent) == ("1 of 4 answers graded", 25)
        (GraderAttackState.cancel if how == "cancelled" else GraderAttackState.leave).fn(card)
        assert card.is_stopping is (how == "cancelled")
        await attacking

    monkeypatch.setattr(grader_attack, "estimate_attack", lambda *_: None)
    monkeypatch.setattr(grader_attack, "attack_grader", attack)
    monkeypatch.setattr(grader_attack, "LOOK_S", 0.01)
    card.rows = [AttackRow("Empty", "nothing", "0.00", "", "", is_applicable=False)]
    asyncio.run(attack_and_stop())
    assert (card.is_attacking, card.is_stopping, card.fault) == (False, False, "")
    assert len(card.rows) == 1, "what an earlier attack got is still there"
    said = "Cancelled with 1 of 4 answers graded; a part says nothing, so none is shown. 1 call"
    assert card.stopped.startswith(said) if how == "cancelled" else card.stopped == ""
    assert grader_attack._WATCHES == {}


def test_nothing_is_cancelled_where_nothing_runs(card: GraderAttackState) -> None:
    GraderAttackState.cancel.fn(card)
    assert (card.is_stopping, card.is_attacking) == (False, False)


def test_the_rule_names_its_values() -> None:
    assert describe_rule(REPORT) == "No recorded answer was graded. Suspicious from 0.50 on."
    failed = GradingFailure(failure_kind=FailureKind.TIMEOUT, message="too slow")
    assert Spread.of([failed]).mean is None
    some = NOTHING.model_copy(update={"mean": 0.25})
    rule = describe_rule(REPORT.model_copy(update={"recorded": some}))
    assert (
        rule == "Recorded answers of these records get 0.25. Suspicious is what gets 0.25 or more."
    )
