"""A grader beside people: what counts, what does not, and what grading the rest costs."""

from collections.abc import Callable

import pytest

from rft_app.domain.feedback import FeedbackDraft, FeedbackKey, Thumb
from rft_app.domain.grader import JudgeSpec
from rft_app.domain.message import Message
from rft_app.domain.record import record_id
from rft_app.errors import ConflictError, NotFoundError
from rft_app.services.calibration import Calibration, get_calibration
from rft_app.services.calibration_grading import estimate_lacking, grade_lacking
from rft_app.services.feedback import put_feedback
from rft_app.storage.sequences import reserve
from rft_app.storage.session import reading, unit_of_work
from tests.llm.provider import Json, Served, configured, in_turn, refuse, say_json
from tests.pipeline.graded_dataset import (
    DATASET,
    NUMBER_OF_TEXT,
    add_records,
    configure,
    run_dry,
)

UP, DOWN = FeedbackDraft(thumb=Thumb.UP), FeedbackDraft(thumb=Thumb.DOWN)
ALWAYS = "def grade(sample, item):\n    return 1.0\n"
PICKY = """def grade(sample, item):
    if sample.output_text == "unclear":
        return {"abstain": True, "reason": "unclear"}
    return {"reward": float(sample.output_text), "reason": "as it says"}
"""
JUDGE = JudgeSpec(prompt="Good? {{sample.output_text}}", model="good", pass_threshold=0.8)

pytestmark = pytest.mark.usefixtures("any_database")


def say_of(seq: int, draft: FeedbackDraft, reviewer: str = "Ada") -> None:
    """What a person says of a record."""
    with unit_of_work() as session:
        put_feedback(session, FeedbackKey(DATASET, record_id(seq), reviewer), draft)


def calibrate() -> Calibration:
    with reading() as session:
        return get_calibration(session, DATASET)


def test_people_and_grader_are_laid_side_by_side() -> None:
    add_records([*["1.0"] * 15, *["0.2"] * 10])
    configure(PICKY)
    for seq in range(1, 26):
        say_of(seq, UP if seq <= 12 or seq == 25 else DOWN)
    assert (calibrate().num_ungraded, calibrate().kappa.value) == (25, None)
    done = grade_lacking(DATASET)
    assert (done.num_graded, done.num_left, done.paid) == (25, 0, None)
    found = calibrate()
    table = found.confusion
    assert (table.good_passed, table.good_refused) == (12, 1)
    assert (table.bad_passed, table.bad_refused) == (3, 9)
    observed, expected = 21 / 25, (13 * 15 + 12 * 10) / 625
    assert found.kappa.value == pytest.approx((observed - expected) / (1 - expected))
    assert (found.threshold, found.is_own_threshold, found.is_stale) == (0.5, False, False)
    assert found.spearman.n == 0
    worst = found.disagreements
    assert [one.grade.record_id for one in worst] == [record_id(seq) for seq in (13, 14, 15, 25)]
    assert [round(one.gap, 6) for one in worst] == [1.0, 1.0, 1.0, 0.8]
    assert worst[0].opinions[0].reviewer == "Ada"
    assert found.num_disagreements == 4


def test_what_is_no_reward_is_counted_apart_and_in_no_figure() -> None:
    add_records(["1.0", "unclear", "no number", None, "0.5"])
    configure(PICKY)
    for seq in range(1, 6):
        say_of(seq, UP)
    grade_lacking(DATASET)
    found = calibrate()
    assert (found.num_judged, found.num_graded, found.num_abstained) == (5, 2, 1)
    assert (found.num_failed, found.num_ungraded) == (2, 0)
    assert found.confusion.n == 2
    assert grade_lacking(DATASET).num_graded == 0


def test_grades_of_a_dry_run_serve_and_an_older_version_is_marked() -> None:
    add_records(["1.0"] * 4)
    configure(NUMBER_OF_TEXT)
    run_dry()
    say_of(1, DOWN)
    found = calibrate()
    assert (found.grader, found.num_graded, found.num_to_grade) == ("script v1", 1, 0)
    configure(ALWAYS)
    stale = calibrate()
    assert (stale.grader, stale.current, stale.is_stale) == ("script v1", "script v2", True)
    assert (stale.num_graded, stale.num_to_grade) == (1, 1)
    assert grade_lacking(DATASET).num_graded == 1
    fresh = calibrate()
    assert (fresh.grader, fresh.is_stale, fresh.num_to_grade) == ("script v2", False, 0)
    configure(NUMBER_OF_TEXT)
    again = calibrate()
    assert (again.grader, again.is_stale, again.num_to_grade) == ("script v3", False, 0)


def test_people_of_two_minds_and_middling_ratings_have_no_label() -> None:
    add_records(["1.0", "0.9", "0.1"])
    configure(NUMBER_OF_TEXT)
    say_of(1, UP)
    say_of(1, DOWN, "Bo")
    say_of(2, FeedbackDraft(rating=3))
    say_of(3, FeedbackDraft(note="only a remark"))
    grade_lacking(DATASET)
    found = calibrate()
    assert (found.num_judged, found.num_undecided, found.confusion.n) == (2, 2, 0)
    assert (found.spearman.n, found.kappa.n) == (1, 0)
    assert {one.label for one in found.disagreements} == {None}


def test_a_corrected_answer_counts_as_bad_and_is_said_so() -> None:
    add_records(["1.0"])
    configure(NUMBER_OF_TEXT)
    with unit_of_work() as session:
        reserve(session, "record", 1)
        key = FeedbackKey(DATASET, record_id(1), "Ada")
        put_feedback(
            session, key, FeedbackDraft(), corrected=Message(role="assistant", content="2")
        )
    grade_lacking(DATASET)
    found = calibrate()
    assert (found.confusion.bad_passed, found.num_only_corrected) == (1, 1)


def test_a_judge_is_priced_bounded_and_paid_once(monkeypatch: pytest.MonkeyPatch) -> None:
    add_records(["fine"] * 6)
    for seq in range(1, 7):
        say_of(seq, UP)
    with configured(monkeypatch, in_turn(say_json({"reasoning": "So.", "score": 0.7}))) as provider:
        configure(JUDGE)
        with reading() as session:
            estimate = estimate_lacking(session, DATASET, limit=4)
        assert estimate is not None
        assert (estimate.model, estimate.num_calls) == ("good", 4)
        first = grade_lacking(DATASET, limit=4)
        assert (first.num_graded, first.num_left) == (4, 2)
        second = grade_lacking(DATASET)
        assert (second.num_graded, second.num_left) == (2, 0)
        assert second.paid is not None
        assert second.paid.num_calls + second.paid.num_cached == 6
        num_asked = len(provider.requests)
        grade_lacking(DATASET)
        assert len(provider.requests) == num_asked
    found = calibrate()
    assert (found.threshold, found.is_own_threshold) == (0.8, True)
    assert (found.confusion.good_passed, found.confusion.good_refused) == (0, 6)


def test_what_a_provider_refuses_is_no_grade(monkeypatch: pytest.MonkeyPatch) -> None:
    add_records(["fine"])
    say_of(1, UP)
    with configured(monkeypatch, in_turn(refuse(401))):
        configure(JUDGE)
        done = grade_lacking(DATASET)
    assert (done.num_graded, done.num_unanswered, done.num_left) == (0, 1, 1)
    assert "Check RFT_LLM_API_KEY" in done.problem
    assert (calibrate().num_failed, calibrate().num_ungraded) == (0, 1)


def test_grading_stops_at_a_dead_key_and_keeps_what_was_paid(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_records([f"fine {seq}" for seq in range(1, 61)])
    for seq in range(1, 61):
        say_of(seq, UP)
    good = say_json({"reasoning": "So.", "score": 0.7})

    def revoke(_request: Json, number: int) -> Served:
        return good if number < 3 else refuse(401, "revoked")

    with configured(monkeypatch, revoke, CONCURRENCY="1") as provider:
        configure(JUDGE)
        done = grade_lacking(DATASET)
        assert len(provider.requests) == 4
    assert done.is_stopped
    assert (done.num_graded, done.num_unanswered, done.num_left) == (3, 47, 57)
    assert done.paid is not None
    assert done.paid.num_calls == 3
    assert "Auth: 401: revoked. Check RFT_LLM_API_KEY" in done.problem
    with configured(monkeypatch, in_turn(good)) as provider:
        again = grade_lacking(DATASET, limit=57)
        assert len(provider.requests) == 57, "what was paid is not asked again"
    assert (again.is_stopped, again.num_left, again.problem) == (False, 0, "")


@pytest.mark.parametrize("ask", [calibrate, lambda: grade_lacking(DATASET)])
def test_a_dataset_that_is_not_there_is_named(ask: Callable[[], object]) -> None:
    with pytest.raises(NotFoundError):
        ask()


def test_without_a_grader_there_is_nothing_to_compare() -> None:
    add_records(["1"])
    say_of(1, UP)
    found = calibrate()
    assert (found.grader, found.current, found.num_judged, found.kappa.value) == (
        None,
        None,
        1,
        None,
    )
    with pytest.raises(ConflictError):
        grade_lacking(DATASET)
