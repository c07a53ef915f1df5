"""Dry runs whose answers are asked of a model."""

import pytest
from sqlmodel import select

from rft_app.domain.grader import JudgeSpec
from rft_app.domain.grading import FailureKind, GradeOrder, GradingFailure
from rft_app.domain.job import JobStatus
from rft_app.domain.pipeline import StepName, StepResult, StepStatus
from rft_app.domain.record_grade import RecordGrade
from rft_app.domain.sampling import Sampling
from rft_app.errors import InvalidInputError, ProviderError
from rft_app.pipeline.dry_run import DryRunStep
from rft_app.services.dry_run_resuming import find_stopped, go_on
from rft_app.services.dry_runs import WantedRollouts, list_graded_rollouts
from rft_app.storage import jobs
from rft_app.storage.grades import iterate_grades
from rft_app.storage.record_scores import map_grades
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.step_inputs import get_inputs
from rft_app.storage.steps import abandon_step, finish_step
from rft_app.storage.tables import RecordRow, RolloutRow
from rft_app.ui.state.judge_view import describe_stopped
from tests.llm.provider import Json, Served, configured, in_turn, refuse, say, say_json
from tests.pipeline.graded_dataset import (
    DATASET,
    NUMBER_OF_TEXT,
    add_answers,
    add_records,
    begin_job,
    configure,
    last_run,
    run_dry,
)

pytestmark = pytest.mark.usefixtures("database")

GOOD = Sampling(model="good", temperature=0.7, max_tokens=40)
ONE_AT_A_TIME = {"CONCURRENCY": "1", "MAX_ATTEMPTS": "1"}


def alternate(request: Json, number: int) -> Served:
    """Right, wrong, right, wrong."""
    return say(str(1 - number % 2))


def test_each_record_gets_k_answers_of_the_model_with_or_without_one_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_records(["0.5", None], topic_id=1)
    add_answers(1, "0.25")
    configure(NUMBER_OF_TEXT)
    with configured(monkeypatch, alternate, CONCURRENCY="1") as provider:
        run_dry(sampling=GOOD, num_rollouts=4)
    run, report = last_run()
    assert (report.num_records, report.num_rollouts, report.num_graded) == (2, 8, 8)
    assert (report.num_groups, report.num_learnable) == (2, 2)
    assert report.statistics is not None
    assert report.statistics.mean == 0.5, "recorded and imported answers are not among them"
    assert report.pass_rates is not None
    rates = report.pass_rates
    assert (rates.k, rates.num_groups, rates.pass_at_1, rates.pass_at_k) == (4, 2, 0.5, 1.0)
    assert report.sampler is not None
    assert (report.sampler.model, report.sampler.paid.num_calls) == ("good", 8)
    assert report.judge is None
    sent = provider.requests[0]
    assert sent["messages"] == [{"role": "user", "content": "Question 1"}]
    assert (sent["temperature"], sent["max_tokens"]) == (0.7, 40)
    with reading() as session:
        stored = session.exec(select(RolloutRow).where(RolloutRow.source == "sampled")).all()
        current = DryRunStep().input_hash(get_inputs(session, DATASET), run.settings)
    assert len(stored) == 8
    assert {row.model for row in stored} == {"good"}
    assert run.input_hash == current, "its own answers do not put it out of date"


def test_recorded_runs_leave_sampled_answers_out(monkeypatch: pytest.MonkeyPatch) -> None:
    add_records(["0.5", None], topic_id=1)
    configure(NUMBER_OF_TEXT)
    with configured(monkeypatch, in_turn(say("1"))):
        run_dry(sampling=GOOD)
    run_dry()
    _, report = last_run()
    assert (report.num_records, report.num_graded) == (1, 1)
    assert report.sampler is None


def test_a_killed_run_pays_no_answer_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    add_records(["1"] * 4)
    configure(NUMBER_OF_TEXT)
    context = begin_job()

    def fail_late(request: Json, number: int) -> Served:
        return say("1") if number < 5 else refuse(401, "revoked")

    with (
        configured(monkeypatch, fail_late, **ONE_AT_A_TIME),
        pytest.raises(ProviderError, match="good stopped with 3 answers left"),
    ):
        run_dry(context, sampling=GOOD, num_rollouts=2)
    with configured(monkeypatch, in_turn(say("0")), **ONE_AT_A_TIME) as provider:
        run_dry(context, sampling=GOOD, num_rollouts=2)
    assert len(provider.requests) == 3
    run, report = last_run()
    with reading() as session:
        rewards = [grade.reward for grade in iterate_grades(session, run.id)]
    assert rewards == [1, 1, 1, 1, 1, 0, 0, 0]
    assert report.sampler is not None
    assert report.sampler.paid.num_calls == 8


def test_what_the_model_did_not_answer_is_in_no_figure_and_no_fault_of_the_grader(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_records(["1"] * 6)
    configure(NUMBER_OF_TEXT)

    def behave(request: Json, number: int) -> Served:
        return refuse(400, "too hot") if number == 3 else say("1")

    with configured(monkeypatch, behave, **ONE_AT_A_TIME):
        run_dry(sampling=GOOD, num_rollouts=1)
    run, report = last_run()
    assert (report.num_rollouts, report.num_graded, report.num_failed) == (5, 5, 0)
    assert (report.failure_rate, report.failures) == (0.0, {})
    assert report.num_not_sampled == 1
    assert "too hot" in report.not_sampled_example
    with reading() as session:
        failed, missing = (
            list_graded_rollouts(session, run.id, WantedRollouts(order=order)).rows
            for order in (GradeOrder.FAILED, GradeOrder.NOT_SAMPLED)
        )
        seen = map_grades(session, [run.id], [missing[0].record_id])[missing[0].record_id]
    assert failed == (), "the list agrees with the number above it"
    (outcome,) = (row.outcome for row in missing)
    assert isinstance(outcome, GradingFailure)
    assert outcome.failure_kind is FailureKind.NOT_SAMPLED
    assert seen[run.id] == RecordGrade(mean=None, num_graded=0, num_failed=0, num_not_sampled=1)


def test_an_answer_that_came_too_late_for_its_grade_is_not_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_records(["1"] * 6)
    configure(JudgeSpec(prompt="Rate: {{sample.output_text}}"))
    context = begin_job()

    def behave(request: Json, number: int) -> Served:
        if request["messages"][0]["content"].startswith("Rate: "):
            return say_json({"score": 1}) if number < 8 else refuse(401, "revoked")
        return refuse(400, "too hot") if number == 1 else say("1")

    with configured(monkeypatch, behave, **ONE_AT_A_TIME), pytest.raises(ProviderError):
        run_dry(context, sampling=GOOD, num_rollouts=1)
    with configured(monkeypatch, in_turn(say_json({"score": 1})), **ONE_AT_A_TIME) as provider:
        run_dry(context, sampling=GOOD, num_rollouts=1)
    asked = [request["messages"][0]["content"] for request in provider.requests]
    assert all(said.startswith("Rate: ") for said in asked)
    _, report = last_run()
    assert (report.num_graded, report.num_not_sampled) == (5, 1)


def test_answers_that_are_cut_off_empty_or_refused_are_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_records(["1"] * 3)
    configure("def grade(sample, item):\n    return len(sample.output_text) / 10\n")
    replies = say("12345", finish_reason="length"), say(""), say(None, refusal="I won't")
    with configured(monkeypatch, in_turn(*replies), **ONE_AT_A_TIME):
        run_dry(sampling=GOOD, num_rollouts=1)
    run, report = last_run()
    with reading() as session:
        assert [grade.reward for grade in iterate_grades(session, run.id)] == [0.5, 0.0, 0.7]
    assert report.sampler is not None
    assert "1 answer cut off at 40 tokens" in report.sampler.note
    assert report.num_cut == 1


def test_a_reply_without_any_answer_is_paid_and_no_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    add_records(["1"] * 3)
    configure(NUMBER_OF_TEXT)
    empty = Served(b'{"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 4}}')
    with configured(monkeypatch, in_turn(say("1"), empty, say("1")), **ONE_AT_A_TIME):
        run_dry(sampling=GOOD, num_rollouts=1)
    _, report = last_run()
    assert (report.num_graded, report.num_failed, report.num_not_sampled) == (2, 0, 1)
    assert report.statistics is not None
    assert report.statistics.mean == 1.0
    assert report.sampler is not None
    assert report.sampler.paid.num_calls == 3


def test_a_run_that_goes_on_still_tells_what_was_cut_off_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_records(["1"] * 3)
    configure(NUMBER_OF_TEXT)
    context = begin_job()
    before = say("1", finish_reason="length"), refuse(401, "revoked")
    with (
        configured(monkeypatch, in_turn(*before), **ONE_AT_A_TIME),
        pytest.raises(ProviderError),
    ):
        run_dry(context, sampling=GOOD, num_rollouts=1)
    with configured(monkeypatch, in_turn(say("1")), **ONE_AT_A_TIME):
        run_dry(context, sampling=GOOD, num_rollouts=1)
    _, report = last_run()
    assert report.sampler is not None
    assert "1 answer cut off at 40 tokens" in report.sampler.note
    assert report.num_cut == 1


def test_tool_calls_of_the_model_are_graded(monkeypatch: pytest.MonkeyPatch) -> None:
    add_records(["1"])
    configure("def grade(sample, item):\n    return float(len(sample.output_tools))\n")
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    with configured(monkeypatch, in_turn(say(None, tool_calls=[call]))):
        run_dry(sampling=GOOD, num_rollouts=1)
    _, report = last_run()
    assert report.statistics is not None
    assert report.statistics.mean == 1.0


def test_a_budget_stops_the_run_and_a_larger_one_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    add_records(["1"] * 10)
    configure(NUMBER_OF_TEXT)
    context = begin_job()
    settings = {"sampling": GOOD, "num_rollouts": 1, "budget_usd": 0.01}
    # One call costs $0.002: a thousand prompt tokens at $1/M and a hundred of reply at $10/M.
    with configured(monkeypatch, in_turn(say("1")), **ONE_AT_A_TIME) as provider:
        with pytest.raises(ProviderError, match=r"budget of \$0.01 is spent, with 5 answers left"):
            run_dry(context, **settings)
        assert len(provider.requests) == 5
        with unit_of_work() as session:
            jobs.settle_job(session, context.job_id, "w1", JobStatus.FAILED)
            abandon_step(session, DATASET, StepName.DRY_RUN)
            for step in (StepName.EXTRACT, StepName.TOPICS, StepName.COVERAGE, StepName.GRADER):
                result = StepResult(outcome=StepStatus.COMPLETE, summary="done")
                finish_step(session, DATASET, step, result, settings={}, input_hash="a=1")
        with unit_of_work() as session:
            found = find_stopped(session, DATASET, context.job_id)
            assert describe_stopped(found) == "5 of 10 answers to ask for, <$0.01."
            go_on(session, DATASET, context.job_id, budget_usd=1.0)
            jobs.begin_job(session, context.job_id, 1, "w1")
        run_dry(context, **settings)
        assert len(provider.requests) == 10
    run, report = last_run()
    assert (report.num_graded, run.settings.budget_usd) == (10, 1.0)


def test_a_budget_needs_known_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    add_records(["1"])
    configure(NUMBER_OF_TEXT)
    with (
        configured(monkeypatch, in_turn(say("1"))) as provider,
        pytest.raises(InvalidInputError, match=r"prices of local \(the answers\) are not known"),
    ):
        run_dry(sampling=Sampling(model="local"), budget_usd=1)
    assert not provider.requests


def test_a_judge_reads_sampled_answers_and_its_cost_is_told_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_records([None, None])
    configure(JudgeSpec(prompt="Rate: {{sample.output_text}}"))

    def behave(request: Json, number: int) -> Served:
        is_judge = request["messages"][0]["content"].startswith("Rate: ")
        return say_json({"score": 1}) if is_judge else say("an answer")

    with configured(monkeypatch, behave):
        run_dry(sampling=GOOD, num_rollouts=2)
    _, report = last_run()
    assert report.sampler is not None
    assert report.judge is not None
    assert (report.sampler.paid.num_calls, report.judge.paid.num_calls) == (4, 4)
    assert (report.num_graded, report.statistics and report.statistics.mean) == (4, 1.0)


def test_figures_by_length_cover_all_graded_rollouts(monkeypatch: pytest.MonkeyPatch) -> None:
    add_records(["1"] * 8)
    with unit_of_work() as session:
        for row in session.exec(select(RecordRow)):
            row.num_tokens = 10 * row.seq
            session.add(row)
    configure("def grade(sample, item):\n    return item['task'] / 8\n")
    with configured(monkeypatch, alternate):
        run_dry(sampling=GOOD, num_rollouts=2)
    _, report = last_run()
    found = [(one.min_tokens, one.max_tokens, one.num_graded, one.mean) for one in report.lengths]
    assert found == [
        *((10, 20, 4, 1.5 / 8), (30, 40, 4, 3.5 / 8)),
        *((50, 60, 4, 5.5 / 8), (70, 80, 4, 7.5 / 8)),
    ]
