"""The dry run over recorded answers: plan, grades, report, resumption."""

from collections.abc import Sequence
from typing import Any

import pytest

from rft_app.domain.dry_run import DryRunSettings
from rft_app.domain.grader import ScriptSpec, StringCheckSpec
from rft_app.domain.grading import FailureKind, GradingFailure, Outcome, Verdict
from rft_app.domain.job import JobStatus
from rft_app.domain.pipeline import StepName, StepStatus
from rft_app.domain.rollout import RolloutKey
from rft_app.errors import ConflictError, InvalidInputError, JobCancelledError
from rft_app.graders.script import ScriptSession
from rft_app.jobs.context import JobContext
from rft_app.pipeline import dry_run
from rft_app.pipeline._base import changed_parts
from rft_app.pipeline.dry_run import MAX_TIMEOUTS, DryRunStep, Pace, TimeoutsInARow
from rft_app.pipeline.jobs import StepJob
from rft_app.services.dry_runs import list_dry_runs
from rft_app.services.staleness import find_stale
from rft_app.storage import jobs
from rft_app.storage.dry_runs import find_by_job, load_plan
from rft_app.storage.grades import count_grades, iterate_grades
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.snapshots import get_snapshot
from rft_app.storage.step_inputs import get_inputs
from rft_app.storage.steps import list_step_rows
from rft_app.storage.tables import DatasetRow
from tests.pipeline.graded_dataset import (
    DATASET,
    NUMBER_OF_TEXT,
    REWARD_OF_ITEM,
    add_answers,
    add_records,
    begin_job,
    configure,
    last_run,
    run_dry,
)

pytestmark = pytest.mark.usefixtures("any_database")

HALVES = ["1", "0"] * 40


def test_recorded_answers_are_graded_and_the_verdict_is_the_result() -> None:
    add_records([*HALVES], topic_id=1)
    configure(NUMBER_OF_TEXT)
    result = run_dry()
    run, report = last_run()
    assert (result.outcome, result.summary) == (StepStatus.PASSED, "GO · mean 0.50")
    assert result.facts["run_id"] == run.id
    assert (run.number, run.num_planned, run.num_done) == (1, 80, 80)
    assert (report.num_graded, report.max_rollouts_per_record) == (80, 1)
    assert report.learnable_share is None
    assert [(t.topic, t.mean) for t in report.topics] == [("Book", 0.5)]
    with reading() as session:
        assert get_snapshot(session, run.snapshot_id).num_records == 80


@pytest.mark.parametrize(
    ("answers", "outcome", "verdict"),
    [
        (["1"] * 9 + ["0"] * 51, StepStatus.ATTENTION, "CAUTION"),
        (["0"] * 60, StepStatus.FAILED, "NO_GO"),
        (["1", "0"] * 5, StepStatus.FAILED, "NO_GO"),
    ],
)
def test_the_outcome_follows_the_verdict(
    answers: list[str | None], outcome: StepStatus, verdict: str
) -> None:
    add_records(answers)
    configure(NUMBER_OF_TEXT)
    result = run_dry()
    assert (result.outcome, result.facts["verdict"]) == (outcome, verdict)


def test_imported_answers_are_further_rollouts_of_their_record() -> None:
    add_records(["1", None, "0"])
    add_answers(1, "0", "1")
    add_answers(2, "1", "1", "0.5", "0", "0")
    configure(NUMBER_OF_TEXT)
    run_dry(num_rollouts=4)
    run, report = last_run()
    with reading() as session:
        plan = load_plan(session, run.id)
        grades = [grade.reward for grade in iterate_grades(session, run.id)]
    assert [key.record_seq for key in plan] == [1, 1, 1, 2, 2, 2, 2, 3]
    assert [key.rollout_seq is None for key in plan] == [True, False, False, *[False] * 4, True]
    assert grades == [1, 0, 1, 1, 1, 0.5, 0, 0]
    assert (report.num_groups, report.num_learnable) == (2, 2)


def add_questions(num_placeholders: int, num_own: int) -> None:
    """The first repeat their reference; all but the last have a wrong and a right answer, too."""
    add_records([str(seq) if seq <= num_placeholders else "own" for seq in range(1, num_own + 1)])
    for seq in range(1, num_own):
        add_answers(seq, "wrong", str(seq))
    configure(StringCheckSpec())


def test_own_answers_that_repeat_the_reference_are_no_rollouts_beside_imported_ones() -> None:
    add_questions(7, 7)
    run_dry(num_rollouts=4)
    run, report = last_run()
    with reading() as session:
        plan = load_plan(session, run.id)
    assert [key.record_seq for key in plan if key.rollout_seq is None] == [7]
    assert len(plan) == 13
    assert report.statistics is not None
    assert report.statistics.mean == pytest.approx(7 / 13)
    assert report.notice.startswith("The recorded answers of 6 records are the reference itself")
    assert "Of 13 recorded answers 1 is the reference itself" in report.notice


@pytest.mark.parametrize(("num_placeholders", "num_own"), [(3, 7), (4, 5)])
def test_a_right_short_answer_among_others_stays_a_rollout(
    num_placeholders: int, num_own: int
) -> None:
    add_questions(num_placeholders, num_own)
    run_dry(num_rollouts=4)
    run, report = last_run()
    with reading() as session:
        own = [key.record_seq for key in load_plan(session, run.id) if key.rollout_seq is None]
    assert own == list(range(1, num_own + 1))
    assert report.notice.startswith(f"Of {3 * num_own - 2} recorded answers {num_placeholders} are")


def test_a_grader_that_compares_nothing_is_not_flattered() -> None:
    add_records(["1", "2"])
    configure("def grade(sample, item):\n    return len(sample.output_text) / 2\n")
    run_dry()
    assert last_run()[1].notice == ""


def test_an_answer_sees_the_reward_recorded_with_it_and_no_other() -> None:
    add_records(["a"], reward=0.25)
    add_answers(1, "b", reward=0.75)
    add_answers(1, "c")
    configure(REWARD_OF_ITEM)
    run_dry()
    run, report = last_run()
    with reading() as session:
        assert [grade.reward for grade in iterate_grades(session, run.id)] == [0.25, 0.75, None]
    assert report.failures == {FailureKind.EXCEPTION: 1}


def test_a_script_sees_the_record() -> None:
    add_records(["x"] * 3, topic_id=2)
    configure(
        "def grade(sample, item):\n"
        "    assert item.messages == [{'role': 'user', 'content': f'Question {item.task}'}]\n"
        "    assert (item.topic, item.tools) == ('Pay', [])\n"
        "    assert item.id == f'rec_{item.task:x}'\n"
        "    assert sample.messages[0]['content'] == sample.output_text == 'x'\n"
        "    return item.reference == item.reference_answer == str(item.task)\n"
    )
    run_dry()
    assert last_run()[1].num_graded == 3


def test_records_without_any_answer_take_no_part() -> None:
    add_records([None, "1", None])
    configure(NUMBER_OF_TEXT)
    run_dry()
    assert last_run()[1].num_records == 1


def test_where_nothing_is_answered_the_message_says_what_to_do() -> None:
    add_records([None, None])
    configure(NUMBER_OF_TEXT)
    with pytest.raises(ConflictError, match="rft import-rollouts"):
        run_dry()


def test_without_a_grader_the_step_points_to_step_4() -> None:
    add_records(["1"])
    with pytest.raises(ConflictError, match="step 4"):
        run_dry()


def test_a_script_that_fails_while_it_is_loaded_stops_the_run_with_its_line() -> None:
    add_records(["1"])
    configure("import numpy\ndef grade(sample, item): return 1")
    with pytest.raises(InvalidInputError, match=r"No module named 'numpy' \(line 1\)"):
        run_dry()


def test_failures_are_listed_by_kind_and_never_count_as_zero() -> None:
    add_records(["1", "nan", "7", "words", "0"] * 4)
    configure(NUMBER_OF_TEXT)
    run_dry()
    report = last_run()[1]
    assert report.failures == {
        FailureKind.EXCEPTION: 4,
        FailureKind.NOT_FINITE: 4,
        FailureKind.OUT_OF_RANGE: 4,
    }
    assert report.failure_rate == 0.6
    assert report.statistics is not None
    assert report.statistics.mean == 0.5


def test_a_string_check_grades_too() -> None:
    add_records(["1", "no", "3", "no"])
    configure(StringCheckSpec())
    run_dry()
    statistics = last_run()[1].statistics
    assert statistics is not None
    assert statistics.mean == 0.5


def test_the_choice_depends_on_the_seed_only() -> None:
    add_records([*HALVES], topic_id=1)
    configure(NUMBER_OF_TEXT)
    plans: list[list[RolloutKey]] = []
    for seed in (1, 1, 2):
        run_dry(num_records=10, seed=seed)
        with reading() as session:
            plans.append(load_plan(session, last_run()[0].id))
    assert plans[0] == plans[1] != plans[2]
    assert len(plans[0]) == 10


def test_runs_are_numbered_and_stay_in_the_history() -> None:
    add_records(["1"])
    configure(NUMBER_OF_TEXT)
    run_dry()
    run_dry(seed=5)
    with reading() as session:
        runs = list_dry_runs(session, DATASET)
    assert [(run.number, run.settings.seed) for run in runs] == [(2, 5), (1, 0)]


class KilledError(Exception):
    """Stands for the end of the process."""


def test_a_run_that_is_killed_goes_on_behind_the_last_stored_chunk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_records([*HALVES])
    configure(NUMBER_OF_TEXT)
    context, asked, real_add = begin_job(), [0], dry_run.add_grades
    real_grade = ScriptSession.grade

    def count_and_grade(self: ScriptSession, batch: Sequence[Any]) -> list[Outcome]:
        asked.append(len(batch))
        return real_grade(self, batch)

    def die_at_the_third(session: Any, run_id: str, first_item: int, *rest: Any) -> None:
        if len(asked) == 4:
            raise KilledError
        real_add(session, run_id, first_item, *rest)

    monkeypatch.setattr(ScriptSession, "grade", count_and_grade)
    monkeypatch.setattr(dry_run, "add_grades", die_at_the_third)
    with pytest.raises(KilledError):
        run_dry(context)
    lost = asked[-1]
    add_records_later()
    run_dry(context)
    run, report = last_run()
    assert (run.number, report.num_graded) == (1, 80)
    assert sum(asked) == 80 + lost


def add_records_later() -> None:
    """What arrives after the plan was made is not graded by it."""
    add_answers(1, "0", "0")


def test_a_run_that_ended_before_its_job_is_not_graded_again() -> None:
    add_records(["1", "0"])
    configure(NUMBER_OF_TEXT)
    context = begin_job()
    first = DryRunStep().run(context, DATASET, DryRunSettings())
    configure("def grade(sample, item): return 0.5")
    assert DryRunStep().run(context, DATASET, DryRunSettings()) == first


def test_a_cancelled_run_stops_and_has_no_report() -> None:
    add_records([*HALVES])
    configure("import time\ndef grade(sample, item):\n    time.sleep(0.05)\n    return 1")
    context = begin_job()
    with unit_of_work() as session:
        jobs.request_cancel(session, context.job_id)
    with pytest.raises(JobCancelledError):
        run_dry(context)
    with reading() as session:
        run = find_by_job(session, context.job_id)
        assert run is not None
        assert run.report is None
        assert count_grades(session, run.id) < 80


def test_progress_says_how_many_rollouts_are_graded() -> None:
    add_records([*HALVES])
    configure(NUMBER_OF_TEXT)
    context = begin_job()
    DryRunStep().run(context, DATASET, DryRunSettings())
    context.flush()
    with reading() as session:
        job = jobs.find_job(session, context.job_id)
    assert job is not None
    assert (job.progress_done, job.progress_total) == (80, 80)
    assert job.progress_label == "80 of 80 rollouts graded"


def inputs() -> str:
    with reading() as session:
        return DryRunStep().input_hash(get_inputs(session, DATASET), DryRunSettings())


def test_what_makes_a_result_out_of_date_is_named() -> None:
    add_records(["1"])
    configure(NUMBER_OF_TEXT)
    before = inputs()
    assert inputs() == before
    add_answers(1, "0")
    assert changed_parts(before, inputs()) == ("rollouts",)
    configure(ScriptSpec(source=NUMBER_OF_TEXT, timeout_s=1))
    assert changed_parts(before, inputs()) == ("grader", "rollouts")
    with unit_of_work() as session:
        dataset = session.get_one(DatasetRow, DATASET)
        dataset.records_hash = dataset.topics_hash = "other"
    assert changed_parts(before, inputs()) == ("records", "topics", "grader", "rollouts")


def test_a_run_that_goes_on_is_out_of_date_when_what_it_was_planned_from_changed() -> None:
    add_records(["1", "0"])
    configure(NUMBER_OF_TEXT)
    context, job = begin_job(), StepJob(DryRunStep(), "Dry run")
    with unit_of_work() as session:
        jobs.request_cancel(session, context.job_id)
    with pytest.raises(JobCancelledError):
        job.run(context)
    with unit_of_work() as session:
        session.get_one(DatasetRow, DATASET).records_hash = "other"
        jobs.settle_job(session, context.job_id, "w1", JobStatus.CANCELLED)
        jobs.requeue(session, context.job_id)
        jobs.begin_job(session, context.job_id, 1, "w1")
    again = JobContext(job_id=context.job_id, dataset_id=DATASET, args={}, worker_id="w1")
    job.run(again)
    assert last_run()[0].num_done == 2
    with reading() as session:
        stale = find_stale(list_step_rows(session, DATASET), get_inputs(session, DATASET))
    assert stale == {StepName.DRY_RUN: "Records changed after this ran."}


def test_a_script_that_is_too_slow_for_every_answer_stops_early(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dry_run, "MAX_TIMEOUTS", 3)
    add_records(["1"] * 30)
    configure(ScriptSpec(source="def grade(sample, item):\n    while True: pass", timeout_s=0.3))
    with pytest.raises(InvalidInputError, match="8 answers in a row") as caught:
        run_dry()
    assert "longer than 0.3 s" in caught.value.message
    with reading() as session:
        (run,) = list_dry_runs(session, DATASET)
        kinds = [grade.failure_kind for grade in iterate_grades(session, run.id)]
    assert kinds == [FailureKind.TIMEOUT] * 8


def test_only_timeouts_in_a_row_count() -> None:
    slow = GradingFailure(failure_kind=FailureKind.TIMEOUT, message="Too slow.")
    unasked = GradingFailure(failure_kind=FailureKind.NO_OUTPUT, message="No answer.")
    timeouts = TimeoutsInARow()
    timeouts.count([slow] * (MAX_TIMEOUTS - 1))
    timeouts.count([Verdict(reward=1.0), *[slow] * (MAX_TIMEOUTS - 1), unasked])
    timeouts.require_few()
    timeouts.count([slow])
    with pytest.raises(InvalidInputError, match="Too slow"):
        timeouts.require_few()


def test_chunks_hold_about_a_second_of_work() -> None:
    slow, fast = Pace(), Pace()
    for _ in range(9):
        slow.adapt(slow.size, slow.size * 2.0)
        fast.adapt(fast.size, fast.size * 0.0001)
    assert (slow.size, fast.size) == (1, 2000)
    steady = Pace()
    for _ in range(9):
        steady.adapt(steady.size, steady.size * 0.1)
    assert steady.size == 7
