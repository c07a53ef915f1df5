"""What a dry run may cost: checked before the start, kept while a judge is asked."""

import pytest

from rft_app.api.results import view_job
from rft_app.domain.grader import Criterion, GraderSpec, JudgeSpec, MultiSpec, RubricSpec
from rft_app.domain.job import JobStatus
from rft_app.domain.pipeline import StepName, StepResult, StepStatus
from rft_app.domain.sampling import Sampling
from rft_app.errors import InvalidInputError, ProviderError
from rft_app.jobs.context import JobContext
from rft_app.jobs.queue import get_job
from rft_app.services.dry_run_resuming import go_on
from rft_app.services.pipeline import start_step
from rft_app.storage import jobs
from rft_app.storage.paid_calls import sum_paid_calls
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.steps import abandon_step, finish_step
from tests.llm.provider import Json, Served, configured, in_turn, refuse, say, say_json
from tests.pipeline.graded_dataset import (
    DATASET,
    add_records,
    begin_job,
    configure,
    last_run,
    run_dry,
)

pytestmark = pytest.mark.usefixtures("database")

JUDGE = JudgeSpec(prompt="Rate: {{sample.output_text}}", model="good")
LOCAL = JUDGE.model_copy(update={"model": "local"})
RUBRIC = RubricSpec(
    prompt="Rate: {{sample.output_text}}",
    criteria=(Criterion(name="tone", description="Polite."),),
    model="local",
)
COST_USD = 0.002
"""Of one call: a thousand prompt tokens at $1/M and a hundred of reply at $10/M."""
GOOD = in_turn(say_json({"score": 1}))


def num_paid(context: JobContext) -> int:
    """Calls in the ledger of a job's judge."""
    with reading() as session:
        return sum_paid_calls(session, context.job_id).num_calls


def finish_earlier_steps() -> None:
    """Let a dry run start."""
    with unit_of_work() as session:
        for step in (StepName.EXTRACT, StepName.TOPICS, StepName.COVERAGE, StepName.GRADER):
            result = StepResult(outcome=StepStatus.COMPLETE, summary="done")
            finish_step(session, DATASET, step, result, settings={}, input_hash="a=1")


def fail(context: JobContext) -> None:
    """What the worker does with a step that raised."""
    with unit_of_work() as session:
        jobs.settle_job(session, context.job_id, "w1", JobStatus.FAILED)
        abandon_step(session, DATASET, StepName.DRY_RUN)
    finish_earlier_steps()


@pytest.mark.parametrize(("num_votes", "at_once"), [(1, "1"), (1, "4"), (3, "4")])
def test_a_judge_stops_at_the_budget_and_a_larger_one_pays_only_what_is_left(
    monkeypatch: pytest.MonkeyPatch, num_votes: int, at_once: str
) -> None:
    add_records(["1"] * 12)
    configure(JUDGE.model_copy(update={"num_votes": num_votes}))
    context = begin_job()
    with configured(monkeypatch, GOOD, CONCURRENCY=at_once) as provider:
        with pytest.raises(
            ProviderError, match=r"budget of \$0.01 is spent, with .* left. Raise it"
        ):
            run_dry(context, budget_usd=5 * COST_USD)
        num_asked = len(provider.requests)
        assert 5 <= num_asked < 5 + int(at_once), "what was in flight comes on top, and no more"
        assert num_paid(context) == num_asked
        fail(context)
        with unit_of_work() as session:
            go_on(session, DATASET, context.job_id, budget_usd=1.0)
            jobs.begin_job(session, context.job_id, 1, "w1")
        run_dry(context, budget_usd=5 * COST_USD)
        assert len(provider.requests) == 12 * num_votes
    _, report = last_run()
    assert (report.num_graded, report.num_failed) == (12, 0)
    assert report.judge is not None
    assert report.judge.paid.cost_usd == pytest.approx(12 * num_votes * COST_USD)


def test_the_budget_counts_answers_and_grades_together(monkeypatch: pytest.MonkeyPatch) -> None:
    add_records([None] * 4)
    configure(JUDGE)
    context = begin_job()

    def behave(request: Json, number: int) -> Served:
        is_judge = request["messages"][0]["content"].startswith("Rate: ")
        return say_json({"score": 1}) if is_judge else say("an answer")

    with configured(monkeypatch, behave, CONCURRENCY="1") as provider:
        with pytest.raises(ProviderError, match="with 2 rollouts left"):
            run_dry(
                context,
                sampling=Sampling(model="good"),
                num_rollouts=1,
                budget_usd=6 * COST_USD,
            )
        assert len(provider.requests) == 6
    assert num_paid(context) == 2


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        (LOCAL, r"local \(the judge\)"),
        (RUBRIC, r"local \(the judge\)"),
        (
            MultiSpec.model_validate({"graders": {"fit": JUDGE, "tone": RUBRIC}}),
            r"local \(the grader tone\)",
        ),
    ],
)
def test_a_budget_needs_the_price_of_every_model_before_the_start(
    monkeypatch: pytest.MonkeyPatch, spec: GraderSpec, named: str
) -> None:
    add_records(["1"] * 3)
    configure(spec)
    finish_earlier_steps()
    with configured(monkeypatch, GOOD) as provider:
        with (
            unit_of_work() as session,
            pytest.raises(InvalidInputError, match=rf"prices of {named} are.*RFT_LLM_MODELS"),
        ):
            start_step(session, DATASET, StepName.DRY_RUN, {"budget_usd": 1})
        context = begin_job()
        with pytest.raises(InvalidInputError, match=named):
            run_dry(context, budget_usd=1)
        assert not provider.requests
        fail(context)
        run_dry()
        assert provider.requests, "without a budget no price is needed"


def test_going_on_with_a_budget_needs_prices_too(monkeypatch: pytest.MonkeyPatch) -> None:
    add_records(["1"] * 6)
    configure(LOCAL)
    context = begin_job()
    replies = in_turn(say_json({"score": 1}), refuse(401, "revoked"))
    with configured(monkeypatch, replies, CONCURRENCY="1"):
        with pytest.raises(ProviderError, match="with 5 rollouts left"):
            run_dry(context)
        fail(context)
        with (
            unit_of_work() as session,
            pytest.raises(InvalidInputError, match="the prices of local"),
        ):
            go_on(session, DATASET, context.job_id, budget_usd=1.0)
    with reading() as session:
        assert get_job(session, context.job_id).status is JobStatus.FAILED


@pytest.mark.parametrize(
    ("model", "budget_usd", "told"),
    [
        ("good", None, ", $0.006 spent"),
        ("good", 1.0, ", $0.006 of $1.00 spent"),
        ("local", None, ", cost unknown for 3 calls"),
    ],
)
def test_progress_tells_what_was_spent_with_and_without_a_budget(
    monkeypatch: pytest.MonkeyPatch, model: str, budget_usd: float | None, told: str
) -> None:
    add_records(["1"] * 3)
    configure(JUDGE.model_copy(update={"model": model}))
    context = begin_job()
    labels = listen(context, monkeypatch)
    with configured(monkeypatch, GOOD):
        run_dry(context, budget_usd=budget_usd)
    assert labels[-1] == f"3 of 3 rollouts judged{told}"


def test_progress_of_sampling_tells_what_was_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    add_records([None] * 2)
    configure("def grade(sample, item):\n    return 1.0\n")
    context = begin_job()
    labels = listen(context, monkeypatch)
    with configured(monkeypatch, in_turn(say("1"))):
        run_dry(context, sampling=Sampling(model="good"), num_rollouts=1)
    assert "2 of 2 answers by good, $0.004 spent" in labels


def listen(context: JobContext, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All that a job says of its progress."""
    labels: list[str] = []
    monkeypatch.setattr(context, "progress", lambda _done, _total, label: labels.append(label))
    return labels


def test_calls_without_a_whole_reply_are_told_and_never_a_cost_of_zero(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_records(["1"] * 4)
    configure(JUDGE)
    context = begin_job()
    labels = listen(context, monkeypatch)
    cut = Served(say("x" * 5000).body, is_cut=True)

    def behave(_request: Json, number: int) -> Served:
        return cut if number in {1, 3, 4} else say_json({"score": 1})

    with configured(monkeypatch, behave, CONCURRENCY="1"):
        run_dry(context)
    _, report = last_run()
    assert report.judge is not None
    assert (report.num_graded, report.num_failed) == (3, 1), "one was cut off twice"
    paid = report.judge.paid
    assert (paid.num_calls, paid.num_lost) == (3, 3)
    assert paid.lost == "3 calls without a whole reply; the provider may have charged for them"
    assert labels[-1].endswith(", 1 call failed, $0.006 spent, 3 calls without a whole reply")
    with reading() as session:
        job = view_job(session, get_job(session, context.job_id))
    assert job.paid is not None
    assert job.paid.num_lost == 3
