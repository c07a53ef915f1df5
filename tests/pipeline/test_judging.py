"""Dry runs whose grader asks a model."""

import threading

import pytest

from rft_app.domain.dry_run import DryRunSettings
from rft_app.domain.dry_run_rules import DryRunVerdict
from rft_app.domain.grader import JudgeSpec, MultiSpec, StringCheckSpec, StringOperation
from rft_app.domain.grading import FailureKind
from rft_app.domain.job import JobStatus
from rft_app.domain.pipeline import StepName, StepResult, StepStatus
from rft_app.errors import ConflictError, JobCancelledError, NotAvailableError, ProviderError
from rft_app.jobs.queue import cancel_job
from rft_app.pipeline.grader import require_provider
from rft_app.services.dry_run_resuming import StoppedRun, find_stopped, go_on
from rft_app.services.judge_costs import estimate_judge
from rft_app.storage import jobs
from rft_app.storage.grades import iterate_grades
from rft_app.storage.paid_calls import sum_paid_calls
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.steps import abandon_step, finish_step
from rft_app.storage.tables import DatasetRow
from rft_app.ui.state.judge_view import describe_stopped
from tests.llm.provider import MODERATED, Json, Served, configured, in_turn, refuse, say, say_json
from tests.pipeline.graded_dataset import (
    DATASET,
    add_answers,
    add_records,
    begin_job,
    configure,
    last_run,
    run_dry,
)

pytestmark = pytest.mark.usefixtures("database")

SPEC = JudgeSpec(prompt="Rate: {{sample.output_text}}")


def rate(request: Json, number: int) -> Served:
    """The number in the answer as score; words cannot be judged."""
    said = request["messages"][0]["content"].removeprefix("Rate: ")
    return say_json({"reasoning": f"It says {said}.", "score": said})


def test_every_rollout_is_judged_once_and_the_report_says_what_that_cost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_records(["0", "1", "0.5", None, "words"], topic_id=1)
    add_answers(1, "0.25")
    configure(SPEC)
    with configured(monkeypatch, rate) as provider:
        run_dry()
    run, report = last_run()
    with reading() as session:
        grades = list(iterate_grades(session, run.id))
    assert [(g.record_seq, g.reward) for g in grades] == [
        *((1, 0.0), (1, 0.25), (2, 1.0), (3, 0.5)),
        (5, None),
    ]
    assert report.failures == {FailureKind.BAD_REPLY: 1}
    assert len(provider.requests) == 6, "one for each, and one repair"
    assert report.judge is not None
    assert report.judge.model == "good"
    assert report.judge.paid.num_calls == 6
    assert report.judge.paid.cost_usd == pytest.approx(6 * (1000 * 1 + 100 * 10) / 1e6)


def test_a_key_that_is_refused_stops_the_run_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_records(["1"] * 40)
    configure(SPEC)
    with configured(monkeypatch, in_turn(refuse(401, "wrong key"))) as provider:
        with pytest.raises(ProviderError, match="Check RFT_LLM_API_KEY"):
            run_dry()
        assert len(provider.requests) <= 4, "no call is made that must fail, too"


def test_questions_that_moderation_stops_are_refusals_and_the_others_are_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_records([*["bad"] * 12, *["1"] * 8])
    configure(SPEC)

    def moderate(request: Json, number: int) -> Served:
        return MODERATED if "bad" in request["messages"][0]["content"] else say_json({"score": 1})

    with configured(monkeypatch, moderate, CONCURRENCY="1") as provider:
        run_dry()
    _, report = last_run()
    assert (report.num_graded, report.failures) == (8, {FailureKind.DECLINED: 12})
    assert report.judge is not None
    assert (len(provider.requests), report.judge.paid.num_calls) == (20, 8)


def test_a_run_that_begins_again_pays_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    add_records(["1"] * 12)
    configure(SPEC)
    context = begin_job()

    def fail_late(request: Json, number: int) -> Served:
        return say_json({"score": 1}) if number < 7 else refuse(401, "revoked")

    with configured(monkeypatch, fail_late, CONCURRENCY="1"), pytest.raises(ProviderError):
        run_dry(context)
    with configured(monkeypatch, in_turn(say_json({"score": 0}))) as provider:
        run_dry(context)
    assert len(provider.requests) == 12 - 7, "seven were paid; the one refused is no grade"
    _, report = last_run()
    assert (report.num_graded, report.num_failed) == (12, 0)
    assert report.judge is not None
    assert report.judge.paid.num_calls == 12


def test_calls_without_a_reply_that_stop_a_run_are_made_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_records(["1"] * 12)
    configure(SPEC)
    context = begin_job()
    good, broken = say_json({"score": 1}), refuse(500)
    limits = {"CONCURRENCY": "1", "MAX_ATTEMPTS": "1"}
    with (
        configured(monkeypatch, in_turn(broken, good, broken), **limits) as provider,
        pytest.raises(ProviderError, match="with 10 rollouts left"),
    ):
        run_dry(context)
    assert len(provider.requests) == 12
    with configured(monkeypatch, in_turn(good)) as provider:
        run_dry(context)
    assert len(provider.requests) == 10
    _, report = last_run()
    assert (report.num_graded, report.num_failed) == (11, 1), "one failed while others did not"


@pytest.mark.parametrize(
    ("reply", "kind"), [("7", FailureKind.OUT_OF_RANGE), ("words", FailureKind.BAD_REPLY)]
)
def test_replies_of_no_use_show_that_the_provider_works(
    monkeypatch: pytest.MonkeyPatch, reply: str, kind: FailureKind
) -> None:
    add_records([*["broken"] * 9, *[reply] * 11, *["broken"] * 9])
    configure(SPEC)

    def behave(request: Json, number: int) -> Served:
        said = request["messages"][0]["content"].removeprefix("Rate: ")
        return refuse(500) if said == "broken" else say(said)

    with configured(monkeypatch, behave, CONCURRENCY="1", MAX_ATTEMPTS="1"):
        run_dry()
    _, report = last_run()
    assert report.failures == {FailureKind.PROVIDER_REFUSED: 18, kind: 11}


def refuse_some(request: Json, number: int) -> Served:
    """A provider that takes no question about an answer that says bad."""
    is_bad = "bad" in request["messages"][0]["content"]
    return refuse(422, "not like this") if is_bad else say_json({"score": 1})


@pytest.mark.parametrize("answers", [["bad"] * 30 + ["1"] * 15, ["1"] * 15 + ["bad"] * 30])
def test_questions_that_the_provider_does_not_take_fail_alone_where_it_takes_others(
    monkeypatch: pytest.MonkeyPatch, answers: list[str]
) -> None:
    add_records([*answers])
    configure(SPEC)
    with configured(monkeypatch, refuse_some, CONCURRENCY="1") as provider:
        run_dry()
    assert len(provider.requests) == 45
    _, report = last_run()
    assert (report.num_graded, report.failures) == (15, {FailureKind.PROVIDER_REFUSED: 30})


def test_what_is_left_may_be_refused_once_something_was_paid(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_records([*["1"] * 10, *["bad"] * 20])
    configure(SPEC)
    context = begin_job()

    def revoke(request: Json, number: int) -> Served:
        return refuse(401, "revoked") if number == 14 else refuse_some(request, number)

    with configured(monkeypatch, revoke, CONCURRENCY="1"), pytest.raises(ProviderError):
        run_dry(context)
    with configured(monkeypatch, refuse_some, CONCURRENCY="1"):
        run_dry(context)
    _, report = last_run()
    assert (report.num_graded, report.num_failed) == (10, 20)


def test_a_provider_that_takes_no_question_is_asked_ten_and_all_once_that_is_mended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_records(["1"] * 40)
    configure(SPEC)
    context = begin_job()
    no_schema = in_turn(refuse(400, "bad schema"))
    with configured(monkeypatch, no_schema, CONCURRENCY="1") as provider:
        for _ in range(2):
            with pytest.raises(ProviderError, match=r"with 40 rollouts left.*Once that is"):
                run_dry(context)
        assert len(provider.requests) == 20
    with configured(monkeypatch, in_turn(say_json({"score": 1}))):
        run_dry(context)
    _, report = last_run()
    assert (report.num_graded, report.num_failed) == (40, 0)


def test_cancelling_stops_calls_and_keeps_what_was_paid(monkeypatch: pytest.MonkeyPatch) -> None:
    add_records(["1"] * 30)
    configure(SPEC)
    context, begun = begin_job(), threading.Event()

    def wait_for_cancel(request: Json, number: int) -> Served:
        if number == 3:
            with unit_of_work() as session:
                cancel_job(session, context.job_id)
            begun.set()
        return rate(request, number)

    with configured(monkeypatch, wait_for_cancel, CONCURRENCY="1") as provider:
        with pytest.raises(JobCancelledError):
            run_dry(context)
        num_asked = len(provider.requests)
    assert begun.is_set()
    assert num_asked < 8
    with reading() as session:
        assert sum_paid_calls(session, context.job_id).num_calls == num_asked


def test_a_stopped_run_goes_on_with_what_is_left_unless_its_grader_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_records(["1"] * 30)
    configure(SPEC)
    context = begin_job()

    def stop_at_ten(request: Json, number: int) -> Served:
        return rate(request, number) if number < 10 else refuse(401, "no such key")

    with configured(monkeypatch, stop_at_ten, CONCURRENCY="1", MAX_ATTEMPTS="1"):
        with pytest.raises(ProviderError, match="with 20 rollouts left"):
            run_dry(context)
        assert look_at(context.job_id) is None, "its job is at work"
        with unit_of_work() as session:
            jobs.settle_job(session, context.job_id, "w1", JobStatus.CANCELLED)
            for step in (StepName.EXTRACT, StepName.TOPICS, StepName.COVERAGE, StepName.GRADER):
                result = StepResult(outcome=StepStatus.COMPLETE, summary="done")
                finish_step(session, DATASET, step, result, settings={}, input_hash="a=1")
        found = look_at(context.job_id)
        assert found is not None
        assert (found.num_planned, found.num_left) == (30, 20)
        assert describe_stopped(found).startswith("20 of 30 rollouts left, ")
        require_told_changes(context.job_id)
        with unit_of_work() as session:
            job = go_on(session, DATASET, context.job_id)
            assert (job.id, job.status) == (context.job_id, JobStatus.QUEUED)
            jobs.begin_job(session, job.id, 1, "w1")
            jobs.settle_job(session, job.id, "w1", JobStatus.CANCELLED)
            abandon_step(session, DATASET, StepName.DRY_RUN)
        configure(StringCheckSpec())
        assert look_at(context.job_id) is None
        with unit_of_work() as session, pytest.raises(ConflictError, match="cannot go on"):
            go_on(session, DATASET, context.job_id)


def require_told_changes(job_id: str) -> None:
    """Records that change are told before one goes on."""
    said = "Records changed since it began; its result will be out of date."
    assert said not in describe_stopped(look_at(job_id))
    with unit_of_work() as session:
        session.get_one(DatasetRow, DATASET).records_hash = "other"
    assert describe_stopped(look_at(job_id)).endswith(said)


def look_at(job_id: str) -> StoppedRun | None:
    """The run that can go on."""
    with reading() as session:
        return find_stopped(session, DATASET, job_id)


def test_without_a_provider_no_run_starts_and_the_estimate_says_why() -> None:
    add_records(["1", "0"])
    configure(SPEC)
    with reading() as session:
        with pytest.raises(NotAvailableError, match="RFT_LLM_MODELS"):
            require_provider(session, DATASET)
        found = estimate_judge(session, DATASET, DryRunSettings())
    assert found is not None
    assert (found.model, found.num_calls, found.cost.low_usd) == (None, 2, None)
    assert "RFT_LLM_BASE_URL" in found.obstacle


@pytest.mark.parametrize(("model", "is_priced"), [("good", True), ("local", False)])
def test_the_estimate_counts_calls_and_knows_no_price_it_was_not_told(
    monkeypatch: pytest.MonkeyPatch, model: str, is_priced: bool
) -> None:
    add_records(["1", "0", None], topic_id=1)
    add_answers(1, "0.5", "0.7")
    configure(SPEC.model_copy(update={"model": model}))
    with configured(monkeypatch, in_turn(say("1"))) as provider, reading() as session:
        found = estimate_judge(session, DATASET, DryRunSettings(num_rollouts=2))
        assert not provider.requests
    assert found is not None
    assert (found.model, found.num_calls) == (model, 3)
    assert (found.cost.low_usd is not None) is is_priced


def test_other_graders_cost_nothing() -> None:
    add_records(["1"])
    configure(StringCheckSpec())
    with reading() as session:
        assert estimate_judge(session, DATASET, DryRunSettings()) is None


def test_votes_that_were_paid_before_a_stop_are_not_paid_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_records(["1", "0", "1"])
    configure(SPEC.model_copy(update={"num_votes": 3, "pass_threshold": 0.5}))
    context = begin_job()

    def fail_late(request: Json, number: int) -> Served:
        return rate(request, number) if number < 5 else refuse(401, "revoked")

    with configured(monkeypatch, fail_late, CONCURRENCY="1"), pytest.raises(ProviderError):
        run_dry(context)
    with configured(monkeypatch, rate) as provider:
        run_dry(context)
    assert len(provider.requests) == 9 - 5
    _, report = last_run()
    assert report.judge is not None
    assert report.judge.paid.num_calls == 9
    assert report.votes is not None
    assert (report.votes.num_voted, report.votes.mean_agreement) == (3, 1.0)
    assert (report.num_passed, report.pass_threshold) == (2, 0.5)
    with reading() as session:
        estimate = estimate_judge(session, DATASET, DryRunSettings())
    assert estimate is None or estimate.num_calls == 9


def test_a_combination_with_a_judge_is_driven_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    add_records(["1", "0", "words"])
    configure(
        MultiSpec.model_validate(
            {"graders": {"model": SPEC, "any": StringCheckSpec(operation=StringOperation.NE)}}
        )
    )
    with configured(monkeypatch, rate) as provider:
        run_dry()
    _, report = last_run()
    assert (report.num_graded, report.num_failed) == (2, 1)
    assert [one.name for one in report.criteria] == ["model", "any"]
    assert len(provider.requests) == 4, "one for each, and one repair"
    assert report.judge is not None
    assert report.judge.paid.num_calls == 4


@pytest.mark.parametrize(
    ("changes", "is_told"), [({"temperature": 0.7}, True), ({"temperature": 0.0}, False)]
)
def test_a_go_by_a_judge_that_was_asked_once_tells_of_its_noise(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, float], is_told: bool
) -> None:
    add_records([str(number % 2) for number in range(30)], topic_id=1)
    for seq in range(1, 31):
        add_answers(seq, str(seq % 2))
    configure(SPEC.model_copy(update=changes))
    with configured(monkeypatch, rate):
        run_dry()
    _, report = last_run()
    assert (report.verdict, report.learnable_share) == (DryRunVerdict.GO, 1.0)
    told = [hint for hint in report.hints if "the judge’s own noise" in hint]
    assert len(told) == is_told
    assert all("at temperature 0.7" in hint for hint in told)
