"""The card that compares the grader with people, without a browser."""

import asyncio

import pytest

from rft_app.domain.calibration import Coefficient, Confusion
from rft_app.domain.generation import CostRange, TokenEstimate
from rft_app.domain.paid import PaidTotals
from rft_app.errors import ConflictError, RftError
from rft_app.services.calibration import Calibration
from rft_app.services.calibration_grading import GradedLacking
from rft_app.services.judge_costs import JudgeEstimate
from rft_app.ui.state import grader_calibration
from rft_app.ui.state.calibration_view import CalibrationView, CoefficientView
from rft_app.ui.state.grader_calibration import GraderCalibrationState
from tests.ui.test_grader_state import make

UNKNOWN = Coefficient(n=3, num_more=17, note="Unknown below 20 records; there are 3.")
KNOWN = Coefficient(n=50, value=0.4, low=0.14, high=0.66, num_more=288)
FOUND = Calibration(
    current="judge v2",
    grader="judge v2",
    is_stale=False,
    threshold=0.8,
    is_own_threshold=True,
    num_judged=53,
    num_graded=50,
    num_abstained=1,
    num_failed=2,
    num_ungraded=0,
    num_to_grade=0,
    num_next=0,
    num_undecided=0,
    num_only_corrected=0,
    confusion=Confusion(good_passed=20, good_refused=5, bad_passed=10, bad_refused=15),
    kappa=KNOWN,
    spearman=UNKNOWN,
    disagreements=(),
    num_disagreements=0,
    seed=0,
)
FREE = CostRange(low_usd=0.0, expected_usd=0.0, high_usd=0.0, formula="", prices_date=None)
ESTIMATE = JudgeEstimate(
    model="good",
    num_calls=50,
    tokens=TokenEstimate(num_prompt_tokens=1, num_reply_tokens=1),
    cost=FREE,
)
DONE = GradedLacking(num_graded=50, num_unanswered=0, num_left=4, paid=PaidTotals(num_calls=50))


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> GraderCalibrationState:
    """The card of an open dialog, as it was read."""
    found = make(GraderCalibrationState)
    found._dataset_id, found._is_open, found._mark = "ds_a", True, "1"
    let(monkeypatch, FOUND)
    return found


def let(
    monkeypatch: pytest.MonkeyPatch,
    found: Calibration | RftError,
    *,
    estimate: JudgeEstimate | None = None,
    done: GradedLacking = DONE,
    mark: str = "1",
) -> list[str]:
    """Let the services answer like this; returns a list that gradings are noted in."""
    graded: list[str] = []

    def read(*_: object) -> Calibration:
        if isinstance(found, RftError):
            raise found
        return found

    def grade(dataset_id: str) -> GradedLacking:
        graded.append(dataset_id)
        return done

    monkeypatch.setattr(grader_calibration, "read_mark", lambda *_: mark)
    monkeypatch.setattr(grader_calibration, "get_calibration", read)
    monkeypatch.setattr(grader_calibration, "estimate_lacking", lambda *_: estimate)
    monkeypatch.setattr(grader_calibration, "grade_lacking", grade)
    return graded


def press(card: GraderCalibrationState) -> None:
    asyncio.run(GraderCalibrationState.grade_it.fn(card))


pytestmark = pytest.mark.usefixtures("database")


def test_a_judge_is_asked_only_after_its_cost_was_told(
    card: GraderCalibrationState, monkeypatch: pytest.MonkeyPatch
) -> None:
    graded = let(monkeypatch, FOUND, estimate=ESTIMATE)
    press(card)
    assert (graded, card.estimate) == ([], "Asks good 50 times, free.")
    press(card)
    assert (graded, card.estimate) == (["ds_a"], "")
    assert card.done.startswith("50 answers graded · 4 left · in all for this version: 50 calls")


def test_what_was_told_of_another_version_is_told_again(
    card: GraderCalibrationState, monkeypatch: pytest.MonkeyPatch
) -> None:
    graded = let(monkeypatch, FOUND, estimate=ESTIMATE, mark="2")
    card.estimate, card._estimated = "Asks good 50 times, free.", "0"
    press(card)
    assert graded == []


def test_what_stands_in_the_way_is_said(
    card: GraderCalibrationState, monkeypatch: pytest.MonkeyPatch
) -> None:
    let(monkeypatch, FOUND, estimate=ESTIMATE.model_copy(update={"obstacle": "No provider."}))
    press(card)
    assert (card.grade_fault, card.estimate, card.is_grading) == ("No provider.", "", False)
    refused = DONE.model_copy(update={"num_unanswered": 1, "problem": "Key refused."})
    let(monkeypatch, FOUND, done=refused)
    press(card)
    assert card.grade_fault == "1 answer was not judged and can be tried again. Key refused."


def test_a_comparison_that_cannot_be_read_says_why_and_is_read_again(
    card: GraderCalibrationState, monkeypatch: pytest.MonkeyPatch
) -> None:
    let(monkeypatch, ConflictError("Not now."))
    asyncio.run(GraderCalibrationState.read_again.fn(card))
    assert card.fault == "Not now."
    let(monkeypatch, FOUND)
    asyncio.run(GraderCalibrationState.read_again.fn(card))
    assert (card.fault, card.view.counted) == ("", "50 of 53 rated answers graded")


def test_figures_are_shown_with_what_they_rest_on() -> None:
    view = CalibrationView.of(FOUND)
    assert view.kappa == CoefficientView("0.40", "warn", "0.14 to 0.66 · n = 50", "")
    assert (view.spearman.value, view.spearman.tone) == ("–", "neutral")
    assert view.rest == "1 abstained · 2 failed"
    assert view.agreed == "Agree on 35 of 50, 70%"
    assert view.rule == "Passed means 0.80 or more, the grader's threshold."
    assert view.more.startswith("Label about 288 more, estimated from the interval's present width")
    assert view.grade == ""


def test_missing_grades_and_labels_are_told() -> None:
    few = FOUND.model_copy(update={"kappa": UNKNOWN, "num_to_grade": 60, "num_next": 50})
    view = CalibrationView.of(few)
    assert view.grade == "Grade 50 of 60 answers"
    assert view.more == ("Label 17 more: at least 20 labels are needed before agreement is told.")
    waiting = few.model_copy(update={"num_ungraded": 24})
    assert waiting.more == "Grade the 24 rated answers without a grade first."
    assert waiting.num_more is None, "nobody knows before they are graded"
    stale = FOUND.model_copy(update={"is_stale": True, "grader": "string_check v1"})
    assert (CalibrationView.of(stale).grader, CalibrationView.of(stale).stale) == (
        "string check v1",
        "judge v2",
    )
