"""Which grader is suggested, and when none is."""

import pytest

from rft_app.domain.grader import ScriptSpec
from rft_app.errors import NotAvailableError
from rft_app.services import grader_suggestion
from rft_app.services.grader_suggestion import (
    REWARD_SCRIPT,
    Agreement,
    GraderSuggestion,
    suggest_grader,
)
from rft_app.storage.session import reading
from tests.pipeline.graded_dataset import DATASET, add_answers, add_records

pytestmark = pytest.mark.usefixtures("any_database")

NUM_RECORDS = 30


def suggest() -> GraderSuggestion | None:
    with reading() as session:
        return suggest_grader(session, DATASET)


def add_solutions(num_wrongly_rewarded: int) -> None:
    """The reference of a record is its number; every second answer is right."""
    for seq in range(1, NUM_RECORDS + 1):
        is_right = seq % 2 == 0
        is_rewarded = is_right != (seq <= num_wrongly_rewarded)
        said = f"So it is {seq if is_right else seq + 1}."
        add_answers(seq, said, reward=float(is_rewarded))


def test_a_grader_that_agrees_with_recorded_rewards_says_with_how_many() -> None:
    add_records([None] * NUM_RECORDS)
    add_solutions(num_wrongly_rewarded=1)
    found = suggest()
    assert found is not None
    assert found.agreement == Agreement(num_same=29, num_checked=30)
    assert found.reason.endswith("agrees with 29 of 30 recorded rewards that it was checked by.")
    assert isinstance(found.spec, ScriptSpec)
    assert found.spec.source != REWARD_SCRIPT


def test_a_recorded_reward_that_is_good_but_for_rounding_agrees() -> None:
    add_records([None] * NUM_RECORDS)
    for seq in range(1, NUM_RECORDS + 1):
        is_right = seq % 2 == 0
        said = f"So it is {seq if is_right else seq + 1}."
        add_answers(seq, said, reward=0.7 - 0.2 if is_right else 0.0)
    found = suggest()
    assert found is not None
    assert 0.7 - 0.2 < 0.5
    assert found.agreement == Agreement(num_same=30, num_checked=30)


def test_a_grader_that_contradicts_recorded_rewards_is_not_suggested() -> None:
    add_records([None] * NUM_RECORDS)
    add_solutions(num_wrongly_rewarded=2)
    found = suggest()
    assert found is not None
    assert found.spec == ScriptSpec(source=REWARD_SCRIPT), "what was recorded, and nothing new"
    assert "not new ones" in found.reason


def test_where_few_rewards_are_recorded_it_says_that_it_was_not_checked() -> None:
    add_records(["1"] * NUM_RECORDS)
    add_answers(2, "2", reward=0.0)
    found = suggest()
    assert found is not None
    assert found.agreement is None
    assert "It was not checked: too few answers have a recorded reward" in found.reason


def test_a_system_that_runs_no_scripts_gets_the_suggestion_unchecked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_records([None] * NUM_RECORDS)
    add_solutions(num_wrongly_rewarded=NUM_RECORDS)

    def refuse(_: object) -> None:
        raise NotAvailableError("No isolation here.")

    monkeypatch.setattr(grader_suggestion, "open_grader", refuse)
    found = suggest()
    assert found is not None
    assert found.agreement is None
    assert "It was not checked" in found.reason
