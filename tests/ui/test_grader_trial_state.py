"""Trying a grader in its dialog: the records, the wait, and what is shown, without a browser."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import pytest
import reflex as rx

from rft_app.domain.grading import Verdict
from rft_app.domain.paid import PaidTotals
from rft_app.domain.record import RecordId
from rft_app.errors import ConflictError, InvalidInputError
from rft_app.services.grader_trial import Trial, TrialChoice, TriedGrade
from rft_app.ui.state import grader_trial
from rft_app.ui.state.grader import DEFECT, GraderState
from rft_app.ui.state.grader_trial import GraderTrialState

StateT = TypeVar("StateT", bound=rx.State)


class Dialog:
    """One visitor's editor and trial."""

    def __init__(self) -> None:
        self.root = rx.State(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
        self.grader, self.trial = self.find(GraderState), self.find(GraderTrialState)
        self.trial._dataset_id = "ds_orders"

    def find(self, kind: type[StateT]) -> StateT:
        found = self.root.get_substate(kind.get_full_name().split("."))
        assert isinstance(found, kind)
        return found

    def run(self) -> None:
        asyncio.run(GraderTrialState.try_it.fn(self.trial))


@pytest.fixture
def dialog(monkeypatch: pytest.MonkeyPatch) -> Dialog:
    found = Dialog()

    async def get_state(_self: object, kind: type[StateT]) -> StateT:
        return found.find(kind)

    monkeypatch.setattr(GraderTrialState, "get_state", get_state)
    return found


def answer(monkeypatch: pytest.MonkeyPatch, how: Callable[[], Trial]) -> list[TrialChoice]:
    """Let every trial come out like this; returns what was asked for."""
    asked: list[TrialChoice] = []

    def try_grader(_dataset: str, _spec: object, chosen: TrialChoice) -> Trial:
        asked.append(chosen)
        return how()

    monkeypatch.setattr(grader_trial, "try_grader", try_grader)
    return asked


def fail(error: Exception) -> Trial:
    raise error


def tried(seq: str, cost_usd: float | None = 0.002) -> TriedGrade:
    return TriedGrade(
        record_id=RecordId(seq),
        topic=None,
        question="Where?",
        reference=None,
        output_text="Here.",
        output_tools=(),
        outcome=Verdict(reward=0.5),
        latency_ms=1500,
        paid=PaidTotals(num_calls=1, cost_usd=cost_usd),
    )


def test_a_person_types_while_the_provider_is_asked(
    dialog: Dialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[bool, str]] = []

    def ask() -> Trial:
        seen.append((dialog.trial.is_trying, threading.current_thread().name))
        return Trial(grades=())

    answer(monkeypatch, ask)
    assert GraderTrialState.event_handlers["try_it"].is_background
    dialog.run()
    assert [is_trying for is_trying, _ in seen] == [True]
    assert seen[0][1] != threading.main_thread().name
    found = dialog.trial
    assert (found.is_trying, found.fault, found.words) == (False, "", "0 records")


def test_a_trial_of_a_closed_dialog_is_not_shown_in_the_next(
    dialog: Dialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def close() -> Trial:
        GraderTrialState.leave.fn(dialog.trial)
        assert not dialog.trial.is_trying
        raise ConflictError("No record has an answer.")

    answer(monkeypatch, close)
    dialog.run()
    assert (dialog.trial.is_trying, dialog.trial.fault) == (False, "")


def test_the_fault_of_a_draft_that_was_edited_is_not_marked_in_the_new_one(
    dialog: Dialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = InvalidInputError("It fails in line 3.", field="source", line=3)

    def edit() -> Trial:
        changed = replace(dialog.grader.draft, source="def grade(sample, item): return 1")
        dialog.grader.draft = changed
        return fail(wrong)

    answer(monkeypatch, edit)
    dialog.run()
    assert (dialog.trial.fault, dialog.grader.fault_line) == ("It fails in line 3.", 0)
    answer(monkeypatch, lambda: fail(wrong))
    dialog.run()
    assert dialog.grader.fault_line == 3


def test_a_defect_is_said_in_words_and_goes_on_to_the_log(
    dialog: Dialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, lambda: fail(RuntimeError("bug")))
    with pytest.raises(RuntimeError, match="bug"):
        dialog.run()
    assert (dialog.trial.is_trying, dialog.trial.fault) == (False, DEFECT)


def test_named_records_are_tried_beside_drawn_ones(
    dialog: Dialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answer(monkeypatch, lambda: Trial(grades=(tried("rec_a"), tried("rec_b"))))
    assert dialog.trial.ask_words == "Grade 5 records"
    GraderTrialState.set_seed.fn(dialog.trial, "7")
    GraderTrialState.set_records.fn(dialog.trial, "rec_a, b")
    assert dialog.trial.ask_words == "Grade 7 records"
    dialog.run()
    wanted = TrialChoice(num_drawn=5, seed=7, records=(RecordId("rec_a"), RecordId("rec_b")))
    assert asked == [wanted]
    GraderTrialState.pin.fn(dialog.trial, "rec_a")
    assert (dialog.trial.records, dialog.trial.pinned) == ("rec_b", ["rec_b"])
    GraderTrialState.try_these.fn(dialog.trial)
    assert (dialog.trial.records, dialog.trial.num_drawn) == ("rec_a, rec_b", "0")
    assert dialog.trial.ask_words == "Grade 2 records"


def test_answers_of_a_dry_run_are_asked_for_and_what_flatters_is_shown(
    dialog: Dialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answer(monkeypatch, lambda: Trial(grades=(tried("rec_a"),), notice="They are alike."))
    dialog.run()
    GraderTrialState.set_answers_of.fn(dialog.trial, "3")
    dialog.run()
    assert [one.answers_of for one in asked] == [None, "3"]
    assert dialog.trial.notice == "They are alike."


@pytest.mark.parametrize(
    ("num_drawn", "records", "words"),
    [
        ("0", "", "A trial takes 1 to 20 records, not 0."),
        ("20", "rec_1", "A trial takes 1 to 20 records, not 21."),
        ("-1", "rec_1, rec_2", "A trial takes 1 to 20 records, not 1."),
        ("five", "", "The number of drawn records must be a whole number, not 'five'."),
        ("5", "rec_1, ?", "'?' is no record id."),
    ],
)
def test_what_cannot_be_asked_for_is_said_at_its_fields(
    dialog: Dialog, monkeypatch: pytest.MonkeyPatch, num_drawn: str, records: str, words: str
) -> None:
    asked = answer(monkeypatch, lambda: Trial(grades=()))
    GraderTrialState.set_num_drawn.fn(dialog.trial, num_drawn)
    GraderTrialState.set_records.fn(dialog.trial, records)
    assert dialog.trial.choice_fault.startswith(words)
    assert dialog.trial.ask_words == "Grade records"
    dialog.run()
    assert asked == []


def test_a_record_that_is_not_there_is_said_at_the_field(
    dialog: Dialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, lambda: fail(InvalidInputError("There is no rec_9.", field="records")))
    dialog.run()
    assert (dialog.trial.choice_fault, dialog.trial.fault) == ("There is no rec_9.", "")


def test_each_answer_says_how_long_it_took_and_what_it_cost(
    dialog: Dialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid = PaidTotals(num_calls=2, cost_usd=None)
    grades = (tried("rec_1"), tried("rec_2", cost_usd=None))
    answer(monkeypatch, lambda: Trial(grades=grades, paid=paid))
    dialog.run()
    assert [view.took for view in dialog.trial.tried] == [
        "1.5 s · 1 call · $0.0020",
        "1.5 s · 1 call · cost unknown",
    ]
    assert [(one.name, one.value) for one in dialog.trial.spread][-2:] == [
        ("p50", "1.5 s"),
        ("p95", "1.5 s"),
    ]
    assert dialog.trial.cost.endswith("cost unknown")
